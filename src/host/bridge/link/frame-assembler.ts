/** The receiver's half of the link: requests out of frames, with a bound on what unfinished ones hold. */
import { type Frame, FrameError, frameKind } from './frame.ts'

export interface AssembledRequest {
  readonly id: number
  readonly head: unknown
  /** The whole body in its pieces, in order; views into the frames received. */
  readonly body: readonly Uint8Array[]
  readonly size: number
}

/**
 * The receiver's half: collects body parts until their request frame comes. Throws `FrameError` when one request's body,
 * or all unfinished ones together, grow past their limits: a peer that does so is broken, not slow.
 */
export class FrameAssembler {
  readonly #parts = new Map<number, { pieces: Uint8Array[]; size: number }>()
  readonly #limits: { readonly maxBody: number; readonly maxPending: number }
  #pending = 0

  constructor(limits: { readonly maxBody: number; readonly maxPending: number }) {
    this.#limits = limits
  }

  /** Bytes held for requests that are not complete. */
  get pending(): number {
    return this.#pending
  }

  /** Takes a `request` or `bodyPart` frame; gives the request when it is complete. */
  receive(frame: Frame): AssembledRequest | undefined {
    if (frame.kind === frameKind.response) throw new FrameError('a response where a request belongs')
    const held = this.#parts.get(frame.id)
    const size = (held?.size ?? 0) + frame.body.length
    if (size > this.#limits.maxBody) throw new FrameError('request body is too long')
    if (frame.kind === frameKind.bodyPart) {
      this.#pending += frame.body.length
      if (this.#pending > this.#limits.maxPending) throw new FrameError('too many unfinished request bodies')
      if (held === undefined) this.#parts.set(frame.id, { pieces: [frame.body], size })
      else {
        held.pieces.push(frame.body)
        held.size = size
      }
      return undefined
    }
    if (held === undefined) return { id: frame.id, head: frame.head, body: [frame.body], size }
    this.#parts.delete(frame.id)
    this.#pending -= held.size
    return { id: frame.id, head: frame.head, body: [...held.pieces, frame.body], size }
  }
}
