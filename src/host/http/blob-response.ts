/**
 * A blob as the answer to a GET or HEAD: whole or a range, at once or in strides.
 *
 * Standards: RFC 8620 §6.2; RFC 9110 §13, §14, §15.3.7 (206), §15.5.17 (416).
 * Limits: one stride of a large blob is in memory at a time.
 */
import { type Download, downloadHeaders } from '../../access/jmap/index.ts'
import { type ByteRange, conditionsOf, evaluate, rangeOf } from './byte-range.ts'
import { problem } from './problem.ts'

/** Each stride of a blob in R2 costs a GET, and each of one in SQLite reads its rows anew. */
const STRIDE = 4 * 1024 * 1024

export interface BlobNames {
  readonly blobId: string
  /** Percent-decoded, from the client. */
  readonly name: string
  /** The media type that the client wants, percent-decoded. */
  readonly type: string | undefined
}

/**
 * A blob never changes, so its id is its entity tag. Throws what `Download.slice` throws before anything is answered; what
 * goes wrong later is told to `onFault`, and ends the answer short of the length it has told.
 */
export async function blobResponse(
  request: Request,
  blob: Download,
  names: BlobNames,
  onFault: (error: unknown) => void,
): Promise<Response> {
  const { size } = blob
  const etag = `"${names.blobId}"`
  const headers = { ...downloadHeaders(names.name, names.type, blob.type), 'accept-ranges': 'bytes', etag }
  const conditions = conditionsOf(request.headers)
  const verdict = evaluate(conditions, etag)
  if (verdict === 'failed') return problem(412, 'Precondition Failed', 'the blob has another entity tag')
  if (verdict === 'not modified') return new Response(null, { status: 304, headers })
  // RFC 9110 §14.2: Range means something in a GET only.
  if (request.method === 'HEAD') return new Response(null, { headers: { ...headers, 'content-length': String(size) } })
  const range = rangeOf(request.headers.get('Range'), conditions.ifRange, size, etag)
  if (range === 'unsatisfiable') {
    const detail = `the blob has ${size} octets`
    const facts = { 'Accept-Ranges': 'bytes', 'Content-Range': `bytes */${size}` }
    return problem(416, 'Range Not Satisfiable', detail, facts)
  }
  const octets = range ?? { start: 0, end: size }
  const body = await bodyOf(blob, octets, onFault)
  if (body === undefined) return problem(404, 'Not Found', 'there is no such blob')
  if (range === undefined) return new Response(body, { headers })
  const contentRange = `bytes ${range.start}-${range.end - 1}/${size}`
  return new Response(body, { status: 206, headers: { ...headers, 'content-range': contentRange } })
}

/** The octets, or a stream of them whose length HTTP can tell beforehand. */
async function bodyOf(
  blob: Download,
  { start, end }: ByteRange,
  onFault: (error: unknown) => void,
): Promise<Uint8Array | ReadableStream | undefined> {
  const first = await blob.slice(start, Math.min(start + STRIDE, end))
  if (first === undefined || end - start <= STRIDE) return first
  const { readable, writable } = new FixedLengthStream(end - start)
  let at = start + first.length
  const rest = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(first),
    async pull(controller) {
      if (at >= end) return controller.close()
      try {
        const next = await blob.slice(at, Math.min(at + STRIDE, end))
        if (next === undefined) return controller.error(new Error('the blob was destroyed while it was sent'))
        at += next.length
        controller.enqueue(next)
      } catch (error) {
        onFault(error)
        controller.error(error)
      }
    },
  })
  // Either the source has failed, which ends `readable` too and has been told, or the client has gone.
  rest.pipeTo(writable).catch(() => undefined)
  return readable
}
