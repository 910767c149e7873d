/**
 * The frames of a visit's stream: `u8 kind | u32 length, big endian | payload`. Octets first, the answer at the end.
 */
export type VisitFrameKind = 'octets' | 'answer'

const kinds: readonly VisitFrameKind[] = ['octets', 'answer']
const headSize = 5

export function visitFrame(kind: VisitFrameKind, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(headSize + payload.length)
  head(frame, kind, payload.length)
  frame.set(payload, headSize)
  return frame
}

/** One frame of octets in two pieces, without a copy. */
export function frames(octets: Uint8Array): Uint8Array[] {
  const first = new Uint8Array(headSize)
  head(first, 'octets', octets.length)
  return [first, octets]
}

function head(into: Uint8Array, kind: VisitFrameKind, length: number): void {
  const view = new DataView(into.buffer)
  view.setUint8(0, kinds.indexOf(kind))
  view.setUint32(1, length)
}

/**
 * Gives octets to `receive` as they come, and returns the answer. Throws when the stream ends without one.
 */
export async function readVisit(
  stream: ReadableStream<Uint8Array>,
  receive: (octets: Uint8Array) => Promise<void> | void,
): Promise<string> {
  let kind: VisitFrameKind | undefined
  let left = 0
  let held = new Uint8Array()
  const answer: Uint8Array[] = []
  for await (const chunk of stream) {
    let at = 0
    while (at < chunk.length) {
      if (kind === undefined || left === 0) {
        const more = chunk.subarray(at, at + headSize - held.length)
        at += more.length
        held = joined(held, more)
        if (held.length < headSize) continue
        kind = kinds[held[0] as number]
        left = new DataView(held.buffer).getUint32(1)
        held = new Uint8Array()
        continue
      }
      const payload = chunk.subarray(at, at + left)
      at += payload.length
      left -= payload.length
      if (kind === 'answer') answer.push(payload)
      else await receive(payload)
    }
  }
  if (answer.length === 0 || left > 0) throw new Error('a visit ended without an answer')
  return new Blob(answer.map((piece) => piece.slice())).text()
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}
