/**
 * Why a request did not reach its host, in words for people. workerd calls it an internal error of its own when nobody can be
 * connected to, with a reference into its log, and that would stand in reports to senders.
 */
export function networkFault(error: unknown): Error {
  const text = error instanceof Error ? error.message : String(error)
  return new Error(/^internal error\b/.test(text) ? 'no connection' : text, { cause: error })
}
