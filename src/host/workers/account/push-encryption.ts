/**
 * Encrypts a push for the device that subscribed.
 *
 * Standards: RFC 8291 (keys), RFC 8188 (aes128gcm content coding), RFC 5869 (HKDF).
 * Limits: one record of 4096 octets (RFC 8291 §4), which leaves 3993 for the text and its padding.
 */
import { concat, encodeUtf8 } from '../../../format/index.ts'

export interface DeviceKeys {
  /** An uncompressed point on P-256. */
  readonly p256dh: Uint8Array
  /** 16 octets. */
  readonly auth: Uint8Array
}

/** New for every message. */
export interface MessageSecrets {
  readonly salt: Uint8Array
  readonly pair: CryptoKeyPair
}

const RECORD_SIZE = 4096
const TAG_SIZE = 16
const HEADER_SIZE = 86
export const MAX_PLAINTEXT = RECORD_SIZE - HEADER_SIZE - TAG_SIZE - 1
const CURVE = { name: 'ECDH', namedCurve: 'P-256' }

export async function freshSecrets(): Promise<MessageSecrets> {
  const pair = (await crypto.subtle.generateKey(CURVE, false, ['deriveBits'])) as CryptoKeyPair
  return { salt: crypto.getRandomValues(new Uint8Array(16)), pair }
}

/** The public key of a device; rejects when it is not a point on the curve. */
export function importDeviceKey(p256dh: Uint8Array): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', p256dh, CURVE, true, [])
}

/** A body for `Content-Encoding: aes128gcm`. `padTo`: the plaintext is made that long, so that its size tells little. */
export async function encryptPush(
  plaintext: Uint8Array,
  device: DeviceKeys,
  { salt, pair }: MessageSecrets,
  padTo = 0,
): Promise<Uint8Array> {
  if (plaintext.length > MAX_PLAINTEXT) throw new Error(`a push of ${plaintext.length} octets does not fit one record`)
  const sender = new Uint8Array((await crypto.subtle.exportKey('raw', pair.publicKey)) as ArrayBuffer)
  // `public` is the standard's name; the types call it `$public`, a word that generated code could not use.
  const agreement = { name: 'ECDH', public: await importDeviceKey(device.p256dh) } as { name: string }
  const shared = new Uint8Array(await crypto.subtle.deriveBits(agreement, pair.privateKey, 256))

  const keyInfo = concat([encodeUtf8('WebPush: info\0'), device.p256dh, sender])
  const material = await hkdf(device.auth, shared, keyInfo, 32)
  const key = await hkdf(salt, material, encodeUtf8('Content-Encoding: aes128gcm\0'), 16)
  const nonce = await hkdf(salt, material, encodeUtf8('Content-Encoding: nonce\0'), 12)

  const padding = Math.max(0, Math.min(padTo, MAX_PLAINTEXT) - plaintext.length)
  // RFC 8188 §2: 2 ends the last record; padding follows it.
  const record = concat([plaintext, Uint8Array.of(2), new Uint8Array(padding)])
  const cipher = await crypto.subtle.importKey('raw', key, 'AES-GCM', false, ['encrypt'])
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce }, cipher, record)
  return concat([header(salt, sender), new Uint8Array(sealed)])
}

/** RFC 8188 §2.1: salt, record size, length of the key's name, and the name: here the sender's public key. */
function header(salt: Uint8Array, sender: Uint8Array): Uint8Array {
  const sizes = new DataView(new ArrayBuffer(5))
  sizes.setUint32(0, RECORD_SIZE)
  sizes.setUint8(4, sender.length)
  return concat([salt, new Uint8Array(sizes.buffer), sender])
}

async function hkdf(salt: Uint8Array, secret: Uint8Array, info: Uint8Array, length: number): Promise<Uint8Array> {
  const key = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveBits'])
  const bits = await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt, info }, key, length * 8)
  return new Uint8Array(bits)
}
