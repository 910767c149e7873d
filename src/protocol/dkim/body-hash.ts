/**
 * Body hashes of one message, each made once however many signatures ask for it.
 *
 * Standards: RFC 6376 §3.7, §3.5 (l=).
 */
import { type Canonicalization, canonicalBody } from './body-canonicalization.ts'
import { sha256, type SignatureCrypto } from './signature-crypto.ts'

export interface BodyHash {
  hash: Uint8Array
  /** Octets behind l=, which nobody signed. */
  unsigned: number
}

export class BodyHashes {
  readonly #body: readonly Uint8Array[]
  readonly #crypto: Pick<SignatureCrypto, 'digest'>
  readonly #canonical = new Map<Canonicalization, Uint8Array>()
  readonly #hashes = new Map<string, Promise<BodyHash>>()

  constructor(body: readonly Uint8Array[], crypto: Pick<SignatureCrypto, 'digest'>) {
    this.#body = body
    this.#crypto = crypto
  }

  /** Of the first `length` octets of the canonical body; undefined when it has fewer, which makes l= a lie. */
  async hash(kind: Canonicalization, length?: number): Promise<BodyHash | undefined> {
    let canonical = this.#canonical.get(kind)
    if (canonical === undefined) {
      canonical = canonicalBody(kind, this.#body)
      this.#canonical.set(kind, canonical)
    }
    if (length !== undefined && length > canonical.length) return undefined
    const octets = canonical.subarray(0, length)
    const unsigned = canonical.length - octets.length
    const key = `${kind} ${octets.length}`
    let hash = this.#hashes.get(key)
    if (hash === undefined) {
      hash = sha256(this.#crypto, octets).then((value) => ({ hash: value, unsigned }))
      this.#hashes.set(key, hash)
    }
    return hash
  }
}
