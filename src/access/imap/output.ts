/**
 * The session's way out: gathers responses into pieces of a bounded size and knows how much the client has not read.
 */
import { encodeLatin1 } from '../../protocol/imap/index.ts'

/** Where a session's output goes; both must take what they are given without blocking. */
export interface ImapOutput {
  /** Protocol bytes for the client, in order. The receiver owns the array. */
  send(bytes: Uint8Array): void
  /** A word to the bridge: `{close: true}`. */
  control(message: object): void
}

export interface ImapLog {
  /** A bug or a failure of ours, with what caused it. Never holds mail content. */
  error(message: string, cause?: unknown): void
}

export class Output {
  readonly #target: ImapOutput
  readonly #piece: number
  readonly #window: number
  #text = ''
  #unacknowledged = 0
  #waiting: (() => void) | undefined

  constructor(target: ImapOutput, options: { piece: number; window: number }) {
    this.#target = target
    this.#piece = options.piece
    this.#window = options.window
  }

  /** Queues latin1 text; a full piece goes out at once. */
  text(text: string): void {
    this.#text += text
    if (this.#text.length >= this.#piece) this.flush()
  }

  /** Queues bytes: short ones join the text, long ones go out as pieces of their own, not copied before. */
  bytes(bytes: Uint8Array): void {
    this.flush()
    for (let start = 0; start < bytes.length; start += this.#piece) {
      this.#send(bytes.slice(start, start + this.#piece))
    }
  }

  /** Hands out what is queued. */
  flush(): void {
    const text = this.#text
    if (text === '') return
    this.#text = ''
    if (text.length <= 2 * this.#piece) return this.#send(encodeLatin1(text))
    for (let start = 0; start < text.length; start += this.#piece) {
      this.#send(encodeLatin1(text.slice(start, start + this.#piece)))
    }
  }

  control(message: object): void {
    this.flush()
    this.#target.control(message)
  }

  /** The client has not read enough of what it was sent: wait for `drained` before making more. */
  get congested(): boolean {
    return this.#unacknowledged > this.#window
  }

  /** Resolves when the client has caught up. One waiter at a time: commands run one after the other. */
  drained(): Promise<void> {
    if (!this.congested) return Promise.resolve()
    return new Promise((resolve) => {
      this.#waiting = resolve
    })
  }

  /** `count` more octets have reached the client. */
  acknowledge(count: number): void {
    // A session that was resumed has forgotten what was under way when it slept.
    this.#unacknowledged = Math.max(0, this.#unacknowledged - count)
    if (this.congested || this.#waiting === undefined) return
    const resume = this.#waiting
    this.#waiting = undefined
    resume()
  }

  #send(bytes: Uint8Array): void {
    this.#unacknowledged += bytes.length
    this.#target.send(bytes)
  }
}
