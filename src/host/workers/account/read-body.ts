/**
 * Reads a request's body whole, up to a limit.
 */
import { concat } from '../../../format/index.ts'

export class TooLong extends Error {
  override readonly name = 'TooLong'
}

/** Throws `TooLong` as soon as more than `most` bytes have come. */
export async function readBody(request: Request, most: number): Promise<Uint8Array> {
  if (request.body === null) return new Uint8Array(0)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > most) throw new TooLong(`at most ${most} bytes are taken here`)
    chunks.push(chunk)
  }
  return chunks.length === 1 ? (chunks[0] as Uint8Array) : concat(chunks)
}
