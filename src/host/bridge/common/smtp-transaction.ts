/**
 * One mail transaction at the bridge: its id and the content gathered so far, counted in the shared budget.
 */

import type { Reply } from '../../../protocol/smtp/index.ts'
import { Content, type ContentBudget } from './content.ts'

export const localProblem: Reply = {
  code: 451,
  enhanced: '4.3.0',
  text: 'Temporary local problem, please try again later',
}
export const systemFull: Reply = { code: 452, enhanced: '4.3.1', text: 'Too much mail at once, please try again later' }

/** What the slowest line brings in a minute; RFC 5321 §4.5.3.2.5 means buffers by "data block". */
const leastPiece = 1024

export class SmtpTransaction {
  /** In the trace header and in the log. */
  readonly id: string
  readonly #budget: ContentBudget
  readonly #content = new Content()
  #held = 0
  #overflowed = false
  /** Time of `performance.now()` by which the content must be complete. */
  contentBy = Infinity
  /** 354 was given and the content has not ended. */
  receiving = false
  #arrived = 0
  #pieceBy: number | undefined

  constructor(id: string, budget: ContentBudget) {
    this.id = id
    this.#budget = budget
  }

  /** The budget was used up on the way: nothing is kept, the answer is 452. */
  get overflowed(): boolean {
    return this.#overflowed
  }

  /** The answer to DATA, or to the first chunk of BDAT: the content has `messageMs` from there to its end. */
  begin(messageMs: number): Reply {
    if (this.#budget.exhausted) return systemFull
    this.receiving = true
    // BDAT comes here with every chunk: the time runs from the first.
    this.contentBy = Math.min(this.contentBy, performance.now() + messageMs)
    return { code: 354, text: 'Start mail input; end with <CRLF>.<CRLF>' }
  }

  /** So many octets came from the client. */
  progressed(octets: number): void {
    this.#arrived += octets
  }

  /** The time by which a piece of content is to be there, which octets that come one by one do not put off. */
  pieceBy(now: number, contentMs: number): number {
    if (this.#arrived >= leastPiece) this.rest()
    return (this.#pieceBy ??= now + contentMs)
  }

  /** The time for a piece begins anew: so far the silence was ours. */
  rest(): void {
    this.#arrived = 0
    this.#pieceBy = undefined
  }

  gather(chunk: Uint8Array): void {
    if (this.#overflowed) return
    if (!this.#budget.hold(chunk.length)) {
      // Read on to the end, since that is where the answer belongs, but keep nothing.
      this.release()
      this.#overflowed = true
      return
    }
    this.#held += chunk.length
    this.#content.append(chunk)
  }

  /** The content in its pieces. They stay counted until `release`. */
  take(): Uint8Array[] {
    return this.#content.take()
  }

  /** Forgets the content and gives its octets back to the budget; may be called again. */
  release(): void {
    this.#content.take()
    this.#budget.free(this.#held)
    this.#held = 0
  }
}
