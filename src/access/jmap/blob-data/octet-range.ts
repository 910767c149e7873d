/**
 * Part of a blob, by offset and length.
 *
 * Standards: RFC 9404 §4.1 (DataSourceObject), §4.2 (Blob/get).
 */
import { isUnsignedInt, member, type JsonObject } from '../../../protocol/jmap/index.ts'

export interface OctetRange {
  readonly offset: number
  /** Undefined: to the end. */
  readonly length: number | undefined
}

/** From `offset` and `length`, each absent or null for its default; undefined when one is no UnsignedInt. */
export function readRange(values: JsonObject): OctetRange | undefined {
  const offset = member(values, 'offset') ?? 0
  const length = member(values, 'length') ?? undefined
  if (!isUnsignedInt(offset) || (length !== undefined && !isUnsignedInt(length))) return undefined
  return { offset, length }
}

/** The range within so many octets; `isWhole` is false when it begins or ends behind their end. */
export function within(size: number, { offset, length }: OctetRange): { start: number; end: number; isWhole: boolean } {
  const end = length === undefined ? Math.max(size, offset) : offset + length
  return { start: Math.min(offset, size), end: Math.min(end, size), isWhole: end <= size }
}

/** The octets in the range as a view. */
export function cut(bytes: Uint8Array, range: OctetRange): { part: Uint8Array; isWhole: boolean } {
  const { start, end, isWhole } = within(bytes.length, range)
  return { part: bytes.subarray(start, end), isWhole }
}
