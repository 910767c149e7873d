import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  batchSize,
  decodeFrames,
  encodeFrame,
  FrameAssembler,
  type Frame,
  FrameError,
  frameKind,
  FrameSender,
  maxBodyPart,
  nextFrameId,
  requestFrames,
} from '../../../src/host/bridge/link/index.ts'

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)
const roomy = { maxBody: 100_000_000, maxPending: 100_000_000 }

function decodeFrame(message: Uint8Array): Frame {
  const frames = decodeFrames(message)
  expect(frames.length).toBe(1)
  return frames[0] as Frame
}

/** What a sender sent, each message copied before its buffer is used again. */
function recorder() {
  const messages: Uint8Array[] = []
  const buffers = new Set<ArrayBuffer>()
  const sender = new FrameSender((message, sent) => {
    messages.push(message.slice())
    buffers.add(message.buffer)
    sent()
  })
  return { sender, messages, buffers }
}

function part(id: number): Frame {
  return decodeFrame(encodeFrame(id, frameKind.bodyPart, undefined, [new Uint8Array(10)]))
}

describe('a frame', () => {
  it('is id, kind, head length, body length, head, body', () => {
    expect(encodeFrame(258, frameKind.request, { a: 1 }, [bytes(7), bytes(8, 9)])).toEqual(
      bytes(0, 0, 1, 2, 1, 0, 0, 0, 7, 0, 0, 0, 3, ...Buffer.from('{"a":1}'), 7, 8, 9),
    )
  })

  it('reads back what was written', () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.jsonValue(), fc.array(fc.uint8Array()), (id, value, body) => {
        const head = JSON.parse(JSON.stringify(value)) as unknown
        const frame = decodeFrame(encodeFrame(id, frameKind.response, head, body))
        expect(frame.head).toEqual(head)
        expect(frame.id).toBe(id)
        expect(Buffer.from(frame.body).equals(Buffer.concat(body))).toBe(true)
      }),
    )
  })

  it.each([
    ['of no octets', bytes()],
    ['shorter than its prefix', bytes(0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0)],
    ['of an unknown kind', bytes(0, 0, 0, 1, 4, 0, 0, 0, 0, 0, 0, 0, 0)],
    ['with a head beyond its end', bytes(0, 0, 0, 1, 1, 0, 0, 0, 3, 0, 0, 0, 0, 0x7b, 0x7d)],
    ['with a body beyond its end', bytes(0, 0, 0, 1, 1, 0, 0, 0, 2, 0, 0, 0, 1, 0x7b, 0x7d)],
    ['with an enormous head', bytes(0, 0, 0, 1, 1, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0)],
    ['with a head that is not JSON', bytes(0, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0x7b)],
    ['with a head that is not UTF-8', bytes(0, 0, 0, 1, 1, 0, 0, 0, 3, 0, 0, 0, 0, 0x22, 0xff, 0x22)],
    ['of a body part with a head', bytes(0, 0, 0, 1, 2, 0, 0, 0, 2, 0, 0, 0, 0, 0x7b, 0x7d)],
    ['of a body part above 1 MiB', encodeFrame(1, frameKind.bodyPart, undefined, [new Uint8Array(maxBodyPart + 1)])],
    ['with octets after it', Buffer.concat([encodeFrame(1, frameKind.request, {}), bytes(0)])],
  ])('%s is refused', (_name, frame) => {
    expect(() => decodeFrame(frame)).toThrow(FrameError)
  })

  it('never throws anything but FrameError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (input) => {
        try {
          decodeFrames(input)
        } catch (error) {
          expect(error).toBeInstanceOf(FrameError)
        }
      }),
    )
  })

  it('has ids that wrap and skip 0', () => {
    expect(nextFrameId(0)).toBe(1)
    expect(nextFrameId(0xffffffff)).toBe(1)
  })
})

