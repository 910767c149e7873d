/**
 * Reads on what nobody wants, so that the answer arrives.
 *
 * A connection that is closed with unread data is reset, and a client that is still sending then sees the reset in place of
 * the answer: it would not learn what is wrong with its request, and try again.
 *
 * Standards: RFC 9112 §9.6 (a server that closes early reads on for a while), RFC 8620 §3.6.1 (the problem details to be seen).
 * Limits: octets and time, each far above what an honest client still has to send.
 * Security: anyone may send without end, also without credentials; nothing of it is kept.
 */
const MOST = 256 * 1024 * 1024
const PATIENCE_MS = 30_000

/** Takes in what is left of the body of a request that was answered without it. */
export async function drain(request: Request): Promise<void> {
  // Asked first, since asking for `body` makes a stream of it.
  if (!request.bodyUsed && request.body !== null) await drainReader(request.body.getReader())
}

/** The same for a body of which a part was read. */
export async function drainReader(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  const timer = setTimeout(() => void reader.cancel().catch(gone), PATIENCE_MS)
  try {
    for (let left = MOST; left > 0;) {
      const { done, value } = await reader.read()
      if (done) return
      left -= value.byteLength
    }
    await reader.cancel()
  } catch (error) {
    gone(error)
  } finally {
    clearTimeout(timer)
  }
}

/** The client hung up: then there is nobody to answer, and that is no fault of ours. */
function gone(error: unknown): void {
  if (!(error instanceof Error)) throw error
}
