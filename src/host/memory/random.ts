/**
 * Randomness that repeats: the same seed gives the same run.
 */

/** Numbers 0 ≤ n < 1 from a linear congruential generator: enough to shuffle with, nothing to keep secrets with. */
export function seededRandom(seed = 1): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** Ids that count: `m1`, `m2` … */
export function countingIds(prefix = 'm'): () => string {
  let count = 0
  return () => `${prefix}${++count}`
}