describe('a request', () => {
  it.each([0, 1, maxBodyPart - 1, maxBodyPart, maxBodyPart + 1, 3 * maxBodyPart, 3 * maxBodyPart + 17])(
    'with a body of %i octets comes out whole, in parts of at most 1 MiB',
    (size) => {
      const body = new Uint8Array(size).map((_, index) => index * 7)
      const third = Math.floor(size / 3)
      const frames = requestFrames(5, { op: 'x' }, [body.subarray(0, third), body.subarray(third)])
      expect(frames.length).toBe(Math.max(1, Math.ceil(size / maxBodyPart)))
      const { sender, messages } = recorder()
      for (const frame of frames) sender.write(frame)
      sender.flush()
      const assembler = new FrameAssembler(roomy)
      const results = messages.flatMap((message) => decodeFrames(message)).map((frame) => assembler.receive(frame))
      const last = results.pop()
      expect(results.every((result) => result === undefined)).toBe(true)
      expect(last).toMatchObject({ id: 5, head: { op: 'x' }, size })
      expect(Buffer.concat(last?.body ?? []).equals(body)).toBe(true)
      expect(assembler.pending).toBe(0)
    },
  )

  it('is put together from parts interleaved with other requests', () => {
    const assembler = new FrameAssembler(roomy)
    const give = (frame: Uint8Array) => assembler.receive(decodeFrame(frame))
    expect(give(encodeFrame(1, frameKind.bodyPart, undefined, [bytes(1)]))).toBeUndefined()
    expect(give(encodeFrame(2, frameKind.bodyPart, undefined, [bytes(2)]))).toBeUndefined()
    expect(Buffer.concat(give(encodeFrame(2, frameKind.request, {}, [bytes(3)]))?.body ?? [])).toEqual(Buffer.of(2, 3))
    expect(Buffer.concat(give(encodeFrame(1, frameKind.request, {}, []))?.body ?? [])).toEqual(Buffer.of(1))
  })

  it('may not grow past its limit, nor all unfinished ones past theirs', () => {
    const one = new FrameAssembler({ maxBody: 15, maxPending: 100 })
    one.receive(part(1))
    expect(() => one.receive(part(1))).toThrow(FrameError)
    const all = new FrameAssembler({ maxBody: 100, maxPending: 15 })
    all.receive(part(1))
    expect(() => all.receive(part(2))).toThrow(FrameError)
  })

  it('is not a response', () => {
    const assembler = new FrameAssembler(roomy)
    expect(() => assembler.receive(decodeFrame(encodeFrame(1, frameKind.response, {})))).toThrow(FrameError)
  })
})

describe('a sender', () => {
  it('sends all frames of a turn in one message, in order', () => {
    const { sender, messages } = recorder()
    for (let id = 1; id <= 32; id++) {
      for (const frame of requestFrames(id, { op: 'x', id }, [bytes(id), bytes(id, id)])) sender.write(frame)
    }
    expect([sender.empty, messages.length]).toEqual([false, 0])
    sender.flush()
    sender.flush()
    expect([sender.empty, messages.length]).toEqual([true, 1])
    const frames = decodeFrames(messages[0] as Uint8Array)
    expect(frames.map(({ id, head, body }) => [id, head, body.length])).toEqual(
      Array.from({ length: 32 }, (_, index) => [index + 1, { op: 'x', id: index + 1 }, 3]),
    )
  })

  it('fills messages of at most 64 KiB, gives a larger frame its own, and loses none', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3 * batchSize), { minLength: 1, maxLength: 12 }), (sizes) => {
        const { sender, messages } = recorder()
        for (const [index, size] of sizes.entries()) {
          for (const frame of requestFrames(index + 1, { size }, [new Uint8Array(size).fill(index)]))
            sender.write(frame)
        }
        sender.flush()
        const frames = messages.map((message) => decodeFrames(message))
        for (const [index, message] of messages.entries()) {
          expect(message.length <= batchSize || frames[index]?.length === 1).toBe(true)
        }
        expect(frames.flat().map(({ id, body }) => [id, body.length, body[0]])).toEqual(
          sizes.map((size, index) => [index + 1, size, size === 0 ? undefined : index]),
        )
      }),
      { numRuns: 30 },
    )
  })

  it('uses a buffer again once its message is gone, and not before', () => {
    const { sender, buffers } = recorder()
    for (let turn = 0; turn < 100; turn++) {
      for (const frame of requestFrames(1, {}, [new Uint8Array(4_096)])) sender.write(frame)
      sender.flush()
    }
    expect(buffers.size).toBe(1)
    const unsent: Uint8Array[] = []
    const slow = new FrameSender((message) => unsent.push(message))
    for (let turn = 0; turn < 3; turn++) {
      for (const frame of requestFrames(turn + 1, {}, [])) slow.write(frame)
      slow.flush()
    }
    expect(unsent.flatMap((message) => decodeFrames(message)).map(({ id }) => id)).toEqual([1, 2, 3])
  })
})
