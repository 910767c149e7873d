/**
 * Signing keys: made, kept, and published.
 *
 * Standards: RFC 6376 §3.6.1, RFC 8301 §3.2 (2,048 bits), RFC 8463 §4.2, RFC 5958 (PKCS #8).
 */
import { encodeBase64 } from '../../format/index.ts'
import {
  type CryptoKeyHandle,
  keyAlgorithm,
  type SignatureAlgorithm,
  type SignatureCrypto,
} from './signature-crypto.ts'

/** A key ready to sign. */
export interface SigningKey {
  selector: string
  algorithm: SignatureAlgorithm
  handle: CryptoKeyHandle
}

/** What is kept of a key: the private half as PKCS #8, the public one as the TXT record at its selector. */
export interface KeyPair {
  algorithm: SignatureAlgorithm
  privateKey: Uint8Array
  record: string
}

export async function generateKeyPair(algorithm: SignatureAlgorithm, crypto: SignatureCrypto): Promise<KeyPair> {
  const rsa = { modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) }
  const parameters = { ...keyAlgorithm(algorithm), ...(algorithm === 'rsa-sha256' && rsa) }
  const pair = (await crypto.generateKey(parameters, true, ['sign', 'verify'])) as {
    privateKey: CryptoKeyHandle
    publicKey: CryptoKeyHandle
  }
  const privateKey = new Uint8Array((await crypto.exportKey('pkcs8', pair.privateKey)) as ArrayBuffer)
  const format = algorithm === 'rsa-sha256' ? 'spki' : 'raw'
  const publicKey = new Uint8Array((await crypto.exportKey(format, pair.publicKey)) as ArrayBuffer)
  return { algorithm, privateKey, record: keyRecordText(algorithm, publicKey) }
}

/** The TXT record of a public key (SubjectPublicKeyInfo for RSA, 32 octets for Ed25519). */
export function keyRecordText(algorithm: SignatureAlgorithm, publicKey: Uint8Array): string {
  const type = algorithm === 'rsa-sha256' ? 'rsa' : 'ed25519'
  return `v=DKIM1; k=${type}; h=sha256; s=email; p=${encodeBase64(publicKey)}`
}

/** Rejects when `privateKey` is not the PKCS #8 of such a key. */
export async function importSigningKey(
  key: { selector: string; algorithm: SignatureAlgorithm; privateKey: Uint8Array },
  crypto: Pick<SignatureCrypto, 'importKey'>,
): Promise<SigningKey> {
  const { selector, algorithm, privateKey } = key
  const handle = await crypto.importKey('pkcs8', privateKey, keyAlgorithm(algorithm), false, ['sign'])
  return { selector, algorithm, handle }
}
