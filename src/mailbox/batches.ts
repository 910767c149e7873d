/**
 * Cuts long lists of ids so that none, written as JSON for one statement, comes near the 2 MB of a bound value.
 */

/** Ids in one statement: pairs of ten digits stay below half a megabyte. */
export const batchSize = 20_000

/** Consecutive slices of at most `size`; none of an empty list. */
export function* batches<T>(list: readonly T[], size = batchSize): Generator<readonly T[]> {
  for (let from = 0; from < list.length; from += size) yield list.slice(from, from + size)
}
