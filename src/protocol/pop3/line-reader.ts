/**
 * Cuts what a client sends into lines.
 *
 * Standards: RFC 1939 §3, RFC 2449 §4 (a command line has at most 255 octets; answers to AUTH may be longer, RFC 5034 §4).
 * Limits: `LineLimits`. Security: fed by the network, before and after authentication. A bare LF ends a line like CRLF:
 *   no line carries content, so nothing can be hidden from one reader and shown to another.
 */
import { concat, latin1 } from '../../format/index.ts'

export interface LineLimits {
  /** Octets of a line without its end. */
  readonly line: number
  /** Octets that may wait while a command is in progress: pipelined commands. */
  readonly pending: number
}

export type Line = { readonly type: 'line'; readonly text: string } | { readonly type: 'too-long' }

const LF = 10
const CR = 13

export class LineReader {
  readonly #limits: LineLimits
  #bytes: Uint8Array = new Uint8Array(0)
  #at = 0

  constructor(limits: LineLimits) {
    this.#limits = limits
  }

  receive(chunk: Uint8Array): void {
    this.#bytes = this.empty ? chunk : concat([this.#bytes.subarray(this.#at), chunk])
    this.#at = 0
  }

  /** The next line as latin1 of its octets, without its end; undefined: need more. `too-long` is final. */
  next(): Line | undefined {
    const { line } = this.#limits
    const end = this.#bytes.indexOf(LF, this.#at)
    const last = end < 0 ? this.#bytes.length : end > this.#at && this.#bytes[end - 1] === CR ? end - 1 : end
    // An unfinished line may end in the CR of its own end.
    if (last - this.#at > (end < 0 ? line + 1 : line)) return { type: 'too-long' }
    if (end < 0) return undefined
    const text = latin1(this.#bytes, this.#at, last)
    this.#at = end + 1
    return { type: 'line', text }
  }

  /** Nothing is waiting: the last line was taken whole. */
  get empty(): boolean {
    return this.#at >= this.#bytes.length
  }

  /** More is waiting than may: the client does not care for the answers. */
  get overrun(): boolean {
    return this.#bytes.length - this.#at > this.#limits.pending
  }

  /** All that was received and not taken; the reader is empty then. */
  takeRest(): Uint8Array {
    const rest = this.#bytes.slice(this.#at)
    this.reset()
    return rest
  }

  /** What waits, as latin1 for a saved state; undefined when that is more than `limit` octets. */
  snapshot(limit: number): string | undefined {
    const length = this.#bytes.length - this.#at
    return length > limit ? undefined : latin1(this.#bytes, this.#at)
  }

  reset(): void {
    this.#bytes = new Uint8Array(0)
    this.#at = 0
  }
}
