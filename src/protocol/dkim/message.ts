/**
 * A message as signatures see it: header fields with their octets, and the body in pieces.
 */
import { concat, latin1, parseHeader } from '../../format/index.ts'

export interface SignedField {
  name: string
  /** Behind the colon, folded, latin1-of-bytes, without the final line end. */
  value: string
  /** The whole field as it came, without the final line end, latin1-of-bytes. */
  raw: string
}

export interface SignedMessage {
  fields: readonly SignedField[]
  body: readonly Uint8Array[]
  /** The header has more than is looked at: what a signature leaves out of sight proves nothing. */
  truncated: boolean
}

/** Octets and fields of a header that signatures may speak of: what the rest of the server reads of a message. */
const headerLimits = { headerBytes: 256 * 1024, headerFields: 2000 }

/** Reads a message from its octets, whole or in pieces of any size. The body is not copied. */
export function readSignedMessage(message: Uint8Array | readonly Uint8Array[]): SignedMessage {
  const pieces = message instanceof Uint8Array ? [message] : message
  const top = headOf(pieces)
  const { header, bodyStart } = parseHeader(top, 0, headerLimits)
  const fields = header.fields.map(({ name, value, start, end }) => ({
    name,
    value,
    raw: latin1(top, start, end).replace(/\r?\n$/, ''),
  }))
  const body: Uint8Array[] = []
  let offset = 0
  for (const piece of pieces) {
    if (offset + piece.length > bodyStart) body.push(piece.subarray(Math.max(0, bodyStart - offset)))
    offset += piece.length
  }
  const { headerBytes, headerFields } = headerLimits
  return { fields, body, truncated: bodyStart > headerBytes || fields.length >= headerFields }
}

/** Pieces from the front that hold the whole header. */
function headOf(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0]!
  let taken = 0
  // Octets of the line that an LF ends.
  let line = 0
  for (const piece of pieces) {
    taken++
    for (const octet of piece) {
      if (octet === 10) {
        if (line === 0) return concat(pieces.slice(0, taken))
        line = 0
      } else if (octet !== 13) line++
    }
  }
  return concat(pieces)
}
