/**
 * Binary content made into text, for mailboxes whose readers cannot take NUL.
 *
 * Standards: RFC 3516 §4.4, §6 (the encoding of binary parts may be changed), RFC 9051 §4.3.1 (no NUL in a literal), RFC
 * 2045 §6.8 (base64), RFC 3030 §3 (BINARYMIME).
 * Security: fed by anyone; linear.
 */
import { concat, encodeUtf8, holdsNul } from '../bytes/bytes.ts'
import { encodeBinaryBody } from '../compose/body-encoding.ts'
import { parseMessage } from './parse.ts'
import { allParts, type Part } from './part.ts'

const fieldName = 'content-transfer-encoding'
const field = encodeUtf8('Content-Transfer-Encoding: base64\r\n')
const emptyLine = encodeUtf8('\r\n')

interface Edit {
  readonly start: number
  readonly end: number
  readonly octets: Uint8Array
}

/**
 * The message with each part that holds NUL in base64; everything else octet for octet, the very same array when there is no
 * NUL. What is left of NUL then is in headers or between parts, where nothing can encode it.
 */
export function withoutBinary(raw: Uint8Array): Uint8Array {
  if (!holdsNul(raw)) return raw
  const edits = allParts(parseMessage(raw))
    .filter((part) => isBinary(raw, part))
    .flatMap((part) => editsOf(raw, part))
    .sort((a, b) => a.start - b.start)
  const pieces: Uint8Array[] = []
  let at = 0
  for (const { start, end, octets } of edits) {
    pieces.push(raw.subarray(at, start), octets)
    at = end
  }
  pieces.push(raw.subarray(at))
  return concat(pieces)
}

/** A part without parts whose content stands as it is. */
function isBinary(raw: Uint8Array, { children, message, encoding, type, bodyStart, bodyEnd }: Part): boolean {
  if (children.length > 0 || message !== undefined || type === 'multipart' || type === 'message') return false
  if (encoding === 'base64' || encoding === 'quoted-printable') return false
  return holdsNul(raw.subarray(bodyStart, bodyEnd))
}

function editsOf(raw: Uint8Array, { header, headerStart, bodyStart, bodyEnd }: Part): Edit[] {
  const given = header.fields.filter(({ name }) => name.toLowerCase() === fieldName)
  const edits = given.map(({ start, end }, index): Edit => ({
    start,
    end,
    octets: index === 0 ? field : emptyLine.subarray(2),
  }))
  if (given.length === 0) {
    // A body without a header has no empty line before it either.
    const octets = bodyStart === headerStart ? concat([field, emptyLine]) : field
    edits.push({ start: headerStart, end: headerStart, octets })
  }
  const { octets } = encodeBinaryBody(raw.subarray(bodyStart, bodyEnd))
  // The line end before a boundary is the boundary's.
  const end = bodyEnd === raw.length || octets.length < 2 ? octets.length : octets.length - 2
  edits.push({ start: bodyStart, end: bodyEnd, octets: octets.subarray(0, end) })
  return edits
}
