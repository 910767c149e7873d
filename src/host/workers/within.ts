/**
 * A time within which something is to be done, given back as soon as it is done.
 *
 * Limits: what runs may have 10,000 timers, and one of `AbortSignal.timeout` counts until it rings, however soon its work was
 * over: a queue that sends a dozen messages a second would have none left after a quarter of an hour.
 */

/** `signal` is aborted when the time is over, or when `also` is. */
export async function within<T>(
  milliseconds: number,
  work: (signal: AbortSignal) => Promise<T>,
  also?: AbortSignal,
): Promise<T> {
  const late = new AbortController()
  const timer = setTimeout(
    () => late.abort(new DOMException('There was no answer in time', 'TimeoutError')),
    milliseconds,
  )
  try {
    return await work(also === undefined ? late.signal : AbortSignal.any([also, late.signal]))
  } finally {
    clearTimeout(timer)
  }
}
