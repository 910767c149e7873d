/**
 * Changes to single parts of a message, everything else octet for octet.
 *
 * Standards: RFC 2045 §6 (Content-Transfer-Encoding).
 */
import { concat, encodeUtf8 } from '../bytes/bytes.ts'
import type { BodyEncoding } from '../compose/body-encoding.ts'
import type { Part } from './part.ts'

/** `octets` in place of those from `start` to `end`. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly octets: Uint8Array
}

const fieldName = 'content-transfer-encoding'
const nothing = new Uint8Array()
const emptyLine = encodeUtf8('\r\n')

/** The message with these changes, which do not overlap. */
export function withEdits(raw: Uint8Array, edits: readonly Edit[]): Uint8Array {
  const pieces: Uint8Array[] = []
  let at = 0
  for (const { start, end, octets } of edits.toSorted((a, b) => a.start - b.start)) {
    pieces.push(raw.subarray(at, start), octets)
    at = end
  }
  pieces.push(raw.subarray(at))
  return concat(pieces)
}

/**
 * The part says that it is in `encoding`, in the field that it has or in a new one at `at`. `more`: fields that go in with it,
 * each with its CRLF.
 */
export function encodingEdits(
  { header, headerStart, bodyStart }: Part,
  encoding: BodyEncoding,
  { more = '', at = headerStart }: { more?: string; at?: number } = {},
): Edit[] {
  const field = encodeUtf8(`${more}Content-Transfer-Encoding: ${encoding}\r\n`)
  const given = header.fields.filter(({ name }) => name.toLowerCase() === fieldName)
  if (given.length > 0) {
    return given.map(({ start, end }, index) => ({ start, end, octets: index === 0 ? field : nothing }))
  }
  // A body without a header has no empty line before it either.
  const octets = bodyStart === headerStart ? concat([field, emptyLine]) : field
  return [{ start: at, end: at, octets }]
}

/** The part's body is `octets`, which end with a line end. */
export function bodyEdit(raw: Uint8Array, { bodyStart, bodyEnd }: Part, octets: Uint8Array): Edit {
  // The line end before a boundary is the boundary's.
  const end = bodyEnd === raw.length || octets.length < 2 ? octets.length : octets.length - 2
  return { start: bodyStart, end: bodyEnd, octets: octets.subarray(0, end) }
}
