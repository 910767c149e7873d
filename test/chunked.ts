/**
 * Feeds an engine the same bytes in pieces of every awkward size: a parser that keeps a promise to "need more"
 * gives the same result for all of them.
 */
export const chunkSizes = [1, 2, 3, 7, Infinity] as const

/** `bytes` in consecutive pieces of `size` bytes; one piece when `size` is Infinity. */
export function chunked(bytes: Uint8Array, size: number): Uint8Array[] {
  if (bytes.length === 0 || size >= bytes.length) return [bytes]
  const pieces: Uint8Array[] = []
  for (let start = 0; start < bytes.length; start += size) pieces.push(bytes.subarray(start, start + size))
  return pieces
}
