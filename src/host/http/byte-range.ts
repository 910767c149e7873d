/**
 * Which octets of a representation a request asks for, by its Range field and its preconditions.
 *
 * Standards: RFC 9110 §13 (preconditions), §14 (range requests).
 */

export interface ByteRange {
  readonly start: number
  /** Exclusive. */
  readonly end: number
}

/** The validator fields of a request, `null` when absent. */
export interface Conditions {
  readonly ifMatch: string | null
  readonly ifNoneMatch: string | null
  readonly ifRange: string | null
}

export function conditionsOf(headers: Headers): Conditions {
  const [ifMatch, ifNoneMatch, ifRange] = ['If-Match', 'If-None-Match', 'If-Range'].map((name) => headers.get(name))
  return { ifMatch: ifMatch ?? null, ifNoneMatch: ifNoneMatch ?? null, ifRange: ifRange ?? null }
}

/**
 * What the preconditions of a GET or HEAD make of it, in the order of RFC 9110 §13.2.2. `etag` is the strong entity tag; there
 * is no Last-Modified, so conditions on dates are left out of account as §13.1.3 and §13.1.4 say.
 */
export function evaluate({ ifMatch, ifNoneMatch }: Conditions, etag: string): 'go on' | 'failed' | 'not modified' {
  if (ifMatch !== null && !names(ifMatch, etag)) return 'failed'
  if (ifNoneMatch !== null && names(ifNoneMatch, etag, true)) return 'not modified'
  return 'go on'
}

/**
 * The range to answer a GET with: undefined means all of it, which is also the answer to what is not understood, to several
 * ranges (RFC 9110 §14.2 lets a server ignore the field) and to an If-Range that does not hold. `unsatisfiable` is for 416.
 */
export function rangeOf(
  range: string | null,
  ifRange: string | null,
  size: number,
  etag: string,
): ByteRange | 'unsatisfiable' | undefined {
  if (range === null || (ifRange !== null && ifRange.trim() !== etag)) return undefined
  const match = /^bytes=[ \t]*(?:([0-9]+)-([0-9]*)|-([0-9]+))[ \t]*$/i.exec(range)
  if (match === null) return undefined
  const [, first, last, suffix] = match
  if (suffix !== undefined) {
    const length = Math.min(Number(suffix), size)
    // A suffix of nothing cannot be satisfied; a suffix of an empty representation is all of it (§14.1.2).
    if (Number(suffix) === 0) return 'unsatisfiable'
    return length === 0 ? undefined : { start: size - length, end: size }
  }
  const start = Number(first)
  const end = last === '' || last === undefined ? Infinity : Number(last) + 1
  // A range that ends before it begins is no range (§14.1.1).
  if (end <= start) return undefined
  return start >= size ? 'unsatisfiable' : { start, end: Math.min(end, size) }
}

/** Whether a list of entity tags has this one, or is `*`. Weak ones count only in a weak comparison (RFC 9110 §8.8.3.2). */
function names(list: string, etag: string, weak = false): boolean {
  if (list.trim() === '*') return true
  for (const [, prefix, tag] of list.matchAll(/(?:^|,)[ \t]*(W\/)?("[\x21\x23-\x7e\x80-\xff]*")(?=[ \t]*(?:,|$))/g)) {
    if (tag === etag && (weak || prefix === undefined)) return true
  }
  return false
}
