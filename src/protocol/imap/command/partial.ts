/**
 * A part of a list of results.
 *
 * Standards: RFC 9394 §3.1, RFC 5267 §4.4.
 */
import type { Decoder } from '../decoder.ts'
import { bad } from '../error.ts'

/** Results from one place to another, counted from 1; negative numbers count from the end (RFC 9394 §3.1). */
export interface PartialResult {
  readonly from: number
  readonly to: number
}

/** `1:500`, `-1:-100`; either end may come first. */
export function parsePartialResult(decoder: Decoder): PartialResult {
  const negative = decoder.special('-')
  const first = decoder.expectNzNumber()
  decoder.expectSpecial(':')
  if (decoder.special('-') !== negative) throw bad('A range counts from one end')
  const second = decoder.expectNzNumber()
  const [low, high] = first <= second ? [first, second] : [second, first]
  return negative ? { from: -low, to: -high } : { from: low, to: high }
}
