/**
 * The session's way out: gathers responses into pieces of a bounded size and knows how much the client has not read.
 */
import { fromLatin1, writeLatin1 } from '../../format/index.ts'

/** Where a session's output goes; both must take what they are given without blocking. */
export interface SessionOutput {
  /** Protocol bytes for the client, in order. The receiver owns the array. */
  send(bytes: Uint8Array): void
  /** A word to the bridge, such as: `{close: true}`; `{hold: true}` and `{ahead: …}` are about answers sent ahead. */
  control(message: object): void
}

export interface SessionLog {
  /** A bug or a failure of ours, with what caused it. Never holds mail content. */
  error(message: string, cause?: unknown): void
}

export class Output {
  readonly #target: SessionOutput
  readonly #piece: number
  readonly #window: number
  /** Queued behind what is in the buffer. */
  #text = ''
  /** The piece being filled; each piece is a fresh array, since the receiver owns what it is given. */
  #buffer: Uint8Array | undefined
  #used = 0
  #unacknowledged = 0
  #waiting: (() => void) | undefined

  constructor(target: SessionOutput, options: { piece: number; window: number }) {
    this.#target = target
    this.#piece = options.piece
    this.#window = options.window
  }

  /** Queues latin1 text; full pieces go out at once. */
  text(text: string): void {
    this.#text += text
    if (this.#used + this.#text.length >= this.#piece) this.#encode()
  }

  /** Queues bytes, which are copied: bodies and the text between them share pieces, so that a socket sees few sends. */
  bytes(bytes: Uint8Array): void {
    this.#encode()
    for (let at = 0; at < bytes.length;) {
      const taken = Math.min(bytes.length - at, this.#piece - this.#used)
      this.#room().set(bytes.subarray(at, at + taken), this.#used)
      this.#fill(taken)
      at += taken
    }
  }

  /** Hands out what is queued. */
  flush(): void {
    if (this.#used === 0 && this.#text.length < this.#piece) {
      const text = this.#text
      this.#text = ''
      if (text !== '') this.#send(fromLatin1(text))
      return
    }
    this.#encode()
    if (this.#used > 0) this.#handOut()
  }

  control(message: object): void {
    this.flush()
    this.#target.control(message)
  }

  /** A control message that goes out in front of what is queued. */
  note(message: object): void {
    this.#target.control(message)
  }

  /** A control message and the bytes it speaks of, which are not for the client yet. They count as under way. */
  ahead(message: object, bytes: Uint8Array): void {
    this.control(message)
    this.#send(bytes)
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

  /** Moves the queued text into pieces. */
  #encode(): void {
    const text = this.#text
    this.#text = ''
    for (let at = 0; at < text.length;) {
      const taken = Math.min(text.length - at, this.#piece - this.#used)
      const part = taken === text.length ? text : text.slice(at, at + taken)
      writeLatin1(part, this.#room(), this.#used)
      this.#fill(taken)
      at += taken
    }
  }

  #room(): Uint8Array {
    return (this.#buffer ??= new Uint8Array(this.#piece))
  }

  #fill(count: number): void {
    this.#used += count
    if (this.#used === this.#piece) this.#handOut()
  }

  #handOut(): void {
    const bytes = this.#room().subarray(0, this.#used)
    this.#buffer = undefined
    this.#used = 0
    this.#send(bytes)
  }

  #send(bytes: Uint8Array): void {
    this.#unacknowledged += bytes.length
    this.#target.send(bytes)
  }
}
