/**
 * Which part of a query's results is returned.
 *
 * Standards: RFC 8620 §5.5 (position, anchor, anchorOffset, limit).
 */
import { MethodError } from './error.ts'

export interface Window {
  readonly position: number
  readonly anchor: string | undefined
  readonly anchorOffset: number
  readonly limit: number | undefined
}

export interface Page {
  readonly ids: readonly string[]
  readonly position: number
}

/** Throws `anchorNotFound` when the anchor is not among `ids`. */
export function pageOf(ids: readonly string[], window: Window): Page {
  const position = windowStart(ids.length, window, () => ids.indexOf(window.anchor as string))
  const end = window.limit === undefined ? ids.length : position + window.limit
  return { ids: ids.slice(position, end), position }
}

/** The first index of the page. `indexOfAnchor` is asked only when there is an anchor; -1 means absent. */
export function windowStart(total: number, window: Window, indexOfAnchor: () => number): number {
  if (window.anchor === undefined) {
    return window.position < 0 ? Math.max(0, total + window.position) : window.position
  }
  const index = indexOfAnchor()
  if (index < 0) throw new MethodError('anchorNotFound')
  return Math.max(0, index + window.anchorOffset)
}

export interface QueryDifference<Id = string> {
  readonly removed: readonly Id[]
  readonly added: readonly { readonly id: Id; readonly index: number }[]
}

/** Records that may have entered, left or moved within the results since. */
export interface Touched<Id = string> {
  /** Existing ones, new or not. */
  readonly touched: ReadonlySet<Id>
  /** Of these, those that did not exist then. */
  readonly created: ReadonlySet<Id>
  readonly gone: ReadonlySet<Id>
}

/**
 * The difference of a query's results, from the present results: all of them, or the index of each that is touched or
 * `upToId`, in their order. `removed` may name ids that were never in the results, as §5.6 allows, but none that did not
 * exist. `upToId` cuts off what lies behind it, and may only be given when filter and sort look at immutable properties
 * alone.
 */
export function differenceOf<Id>(
  results: readonly Id[] | ReadonlyMap<Id, number>,
  { touched, created, gone }: Touched<Id>,
  upToId?: Id,
): QueryDifference<Id> {
  const indexes = 'get' in results ? results : new Map(results.map((id, index) => [id, index]))
  const end = (upToId === undefined ? undefined : indexes.get(upToId)) ?? Infinity
  const added: { id: Id; index: number }[] = []
  for (const [id, index] of indexes) if (index <= end && touched.has(id)) added.push({ id, index })
  const isBehind = (id: Id): boolean => (indexes.get(id) ?? 0) > end
  const moved = [...touched].filter((id) => !gone.has(id) && !created.has(id) && !isBehind(id))
  return { removed: [...gone, ...moved], added }
}
