/**
 * Bodies into octets that a 7-bit path carries.
 *
 * Standards: RFC 2045 §2.7–2.9, §6.7 (quoted-printable), §6.8 (base64), RFC 2046 §5.2.1 (no encoding of a message).
 */
import { encodeBase64 } from '../bytes/base64.ts'
import { concat, encodeUtf8 } from '../bytes/bytes.ts'

export type BodyEncoding = '7bit' | '8bit' | 'binary' | 'quoted-printable' | 'base64'

export interface EncodedBody {
  encoding: BodyEncoding
  octets: Uint8Array
}

const LF = 10
const CR = 13
const LONGEST_LINE = 998

/** What the octets would need if sent as they are. */
function identityOf(octets: Uint8Array): '7bit' | '8bit' | 'binary' {
  let line = 0
  let eightBit = false
  for (let i = 0; i < octets.length; i++) {
    const octet = octets[i]!
    if (octet === CR && octets[i + 1] === LF) {
      i++
      line = 0
      continue
    }
    if (octet === 0 || octet === CR || octet === LF || ++line > LONGEST_LINE) return 'binary'
    if (octet > 0x7f) eightBit = true
  }
  return eightBit ? '8bit' : '7bit'
}

/** Text as 7bit if it is, else quoted-printable, which can be read, unless much of it is to be escaped. */
export function encodeTextBody(octets: Uint8Array): EncodedBody {
  if (identityOf(octets) === '7bit') return { encoding: '7bit', octets }
  let escaped = 0
  for (const octet of octets) if (octet > 0x7e || octet === 0x3d) escaped++
  if (escaped * 3 > octets.length) return { encoding: 'base64', octets: encodeBase64Lines(octets) }
  return { encoding: 'quoted-printable', octets: encodeQuotedPrintable(octets) }
}

export function encodeBinaryBody(octets: Uint8Array): EncodedBody {
  return { encoding: 'base64', octets: encodeBase64Lines(octets) }
}

/** A nested message or its header stays as it is. */
export function identityBody(octets: Uint8Array): EncodedBody {
  return { encoding: identityOf(octets), octets }
}

/** Octets in a line of 76 characters. */
const BASE64_LINE = 57

function encodeBase64Lines(octets: Uint8Array): Uint8Array {
  const lines: string[] = []
  for (let i = 0; i < octets.length; i += BASE64_LINE)
    lines.push(encodeBase64(octets.subarray(i, i + BASE64_LINE)), '\r\n')
  return encodeUtf8(lines.join(''))
}

const QP_LINE = 76
const EQUALS = 61
const SP = 32
const TAB = 9
const HEX = encodeUtf8('0123456789ABCDEF')
const SOFT_BREAK = new Uint8Array([EQUALS, CR, LF])

/** CRLF stays a line end; a CR or LF alone is escaped, so that any octets survive exactly. */
export function encodeQuotedPrintable(octets: Uint8Array): Uint8Array {
  const out = new Uint8Array(octets.length * 3 + Math.ceil((octets.length * 3) / (QP_LINE - 3)) * 3)
  let length = 0
  let column = 0
  for (let i = 0; i < octets.length; i++) {
    const octet = octets[i]!
    if (octet === CR && octets[i + 1] === LF) {
      out[length++] = CR
      out[length++] = LF
      column = 0
      i++
      continue
    }
    const atLineEnd = i + 1 === octets.length || (octets[i + 1] === CR && octets[i + 2] === LF)
    const literal = isLiteral(octet) && !((octet === SP || octet === TAB) && atLineEnd)
    const width = literal ? 1 : 3
    if (column + width > QP_LINE - 1) {
      out.set(SOFT_BREAK, length)
      length += SOFT_BREAK.length
      column = 0
    }
    if (literal) out[length++] = octet
    else {
      out[length++] = EQUALS
      out[length++] = HEX[octet >> 4]!
      out[length++] = HEX[octet & 15]!
    }
    column += width
  }
  return out.subarray(0, length)
}

function isLiteral(octet: number): boolean {
  return (octet >= 33 && octet <= 126 && octet !== EQUALS) || octet === SP || octet === TAB
}

/** With a line end at the end, as a message needs; in quoted-printable it is a soft one, which does not count. */
export function withFinalLineEnd({ encoding, octets }: EncodedBody): EncodedBody {
  const { length } = octets
  if (length === 0 || (octets[length - 2] === CR && octets[length - 1] === LF)) return { encoding, octets }
  const lineEnd = encoding === 'quoted-printable' ? SOFT_BREAK : SOFT_BREAK.subarray(1)
  return { encoding, octets: concat([octets, lineEnd]) }
}
