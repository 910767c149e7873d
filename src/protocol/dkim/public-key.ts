/**
 * Public keys as records hold them, made ready for the platform.
 *
 * Standards: RFC 6376 §3.6.1 (p=: RSAPublicKey, in practice inside SubjectPublicKeyInfo), RFC 8301 §3.2 (1,024 to 4,096
 * bits at least), RFC 8017 appendix A.1.1, RFC 8463 §4.2 (32 octets).
 * Security: the DER comes from the DNS of a stranger: read with bounds, never recursive.
 */
import { concat } from '../../format/index.ts'

/** Longer ones are not verified: their cost is the verifier's, and the DNS hardly holds them. */
const MAX_RSA_BITS = 4096
const MIN_RSA_BITS = 1024

const SEQUENCE = 0x30
const INTEGER = 0x02
const BIT_STRING = 0x03

/** AlgorithmIdentifier rsaEncryption with NULL parameters (RFC 8017 appendix A.1). */
const rsaEncryption = Uint8Array.from([
  0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
])

export interface RsaPublicKey {
  /** SubjectPublicKeyInfo, which is what `importKey` takes. */
  spki: Uint8Array
  bits: number
}

/** The RSA key of either form; undefined when it is none. */
export function readRsaKey(der: Uint8Array): RsaPublicKey | undefined {
  const outer = element(der, 0, SEQUENCE)
  if (outer === undefined || outer.end !== der.length) return undefined
  const first = element(der, outer.start, undefined)
  if (first === undefined) return undefined
  let bare = der
  if (der[outer.start] === SEQUENCE) {
    const bitString = element(der, first.end, BIT_STRING)
    // The first octet of a bit string tells unused bits: none here.
    if (bitString === undefined || der[bitString.start] !== 0) return undefined
    bare = der.subarray(bitString.start + 1, bitString.end)
  }
  const bits = modulusBits(bare)
  if (bits === undefined) return undefined
  const bitString = wrap(BIT_STRING, concat([Uint8Array.of(0), bare]))
  return { spki: wrap(SEQUENCE, concat([rsaEncryption, bitString])), bits }
}

/** Why an RSA key of that size is not believed; undefined when it is. */
export function unfitRsaSize(bits: number): string | undefined {
  if (bits < MIN_RSA_BITS) return `the key has ${bits} bits: too short`
  return bits > MAX_RSA_BITS ? `the key has ${bits} bits: too long` : undefined
}

function modulusBits(der: Uint8Array): number | undefined {
  const outer = element(der, 0, SEQUENCE)
  const modulus = outer && element(der, outer.start, INTEGER)
  if (modulus === undefined || element(der, modulus.end, INTEGER) === undefined) return undefined
  let start = modulus.start
  while (start < modulus.end && der[start] === 0) start++
  return start === modulus.end ? undefined : (modulus.end - start) * 8 - Math.clz32(der[start]!) + 24
}

/** Where the content of the element at `at` begins and ends; undefined when it is not whole or not of that tag. */
function element(der: Uint8Array, at: number, tag: number | undefined): { start: number; end: number } | undefined {
  if (at + 2 > der.length || (tag !== undefined && der[at] !== tag)) return undefined
  let length = der[at + 1]!
  let start = at + 2
  if (length > 0x80) {
    const octets = length - 0x80
    if (octets > 3 || start + octets > der.length) return undefined
    length = 0
    for (let i = 0; i < octets; i++) length = length * 256 + der[start++]!
  } else if (length === 0x80) return undefined
  return start + length > der.length ? undefined : { start, end: start + length }
}

function wrap(tag: number, content: Uint8Array): Uint8Array {
  const { length } = content
  const head =
    length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff]
  return concat([Uint8Array.from(head), content])
}
