/**
 * A device with Web Push keys: the receiving side of RFC 8291, written for these tests on its own, and the check that a
 * push service makes of RFC 8292's token.
 */
import { decodeBase64Url, encodeBase64Url } from '../../../src/format/index.ts'

const curve = { name: 'ECDH', namedCurve: 'P-256' }

export class Device {
  readonly keys: { readonly p256dh: string; readonly auth: string }
  readonly #private: CryptoKey

  private constructor(keys: Device['keys'], privateKey: CryptoKey) {
    this.keys = keys
    this.#private = privateKey
  }

  static async make(): Promise<Device> {
    const pair = (await crypto.subtle.generateKey(curve, true, ['deriveBits'])) as CryptoKeyPair
    const point = new Uint8Array((await crypto.subtle.exportKey('raw', pair.publicKey)) as ArrayBuffer)
    const auth = encodeBase64Url(crypto.getRandomValues(new Uint8Array(16)))
    return new Device({ p256dh: encodeBase64Url(point), auth }, pair.privateKey)
  }

  static async withKeys(p256dh: string, d: string, auth: string): Promise<Device> {
    const point = bytes(p256dh)
    const x = encodeBase64Url(point.slice(1, 33))
    const y = encodeBase64Url(point.slice(33))
    const jwk = { kty: 'EC', crv: 'P-256', x, y, d }
    return new Device({ p256dh, auth }, await crypto.subtle.importKey('jwk', jwk, curve, false, ['deriveBits']))
  }

  /** RFC 8291 §3.3 and §3.4, RFC 8188 §2. */
  async decrypt(body: Uint8Array): Promise<string> {
    const salt = body.slice(0, 16)
    const recordSize = new DataView(body.buffer, body.byteOffset).getUint32(16)
    const sender = body.slice(21, 21 + (body[20] as number))
    const sealed = body.slice(21 + sender.length)
    if (sealed.length > recordSize) throw new Error('more than one record')
    const peer = await crypto.subtle.importKey('raw', sender, curve, false, [])
    const shared = await crypto.subtle.deriveBits(
      { name: 'ECDH', public: peer } as { name: string },
      this.#private,
      256,
    )
    const info = new Uint8Array([...text('WebPush: info\0'), ...bytes(this.keys.p256dh), ...sender])
    const material = await derive(new Uint8Array(shared), bytes(this.keys.auth), info, 256)
    const key = await derive(material, salt, text('Content-Encoding: aes128gcm\0'), 128)
    const iv = await derive(material, salt, text('Content-Encoding: nonce\0'), 96)
    const cipher = await crypto.subtle.importKey('raw', key, 'AES-GCM', false, ['decrypt'])
    const record = new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, cipher, sealed))
    const end = record.findLastIndex((octet) => octet !== 0)
    if (record[end] !== 2) throw new Error('not the last record')
    return new TextDecoder().decode(record.slice(0, end))
  }
}

/** The claims of a token whose signature is right for the key beside it. */
export async function verifiedClaims(authorization: string): Promise<{ key: string; claims: Record<string, unknown> }> {
  const match = /^vapid t=([\w-]+)\.([\w-]+)\.([\w-]+), k=([\w-]+)$/.exec(authorization)
  if (match === null) throw new Error(`not VAPID: ${authorization}`)
  const [, head, body, signature, key] = match as unknown as [string, string, string, string, string]
  const decode = (part: string) => JSON.parse(new TextDecoder().decode(bytes(part))) as Record<string, unknown>
  if (decode(head)['alg'] !== 'ES256') throw new Error('not ES256')
  const signer = { name: 'ECDSA', namedCurve: 'P-256' }
  const publicKey = await crypto.subtle.importKey('raw', bytes(key), signer, false, ['verify'])
  const algorithm = { name: 'ECDSA', hash: 'SHA-256' }
  const isRight = await crypto.subtle.verify(algorithm, publicKey, bytes(signature), text(`${head}.${body}`))
  if (!isRight) throw new Error('the signature is wrong')
  return { key, claims: decode(body) }
}

async function derive(secret: Uint8Array, salt: Uint8Array, info: Uint8Array, bits: number): Promise<Uint8Array> {
  const key = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveBits'])
  return new Uint8Array(await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt, info }, key, bits))
}

function bytes(base64Url: string): Uint8Array {
  const decoded = decodeBase64Url(base64Url)
  if (decoded === undefined) throw new Error(`not base64url: ${base64Url}`)
  return decoded
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value)
}
