import zlib from 'node:zlib'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { CompressedSocket } from '../../../src/host/bridge/common/compressed-socket.ts'
import type { Socket, SocketEvents } from '../../../src/host/bridge/common/socket.ts'
import { chunked, chunkSizes } from '../../chunked.ts'

const sync = { finishFlush: zlib.constants.Z_SYNC_FLUSH }

/** A socket in memory: keeps what is written, and hears what the test says. */
class Wire {
  readonly written: Uint8Array[] = []
  ended = false
  destroyed = false
  paused = false
  events: SocketEvents | undefined
  #changed: () => void = () => {}

  readonly socket = {
    remote: { address: '192.0.2.1', port: 1 },
    local: { address: '192.0.2.2', port: 143 },
    tls: undefined,
    backlog: 0,
    channelBinding: () => undefined,
    handle: (events: SocketEvents) => void (this.events = events),
    pause: () => void (this.paused = true),
    resume: () => void (this.paused = false),
    write: (bytes: Uint8Array, written?: () => void) => {
      this.written.push(bytes)
      written?.()
      this.#changed()
      return true
    },
    end: () => {
      this.ended = true
      this.#changed()
    },
    destroy: () => {
      this.destroyed = true
      this.events?.close(undefined)
    },
  } as unknown as Socket

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => (this.#changed = resolve))
  }

  inflated(): string {
    return zlib.inflateRawSync(Buffer.concat(this.written), sync).toString('latin1')
  }
}

function opened(data: (chunk: Uint8Array) => void = () => {}) {
  const wire = new Wire()
  const socket = new CompressedSocket(wire.socket)
  const seen = { drains: 0, ended: false, closed: false }
  socket.handle({
    data,
    end: () => (seen.ended = true),
    drain: () => seen.drains++,
    close: () => (seen.closed = true),
  })
  return { wire, socket, seen }
}

test('pieces of any size arrive as one stream, each whole as soon as it is written (RFC 4978)', async () => {
  const size = fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 10_000, max: 100_000 }))
  await fc.assert(
    fc.asyncProperty(fc.array(size, { minLength: 1, maxLength: 12 }), async (sizes) => {
      const { wire, socket } = opened()
      const pieces = sizes.map((length, at) => `${at} `.repeat(length).slice(0, length))
      let taken = 0
      for (const piece of pieces) socket.write(Buffer.from(piece), () => taken++)
      await wire.until(() => taken === pieces.length)
      expect(wire.inflated()).toBe(pieces.join(''))
    }),
    { numRuns: 30 },
  )
})

test('the end comes behind all that was written', async () => {
  const { wire, socket } = opened()
  const large = 'large '.repeat(100_000)
  socket.write(Buffer.from(large))
  socket.write(Buffer.from('* BYE\r\n'))
  socket.end()
  expect(wire.ended).toBe(false)
  await wire.until(() => wire.ended)
  expect(wire.inflated()).toBe(`${large}* BYE\r\n`)
})

test('a piece that repeats what was just said costs next to nothing', () => {
  const { wire, socket } = opened()
  const line = Buffer.from('* 17 FETCH (UID 4711 FLAGS (\\Seen \\Answered $Forwarded) MODSEQ (123456789))\r\n')
  socket.write(line)
  socket.write(line)
  expect(wire.written[1]?.length).toBeLessThan(20)
  expect(wire.inflated()).toBe(line.toString().repeat(2))
})

test('who writes more than goes out is told so, and when there is room again', async () => {
  const { wire, socket, seen } = opened()
  expect(socket.write(Buffer.alloc(100_000, 'x'))).toBe(false)
  expect(socket.backlog).toBe(100_000)
  await wire.until(() => socket.backlog === 0 && seen.drains === 1)
})

test.each(chunkSizes)('takes the client’s stream in chunks of %s', async (size) => {
  const text = 'a1 NOOP\r\na2 IDLE\r\n'
  const packed = zlib.deflateRawSync(text, sync)
  let received = ''
  await new Promise<void>((resolve) => {
    const { wire } = opened((chunk) => {
      received += Buffer.from(chunk).toString()
      if (received.length >= text.length) resolve()
    })
    for (const chunk of chunked(packed, size)) wire.events?.data(chunk)
  })
  expect(received).toBe(text)
})

test('a bomb is inflated no faster than it is taken', async () => {
  const total = 24 * 1024 * 1024
  const bomb = zlib.deflateRawSync(Buffer.alloc(total), sync)
  let received = 0
  let held = false
  await new Promise<void>((resolve, reject) => {
    const { wire, socket } = opened((chunk) => {
      if (held) reject(new Error('data while nobody takes it'))
      received += chunk.length
      if (received >= total) return resolve()
      held = true
      socket.pause()
      setImmediate(() => {
        held = false
        socket.resume()
      })
    })
    for (const chunk of chunked(bomb, 4096)) wire.events?.data(chunk)
    expect(wire.paused).toBe(true)
  })
  expect(received).toBe(total)
})

test('a stream that is none ends the connection', async () => {
  const wire = new Wire()
  const socket = new CompressedSocket(wire.socket)
  const closed = new Promise<void>((resolve) => {
    socket.handle({ data: () => {}, end: () => {}, close: () => resolve() })
  })
  wire.events?.data(Buffer.alloc(100, 0xff))
  await closed
  expect(wire.destroyed).toBe(true)
})

test('a client that has closed its side is heard to the end', async () => {
  let received = ''
  await new Promise<void>((resolve) => {
    const wire = new Wire()
    new CompressedSocket(wire.socket).handle({
      data: (chunk) => (received += Buffer.from(chunk).toString()),
      end: () => resolve(),
      close: () => {},
    })
    wire.events?.data(zlib.deflateRawSync('a1 LOGOUT\r\n', sync))
    wire.events?.end()
  })
  expect(received).toBe('a1 LOGOUT\r\n')
})
