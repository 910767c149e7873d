/**
 * `HEADER.FIELDS` and `HEADER.FIELDS.NOT`: some lines of a header, as they stand, and the empty line behind them.
 *
 * Standards: RFC 9051 §6.4.5.1.
 */
import { concat, encodeUtf8, parseHeader } from '../../../format/index.ts'

const emptyLine = encodeUtf8('\r\n')

/** The fields named (or, with `not`, all others) in their order; undefined when there is no header. */
export function selectFields(
  header: Uint8Array | undefined,
  names: readonly string[],
  not: boolean,
): Uint8Array | undefined {
  if (header === undefined) return undefined
  const wanted = new Set(names.map((name) => name.toLowerCase()))
  const pieces: Uint8Array[] = []
  for (const field of parseHeader(header).header.fields) {
    if (wanted.has(field.name.toLowerCase()) !== not) pieces.push(header.subarray(field.start, field.end))
  }
  pieces.push(emptyLine)
  return concat(pieces)
}
