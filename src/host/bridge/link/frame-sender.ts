/**
 * The sender's half of the link: frames written in one turn of the event loop leave in one WebSocket message.
 *
 * A message costs each end about a tenth of a millisecond whatever it holds (a system call, a wake-up, an event in the
 * isolate), so a busy link is measured in messages, not in frames. Buffers are used again: memory outside the heap that is
 * allocated for each message makes the collector run over the whole heap every few hundred messages.
 *
 * Limits: a message holds 64 KiB of frames, or one larger frame. The receiver's views keep a whole message in memory as
 * long as one of its bodies is in use.
 */
import { frameBound, type FrameParts, writeFrame } from './frame.ts'

export const batchSize = 64 * 1024
/** Buffers kept for later: as many messages as a socket swallows in a turn. */
const mostSpare = 8

/** Sends one message. Its bytes are the sender's again once `sent` is called. */
export type SendMessage = (message: Uint8Array<ArrayBuffer>, sent: () => void) => void

export class FrameSender {
  readonly #send: SendMessage
  readonly #spare: Uint8Array<ArrayBuffer>[] = []
  #buffer: Uint8Array<ArrayBuffer> | undefined
  #used = 0

  constructor(send: SendMessage) {
    this.#send = send
  }

  /** Nothing waits for `flush`. */
  get empty(): boolean {
    return this.#used === 0
  }

  /** Writes a frame, its body copied, into the message under way; what does not fit goes before it. */
  write(frame: FrameParts): void {
    const bound = frameBound(frame)
    if (this.#used + bound > batchSize) this.flush()
    if (bound > batchSize) {
      const bytes = new Uint8Array(bound)
      this.#send(bytes.subarray(0, writeFrame(bytes, 0, frame)), () => {})
      return
    }
    this.#buffer ??= this.#spare.pop() ?? new Uint8Array(batchSize)
    this.#used = writeFrame(this.#buffer, this.#used, frame)
  }

  /** Sends what has been written, if anything. */
  flush(): void {
    const buffer = this.#buffer
    if (buffer === undefined) return
    const message = buffer.subarray(0, this.#used)
    this.#buffer = undefined
    this.#used = 0
    this.#send(message, () => {
      if (this.#spare.length < mostSpare) this.#spare.push(buffer)
    })
  }
}
