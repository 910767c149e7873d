/**
 * The frames of the link between a bridge and the Worker: pure bytes, shared by both ends.
 *
 * One WebSocket message is one frame or several, one after the other:
 * `u32 BE request id | u8 kind | u32 BE head length | u32 BE body length | head JSON (UTF-8) | body bytes`.
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
  /** A view into the message's bytes, not a copy. */
  readonly body: Uint8Array
}

/** What a peer sent is not a frame: the link is broken and must be closed. */
export class FrameError extends Error {
  override readonly name = 'FrameError'
}

const prefixLength = 13
export const maxBodyPart = 1024 * 1024
const maxHead = 1024 * 1024
const largestId = 0xffffffff

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/** A frame that is still to be written: its head as JSON text, its body in pieces. */
export interface FrameParts {
  readonly id: number
  readonly kind: FrameKind
  /** '' for a body part. */
  readonly json: string
  readonly body: readonly Uint8Array[]
}

/** The most octets the frame can take: a character of its head has at most three in UTF-8. */
export function frameBound({ json, body }: FrameParts): number {
  return prefixLength + json.length * 3 + sizeOf(body)
}

/** Writes the frame at `offset`, where `frameBound` octets are free; copies its body exactly once. Gives the end. */
export function writeFrame(
  target: Uint8Array<ArrayBuffer>,
  offset: number,
  { id, kind, json, body }: FrameParts,
): number {
  let end = offset + prefixLength
  const headLength = json === '' ? 0 : encoder.encodeInto(json, target.subarray(end)).written
  end += headLength
  for (const piece of body) {
    target.set(piece, end)
    end += piece.length
  }
  writeU32(target, offset, id)
  target[offset + 4] = kind
  writeU32(target, offset + 5, headLength)
  writeU32(target, offset + 9, end - offset - prefixLength - headLength)
  return end
}

/** One frame's bytes. */
export function encodeFrame(
  id: number,
  kind: FrameKind,
  head?: unknown,
  body: readonly Uint8Array[] = [],
): Uint8Array<ArrayBuffer> {
  const frame = { id, kind, json: head === undefined ? '' : JSON.stringify(head), body }
  const bytes = new Uint8Array(frameBound(frame))
  return bytes.subarray(0, writeFrame(bytes, 0, frame))
}

/**
 * A request as the frames to write in order: body parts of at most `maxBodyPart`, then the request with the rest of the
 * body. A small message is exactly one frame.
 */
export function requestFrames(id: number, head: unknown, body: readonly Uint8Array[] = []): FrameParts[] {
  const json = JSON.stringify(head)
  if (sizeOf(body) <= maxBodyPart) return [{ id, kind: frameKind.request, json, body }]
  const frames: FrameParts[] = []
  let pieces: Uint8Array[] = []
  let size = 0
  for (const piece of body) {
    let rest = piece
    while (size + rest.length > maxBodyPart) {
      const room = maxBodyPart - size
      pieces.push(rest.subarray(0, room))
      frames.push({ id, kind: frameKind.bodyPart, json: '', body: pieces })
      rest = rest.subarray(room)
      pieces = []
      size = 0
    }
    pieces.push(rest)
    size += rest.length
  }
  frames.push({ id, kind: frameKind.request, json, body: pieces })
  return frames
}

/** Reads all frames of a message; throws `FrameError` for anything that is not exactly one frame or several. */
export function decodeFrames(message: Uint8Array): Frame[] {
  const frames: Frame[] = []
  let offset = 0
  do {
    const start = offset + prefixLength
    if (start > message.length) throw new FrameError('frame is shorter than its prefix')
    const kind = message[offset + 4] as number
    if (kind !== frameKind.request && kind !== frameKind.bodyPart && kind !== frameKind.response) {
      throw new FrameError(`frame kind ${kind} is unknown`)
    }
    const headEnd = start + readU32(message, offset + 5)
    const end = headEnd + readU32(message, offset + 9)
    if (headEnd - start > maxHead) throw new FrameError('frame head is too long')
    if (end > message.length) throw new FrameError('frame is cut short')
    if (end - headEnd > maxBodyPart) throw new FrameError('frame body is too long')
    if (kind === frameKind.bodyPart && headEnd !== start) throw new FrameError('a body part has no head')
    const head = kind === frameKind.bodyPart ? undefined : parseHead(message.subarray(start, headEnd))
    frames.push({ id: readU32(message, offset), kind, head, body: message.subarray(headEnd, end) })
    offset = end
  } while (offset < message.length)
  return frames
}

function parseHead(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes))
  } catch (cause) {
    throw new FrameError('frame head is not JSON', { cause })
  }
}

function sizeOf(pieces: readonly Uint8Array[]): number {
  let size = 0
  for (const piece of pieces) size += piece.length
  return size
}

function readU32(bytes: Uint8Array, at: number): number {
  const high = ((bytes[at] as number) << 8) | (bytes[at + 1] as number)
  const low = ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number)
  return high * 0x10000 + low
}

function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24
  bytes[at + 1] = value >>> 16
  bytes[at + 2] = value >>> 8
  bytes[at + 3] = value
}

/** The id after `id`, wrapping within 32 bits; 0 is never used. */
export function nextFrameId(id: number): number {
  return id >= largestId ? 1 : id + 1
}
