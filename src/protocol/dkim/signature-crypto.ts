/**
 * What signing and verifying ask of the platform: the part of `crypto.subtle` that every runtime has.
 *
 * Standards: RFC 8301 (rsa-sha256), RFC 8463 (ed25519-sha256).
 */

/** Opaque: only the platform knows what is in it. */
export type CryptoKeyHandle = object

export interface SignatureCrypto {
  digest(algorithm: 'SHA-256', data: Uint8Array): Promise<ArrayBuffer>
  importKey(
    format: 'spki' | 'raw' | 'pkcs8',
    key: Uint8Array,
    algorithm: KeyAlgorithm,
    extractable: boolean,
    usages: ('sign' | 'verify')[],
  ): Promise<CryptoKeyHandle>
  exportKey(format: 'spki' | 'raw' | 'pkcs8', key: CryptoKeyHandle): Promise<unknown>
  generateKey(
    algorithm: KeyAlgorithm & { modulusLength?: number; publicExponent?: Uint8Array },
    extractable: boolean,
    usages: ('sign' | 'verify')[],
  ): Promise<unknown>
  sign(algorithm: KeyAlgorithm, key: CryptoKeyHandle, data: Uint8Array): Promise<ArrayBuffer>
  verify(algorithm: KeyAlgorithm, key: CryptoKeyHandle, signature: Uint8Array, data: Uint8Array): Promise<boolean>
}

export interface KeyAlgorithm {
  name: 'RSASSA-PKCS1-v1_5' | 'Ed25519'
  hash?: 'SHA-256'
}

/** `a=` values that are made and believed. rsa-sha1 is history (RFC 8301 §3.1). */
export type SignatureAlgorithm = 'rsa-sha256' | 'ed25519-sha256'

const rsa: KeyAlgorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
const ed25519: KeyAlgorithm = { name: 'Ed25519' }

export function keyAlgorithm(algorithm: SignatureAlgorithm): KeyAlgorithm {
  return algorithm === 'rsa-sha256' ? rsa : ed25519
}

export async function sha256(crypto: Pick<SignatureCrypto, 'digest'>, data: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.digest('SHA-256', data))
}

/** What the key is put to: RSA hashes the octets itself, Ed25519 is given their hash (RFC 8463 §3). */
export async function signedOctets(
  crypto: Pick<SignatureCrypto, 'digest'>,
  algorithm: SignatureAlgorithm,
  data: Uint8Array,
): Promise<Uint8Array> {
  return algorithm === 'rsa-sha256' ? data : sha256(crypto, data)
}
