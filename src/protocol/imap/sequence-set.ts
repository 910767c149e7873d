/**
 * Sets of message numbers or UIDs: `2,4:7,9,12:*`, and `$` for the saved search result.
 *
 * Standards: RFC 9051 §9 (sequence-set), §6.4.4.1 (`$`), §7.4 (`*` stands for the largest number in use).
 * Limits: the number of ranges is the caller's; resolving costs n log n in the number of ranges, never in their width.
 */
import { bad } from './error.ts'

/** `[first, last]`, both included. */
export type NumberRange = readonly [number, number]

const largest = 0xffff_ffff

export class SequenceSet {
  /** As written; `*` is `Infinity`. Empty for `$`. */
  readonly ranges: readonly NumberRange[]
  /** `$`: the result kept by SEARCH RETURN (SAVE). */
  readonly saved: boolean

  constructor(ranges: readonly NumberRange[], saved = false) {
    this.ranges = ranges
    this.saved = saved
  }

  /** Reads the grammar; throws `BAD` for anything else, or for more than `limit` ranges. */
  static parse(text: string, limit = Infinity): SequenceSet {
    if (text === '$') return new SequenceSet([], true)
    const ranges: NumberRange[] = []
    for (let start = 0; start <= text.length;) {
      const comma = text.indexOf(',', start)
      const end = comma === -1 ? text.length : comma
      if (ranges.length >= limit) throw bad('Too many ranges in the sequence set', 'TOOBIG')
      ranges.push(parseRange(text.slice(start, end)))
      start = end + 1
    }
    return new SequenceSet(ranges)
  }

  /** True when `*` occurs: the answer depends on the mailbox. */
  get open(): boolean {
    return this.ranges.some(([first, last]) => first === Infinity || last === Infinity)
  }

  /** Ascending, disjoint, non-touching ranges with `*` read as `max`; `5:*` with max 3 is 3:5 (RFC 9051 §9). */
  resolve(max: number): NumberRange[] {
    const ordered = this.ranges
      .map(([first, last]): [number, number] => {
        const low = first === Infinity ? max : first
        const high = last === Infinity ? max : last
        return low <= high ? [low, high] : [high, low]
      })
      .sort((a, b) => a[0] - b[0])
    const merged: [number, number][] = []
    for (const range of ordered) {
      const last = merged.at(-1)
      if (last !== undefined && range[0] <= last[1] + 1) last[1] = Math.max(last[1], range[1])
      else merged.push(range)
    }
    return merged
  }

  /** The numbers in a closed set, ascending, up to `limit` of them. Without one only for sets of our own making. */
  numbers(limit = Infinity): number[] {
    const numbers: number[] = []
    for (const [first, last] of this.resolve(0)) {
      for (let number = first; number <= last && numbers.length < limit; number++) numbers.push(number)
    }
    return numbers
  }

  toString(): string {
    if (this.saved) return '$'
    return this.ranges
      .map(([first, last]) => (first === last ? written(first) : `${written(first)}:${written(last)}`))
      .join(',')
  }
}

/** Binary search in ascending, disjoint ranges, as `resolve` gives them. */
export function inRanges(ranges: readonly NumberRange[], number: number): boolean {
  let low = 0
  let high = ranges.length - 1
  while (low <= high) {
    const middle = (low + high) >>> 1
    const [first, last] = ranges[middle] as NumberRange
    if (number < first) high = middle - 1
    else if (number > last) low = middle + 1
    else return true
  }
  return false
}

/** Ascending numbers as the shortest set: `1,3:5`. Empty for none. */
export function formatUidSet(numbers: Iterable<number>): string {
  const parts: string[] = []
  let first = -1
  let last = -1
  for (const number of numbers) {
    if (number === last + 1 && first !== -1) {
      last = number
      continue
    }
    if (first !== -1) parts.push(first === last ? `${first}` : `${first}:${last}`)
    first = last = number
  }
  if (first !== -1) parts.push(first === last ? `${first}` : `${first}:${last}`)
  return parts.join(',')
}

function written(value: number): string {
  return value === Infinity ? '*' : String(value)
}

function parseRange(text: string): NumberRange {
  const colon = text.indexOf(':')
  if (colon === -1) {
    const value = parseNumber(text)
    return [value, value]
  }
  return [parseNumber(text.slice(0, colon)), parseNumber(text.slice(colon + 1))]
}

function parseNumber(text: string): number {
  if (text === '*') return Infinity
  if (!/^[1-9]\d{0,9}$/.test(text)) throw bad('Malformed sequence set')
  const value = Number(text)
  if (value > largest) throw bad('Number out of range in the sequence set')
  return value
}
