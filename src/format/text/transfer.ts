/**
 * Content-Transfer-Encoding undone, leniently: mail must stay readable when a relay has damaged it.
 *
 * Standards: RFC 2045 §6.7 (quoted-printable), §6.8 (base64), RFC 2047 §4.2 (Q).
 * Security: fed by anyone; one pass, output never longer than input.
 */
import { fromLatin1 } from '../bytes/bytes.ts'

/** Value of each base64 digit; 64 for what is skipped, 65 for padding. */
const DIGITS = new Uint8Array(256).fill(64)
for (const [value, octet] of fromLatin1('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/').entries()) {
  DIGITS[octet] = value
}
DIGITS[45] = 62 // '-' and '_' of the URL alphabet
DIGITS[95] = 63
DIGITS[61] = 65

/** Skips what is no digit; padding in the middle begins anew (concatenated encodings). */
export function decodeLenientBase64(encoded: Uint8Array): Uint8Array {
  const out = new Uint8Array(Math.ceil((encoded.length * 3) / 4))
  let length = 0
  let bits = 0
  let count = 0
  for (let i = 0; i < encoded.length; i++) {
    const value = DIGITS[encoded[i]!]!
    if (value < 64) {
      bits = (bits << 6) | value
      if (++count === 4) {
        out[length++] = bits >> 16
        out[length++] = bits >> 8
        out[length++] = bits
        bits = 0
        count = 0
      }
    } else if (value === 65) {
      length = flushBits(out, length, bits, count)
      bits = 0
      count = 0
    }
  }
  return out.subarray(0, flushBits(out, length, bits, count))
}

function flushBits(out: Uint8Array, length: number, bits: number, count: number): number {
  if (count === 2) out[length++] = bits >> 4
  if (count === 3) {
    out[length++] = bits >> 10
    out[length++] = bits >> 2
  }
  return length
}

/** What {@link decodeLenientBase64} would give, in octets, without decoding. */
function base64Size(raw: Uint8Array, start: number, end: number): number {
  let digits = 0
  let size = 0
  for (let i = start; i < end; i++) {
    const value = DIGITS[raw[i]!]!
    if (value < 64) digits++
    else if (value === 65) {
      size += (digits * 3) >> 2
      digits = 0
    }
  }
  return size + ((digits * 3) >> 2)
}

const LF = 10
const CR = 13
const SP = 32
const TAB = 9
const EQUALS = 61
const UNDERSCORE = 95

function hex(octet: number | undefined): number {
  if (octet === undefined) return -1
  if (octet >= 48 && octet <= 57) return octet - 48
  const letter = octet & 0xdf
  return letter >= 65 && letter <= 70 ? letter - 55 : -1
}

/** RFC 2047 §4.2: as quoted-printable within one line, with `_` for a space. */
export function decodeQ(encoded: Uint8Array): Uint8Array {
  const out = new Uint8Array(encoded.length)
  let length = 0
  for (let i = 0; i < encoded.length; i++) {
    const octet = encoded[i]!
    const high = octet === EQUALS ? hex(encoded[i + 1]) : -1
    const low = high < 0 ? -1 : hex(encoded[i + 2])
    if (low >= 0) {
      out[length++] = (high << 4) | low
      i += 2
    } else {
      out[length++] = octet === UNDERSCORE ? SP : octet
    }
  }
  return out.subarray(0, length)
}

/** Soft line breaks joined, trailing white space of a line dropped (RFC 2045 §6.7 rule 3), a stray `=` kept. */
export function decodeQuotedPrintable(encoded: Uint8Array): Uint8Array {
  const out = new Uint8Array(encoded.length)
  let length = 0
  /** Behind the last octet that is not white space which the line end might drop. */
  let solid = 0
  for (let i = 0; i < encoded.length; i++) {
    const octet = encoded[i]!
    if (octet > SP && octet !== EQUALS) {
      out[length++] = octet // nearly always
      solid = length
    } else if (octet === EQUALS) {
      const high = hex(encoded[i + 1])
      const low = high < 0 ? -1 : hex(encoded[i + 2])
      if (low >= 0) {
        out[length++] = (high << 4) | low
        i += 2
        solid = length
        continue
      }
      const next = softBreakEnd(encoded, i + 1)
      if (next > 0) {
        i = next - 1
        solid = length // white space before a soft break is kept
        continue
      }
      out[length++] = octet
      solid = length
    } else if (octet === LF || (octet === CR && encoded[i + 1] === LF)) {
      length = solid
      out[length++] = octet
      if (octet === CR) {
        out[length++] = LF
        i++
      }
      solid = length
    } else {
      out[length++] = octet
      if (octet !== SP && octet !== TAB) solid = length
    }
  }
  return out.subarray(0, solid)
}

/** Behind the line end of a soft break whose `=` stands before `from`; 0 when it is none. White space may intervene. */
function softBreakEnd(encoded: Uint8Array, from: number): number {
  let i = from
  while (i < encoded.length && (encoded[i] === SP || encoded[i] === TAB)) i++
  if (i >= encoded.length) return encoded.length
  if (encoded[i] === LF) return i + 1
  return encoded[i] === CR && encoded[i + 1] === LF ? i + 2 : 0
}

/** Octets under that encoding decoded; identity encodings and unknown ones (RFC 2045 §6.4) come back as they are. */
export function decodeTransferEncoding(encoded: Uint8Array, encoding: string): Uint8Array {
  switch (encoding.toLowerCase()) {
    case 'base64':
      return decodeLenientBase64(encoded)
    case 'quoted-printable':
      return decodeQuotedPrintable(encoded)
    default:
      return encoded
  }
}

const IDENTITY = new Set(['7bit', '8bit', 'binary'])

/** True for 7bit, 8bit and binary: the octets are the content. */
export function isIdentityEncoding(encoding: string): boolean {
  return IDENTITY.has(encoding)
}

/** True when {@link decodeTransferEncoding} knows what to do. */
export function isKnownEncoding(encoding: string): boolean {
  return isIdentityEncoding(encoding) || encoding === 'base64' || encoding === 'quoted-printable'
}

/** Octets that decoding gives. */
export function decodedSize(raw: Uint8Array, start: number, end: number, encoding: string): number {
  if (encoding === 'base64') return base64Size(raw, start, end)
  if (encoding === 'quoted-printable') return decodeQuotedPrintable(raw.subarray(start, end)).length
  return end - start
}
