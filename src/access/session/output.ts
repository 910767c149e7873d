/**
 * The session's way out: gathers responses into pieces of a bounded size and knows how much the client has not read.
 */
import { writeLatin1 } from '../../format/index.ts'

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
  /** What waits to be sent, in order; behind it `#text`, to which more is added. */
  #queue: (string | Uint8Array)[] = []
  #text = ''
  /** Octets in both, and those of the queue's first entry that are sent already. */
  #queued = 0
  #offset = 0
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
    this.#queued += text.length
    if (this.#queued >= this.#piece) this.#handOut()
  }

  /**
   * Queues bytes, which must not change any more: bodies and the text between them share pieces, so that a socket sees few
   * sends.
   */
  bytes(bytes: Uint8Array): void {
    this.#endText()
    this.#queue.push(bytes)
    this.#queued += bytes.length
    if (this.#queued >= this.#piece) this.#handOut()
  }

  /** Hands out what is queued. */
  flush(): void {
    if (this.#queued > 0) this.#send(this.#take(this.#queued))
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

  #handOut(): void {
    while (this.#queued >= this.#piece) this.#send(this.#take(this.#piece))
  }

  #endText(): void {
    if (this.#text !== '') this.#queue.push(this.#text)
    this.#text = ''
  }

  /** The first octets of what is queued, in an array of just that size: the receiver owns what it is given. */
  #take(count: number): Uint8Array {
    this.#endText()
    const piece = new Uint8Array(count)
    let entries = 0
    for (let used = 0; used < count;) {
      const entry = this.#queue[entries] as string | Uint8Array
      const end = Math.min(entry.length, this.#offset + count - used)
      if (typeof entry === 'string') writeLatin1(entry.slice(this.#offset, end), piece, used)
      else piece.set(entry.subarray(this.#offset, end), used)
      used += end - this.#offset
      this.#offset = end
      if (end === entry.length) {
        entries++
        this.#offset = 0
      }
    }
    this.#queue.splice(0, entries)
    this.#queued -= count
    return piece
  }

  #send(bytes: Uint8Array): void {
    this.#unacknowledged += bytes.length
    this.#target.send(bytes)
  }
}
