/**
 * Reads a request's body whole, up to a limit.
 */
import { concat } from '../../../format/index.ts'
import { drainReader } from '../../http/index.ts'

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

/** Throws `TooLong` when more bytes come than the limit allows; the rest is taken in, so that the client hears of it. */
export async function readBody(request: Request, limit: BodyLimit, most: number): Promise<Uint8Array> {
  if (request.body === null) return new Uint8Array(0)
  const reader = request.body.getReader() as ReadableStreamDefaultReader<Uint8Array>
  const chunks: Uint8Array[] = []
  let size = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return chunks.length === 1 ? (chunks[0] as Uint8Array) : concat(chunks)
    size += value.length
    if (size > most) break
    chunks.push(value)
  }
  await drainReader(reader)
  throw new TooLong(limit, most)
}
