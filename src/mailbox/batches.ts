/**
 * Ids in statements: long lists are cut so that none, written as JSON for one statement, comes near the 2 MB of a bound value.
 */

/** Ids in one statement: pairs of ten digits stay below half a megabyte. */
export const batchSize = 20_000

/** Consecutive slices of at most `size`; none of an empty list. */
export function* batches<T>(list: readonly T[], size = batchSize): Generator<readonly T[]> {
  for (let from = 0; from < list.length; from += size) yield list.slice(from, from + size)
}

/** A condition on a column, and its one value: most changes are of one message, for which SQLite need not read a list. */
export function oneOrMany(column: string, batch: readonly number[]): [condition: string, value: number | string] {
  const [only] = batch
  if (only !== undefined && batch.length === 1) return [`${column} = ?`, only]
  return [`${column} IN (SELECT value FROM json_each(?))`, JSON.stringify(batch)]
}
