/**
 * The frames of the link between a bridge and the Worker: pure bytes, shared by both ends.
 *
 * One WebSocket message is one frame:
 * `u32 BE request id | u8 kind | u32 BE head length | head JSON (UTF-8) | body bytes`.
 * A request whose body is larger than one part sends `bodyPart` frames with its id first and the `request` frame last,
 * so that the receiver starts work on one event and never waits for a body. Answers come in any order.
 *
 * Limits: a head is at most 1 MiB, a body part at most 1 MiB; `FrameAssembler` bounds what unfinished requests hold.
 * Security: both ends hold the shared secret, but heads carry what SMTP clients said: everything is checked as bytes.
 */

export const frameKind = { request: 1, bodyPart: 2, response: 3 } as const
export type FrameKind = (typeof frameKind)[keyof typeof frameKind]

export interface Frame {
  readonly id: number
  readonly kind: FrameKind
  /** The head's JSON value; undefined for a body part. */
  readonly head: unknown
  /** A view into the frame's bytes, not a copy. */
  readonly body: Uint8Array
}

/** What a peer sent is not a frame: the link is broken and must be closed. */
export class FrameError extends Error {
  override readonly name = 'FrameError'
}

const prefixLength = 9
export const maxBodyPart = 1024 * 1024
const maxHead = 1024 * 1024
const largestId = 0xffffffff

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/** One frame's bytes. `body` may be in pieces: they are copied exactly once, into the result. */
export function encodeFrame(
  id: number,
  kind: FrameKind,
  head?: unknown,
  body: readonly Uint8Array[] = [],
): Uint8Array<ArrayBuffer> {
  const headBytes = head === undefined ? undefined : encoder.encode(JSON.stringify(head))
  const headLength = headBytes?.length ?? 0
  let length = prefixLength + headLength
  for (const piece of body) length += piece.length
  const bytes = new Uint8Array(length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, id)
  view.setUint8(4, kind)
  view.setUint32(5, headLength)
  if (headBytes !== undefined) bytes.set(headBytes, prefixLength)
  let offset = prefixLength + headLength
  for (const piece of body) {
    bytes.set(piece, offset)
    offset += piece.length
  }
  return bytes
}

/**
 * A request as the frames to send in order: body parts of at most `maxBodyPart`, then the request with the rest of the
 * body. A small message is exactly one frame.
 */
export function encodeRequest(id: number, head: unknown, body: readonly Uint8Array[] = []): Uint8Array<ArrayBuffer>[] {
  const frames: Uint8Array<ArrayBuffer>[] = []
  let pieces: Uint8Array[] = []
  let size = 0
  for (const piece of body) {
    let rest = piece
    while (size + rest.length > maxBodyPart) {
      const room = maxBodyPart - size
      pieces.push(rest.subarray(0, room))
      frames.push(encodeFrame(id, frameKind.bodyPart, undefined, pieces))
      rest = rest.subarray(room)
      pieces = []
      size = 0
    }
    pieces.push(rest)
    size += rest.length
  }
  frames.push(encodeFrame(id, frameKind.request, head, pieces))
  return frames
}

/** Reads one frame; throws `FrameError` for anything that is not exactly one. */
export function decodeFrame(bytes: Uint8Array): Frame {
  if (bytes.length < prefixLength) throw new FrameError('frame is shorter than its prefix')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const id = view.getUint32(0)
  const kind = view.getUint8(4)
  const headLength = view.getUint32(5)
  if (kind !== frameKind.request && kind !== frameKind.bodyPart && kind !== frameKind.response) {
    throw new FrameError(`frame kind ${kind} is unknown`)
  }
  if (headLength > maxHead || prefixLength + headLength > bytes.length) throw new FrameError('frame head is too long')
  const body = bytes.subarray(prefixLength + headLength)
  if (kind === frameKind.bodyPart) {
    if (headLength !== 0) throw new FrameError('a body part has no head')
    if (body.length > maxBodyPart) throw new FrameError('body part is too long')
    return { id, kind, head: undefined, body }
  }
  return { id, kind, head: parseHead(bytes.subarray(prefixLength, prefixLength + headLength)), body }
}

function parseHead(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes))
  } catch (cause) {
    throw new FrameError('frame head is not JSON', { cause })
  }
}

/** The id after `id`, wrapping within 32 bits; 0 is never used. */
export function nextFrameId(id: number): number {
  return id >= largestId ? 1 : id + 1
}

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
