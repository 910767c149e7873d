/**
 * Reads a request's body whole, up to a limit.
 */
import { concat } from '../../../format/index.ts'

/** A body above one of the limits that JMAP's session object tells (RFC 8620 §2). */
export type BodyLimit = 'maxSizeRequest' | 'maxSizeUpload'

export class TooLong extends Error {
  override readonly name = 'TooLong'
  readonly limit: BodyLimit
  readonly most: number

  constructor(limit: BodyLimit, most: number) {
    super(`${limit} is ${most}`)
    this.limit = limit
    this.most = most
  }
}

/** Throws `TooLong` as soon as more bytes have come than the limit allows. */
export async function readBody(request: Request, limit: BodyLimit, most: number): Promise<Uint8Array> {
  if (request.body === null) return new Uint8Array(0)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > most) throw new TooLong(limit, most)
    chunks.push(chunk)
  }
  return chunks.length === 1 ? (chunks[0] as Uint8Array) : concat(chunks)
}
