/**
 * What the host passes on to clients over HTTP.
 *
 * Standards: RFC 8620 §3.4, §6.
 */

/** An HTTP answer for the host to pass on. */
export interface JmapResponse {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

/** A blob to be read in pieces; immutable, so it may be cached for ever (RFC 8620 §6.2). */
export interface Download {
  readonly type: string
  readonly size: number
  /**
   * Octets `start` to before `end`, both within `size`; undefined when the blob has been destroyed meanwhile. Throws
   * `unavailable`.
   */
  slice(start: number, end: number): Promise<Uint8Array | undefined>
}
