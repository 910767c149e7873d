import { describe, expect, it } from 'vitest'
import { decodeBase64Url, encodeBase64Url, encodeUtf8 } from '../../../src/format/index.ts'
import { encryptPush, freshSecrets, MAX_PLAINTEXT } from '../../../src/host/workers/account/push-encryption.ts'
import { newServerKey, Vapid } from '../../../src/host/workers/account/vapid.ts'
import { Device } from './push-device.ts'

const octets = (text: string) => decodeBase64Url(text) as Uint8Array

describe('RFC 8291 §5, the example', () => {
  const plaintext = 'When I grow up, I want to be a watermelon'
  const receiver = {
    p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
    private: 'q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94',
    auth: 'BTBZMqHH6r4Tts7J_aSIgg',
  }
  const sender = {
    public: 'BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8',
    private: 'yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw',
  }
  const salt = 'DGv6ra1nlYgDCS1FRnbzlw'
  const body =
    'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml' +
    'mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT' +
    'pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN'

  it('comes out octet for octet', async () => {
    const point = octets(sender.public)
    const curve = { name: 'ECDH', namedCurve: 'P-256' }
    const jwk = {
      kty: 'EC',
      crv: 'P-256',
      x: encodeBase64Url(point.slice(1, 33)),
      y: encodeBase64Url(point.slice(33)),
      d: sender.private,
    }
    const pair = {
      publicKey: await crypto.subtle.importKey('raw', point, curve, true, []),
      privateKey: await crypto.subtle.importKey('jwk', jwk, curve, false, ['deriveBits']),
    }
    const device = { p256dh: octets(receiver.p256dh), auth: octets(receiver.auth) }
    const encrypted = await encryptPush(encodeUtf8(plaintext), device, { salt: octets(salt), pair })
    expect(encodeBase64Url(encrypted)).toBe(body)
  })

  it('is read by the device that these tests use', async () => {
    const device = await Device.withKeys(receiver.p256dh, receiver.private, receiver.auth)
    expect(await device.decrypt(octets(body))).toBe(plaintext)
  })
})

describe('a push of our own (RFC 8188, RFC 8291)', () => {
  it('is padded, and never encrypted twice alike', async () => {
    const device = await Device.make()
    const keys = { p256dh: octets(device.keys.p256dh), auth: octets(device.keys.auth) }
    const short = await encryptPush(encodeUtf8('{}'), keys, await freshSecrets(), 256)
    const long = await encryptPush(encodeUtf8('x'.repeat(200)), keys, await freshSecrets(), 256)
    expect(short.length).toBe(long.length)
    expect(await device.decrypt(short)).toBe('{}')
    const again = await encryptPush(encodeUtf8('{}'), keys, await freshSecrets(), 256)
    expect(again).not.toEqual(short)
  })

  it('fits one record of 4096 octets (RFC 8291 §4)', async () => {
    const device = await Device.make()
    const keys = { p256dh: octets(device.keys.p256dh), auth: octets(device.keys.auth) }
    const full = await encryptPush(new Uint8Array(MAX_PLAINTEXT), keys, await freshSecrets())
    expect(full.length).toBe(4096)
    await expect(encryptPush(new Uint8Array(MAX_PLAINTEXT + 1), keys, await freshSecrets())).rejects.toThrow('record')
  })

  it('refuses a key that is not on the curve', async () => {
    const keys = { p256dh: Uint8Array.from({ length: 65 }, (_, n) => (n === 0 ? 4 : n)), auth: new Uint8Array(16) }
    await expect(encryptPush(encodeUtf8('{}'), keys, await freshSecrets())).rejects.toThrow()
  })
})

describe('the token (RFC 8292 §2)', () => {
  it('is of the key that was kept, and signed anew only when it is about to end', async () => {
    const kept = await newServerKey()
    const first = await Vapid.open(kept, 'https://mail.example')
    const second = await Vapid.open(kept, 'https://mail.example')
    expect(second.publicKey).toBe(first.publicKey)
    expect(octets(first.publicKey)).toHaveLength(65)
    const now = Date.UTC(2026, 10, 23)
    const one = await first.authorization('https://push.example.com/a?b', now)
    expect(await first.authorization('https://push.example.com/c', now + 10 * 3_600_000)).toBe(one)
    expect(await first.authorization('https://push.example.com/c', now + 11 * 3_600_000)).not.toBe(one)
    expect(await first.authorization('https://push.example.com:8443/c', now)).not.toBe(one)
  })
})
