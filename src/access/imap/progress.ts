/**
 * Tells a client that waits how far its command has come.
 *
 * Standards: RFC 9585.
 */
import type { Output } from '../session/index.ts'

/** RFC 9585 §4: not so often that a client is swamped. Commands that are done before are not spoken of. */
const interval = 10_000

export class Progress {
  readonly #output: Output
  readonly #now: () => number
  readonly #tag: string
  #told: number
  #done = 0
  #goal: number | undefined

  constructor(output: Output, now: () => number, tag: string) {
    this.#output = output
    this.#now = now
    // A tag may have a bracket, which would end the response code.
    this.#tag = tag.includes(']') ? 'NIL' : `"${tag}"`
    this.#told = now()
  }

  /** The command is over when so much is done. To be said once: the goal does not change (RFC 9585 §4). */
  expect(goal: number): void {
    this.#goal = goal
  }

  /** On to the next one: what is done is less than the goal, always (RFC 9585 §4). */
  advance(): void {
    const done = this.#done++
    const now = this.#now()
    if (now - this.#told < interval) return
    this.#told = now
    this.#output.text(`* OK [INPROGRESS (${this.#tag} ${done} ${this.#goal ?? 'NIL'})] Still working\r\n`)
    this.#output.flush()
  }
}
