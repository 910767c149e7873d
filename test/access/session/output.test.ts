import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concat, fromLatin1, latin1 } from '../../../src/format/index.ts'
import { Output } from '../../../src/access/session/index.ts'

function collect(piece: number, window = 1000) {
  const sent: Uint8Array[] = []
  const output = new Output({ send: (bytes) => void sent.push(bytes), control: () => {} }, { piece, window })
  return { sent, output }
}

describe('output', () => {
  it('keeps text and bytes in order in pieces of the size given, 8-bit too', () => {
    const part = fc.record({
      text: fc.string({ unit: 'binary', maxLength: 60 }),
      bytes: fc.boolean(),
      flush: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(part), fc.integer({ min: 1, max: 40 }), (parts, piece) => {
        const { sent, output } = collect(piece)
        let expected = ''
        for (const { text, bytes, flush } of parts) {
          const octets = text.replace(/[^\0-\xff]/g, '\xe9')
          expected += octets
          if (bytes) output.bytes(fromLatin1(octets))
          else output.text(octets)
          if (flush) output.flush()
        }
        output.flush()
        expect(latin1(concat(sent))).toBe(expected)
        expect(Math.max(0, ...sent.map((bytes) => bytes.length))).toBeLessThanOrEqual(piece)
      }),
    )
  })

  it('sends many small bodies in few pieces', () => {
    const { sent, output } = collect(1000)
    for (let count = 0; count < 100; count++) {
      output.text('* 1 FETCH (BODY[] {10}\r\n')
      output.bytes(new Uint8Array(10).fill(65))
      output.text(')\r\n')
    }
    output.flush()
    expect(sent.length).toBe(4)
  })

  it('makes no larger array than it sends', () => {
    const { sent, output } = collect(1000)
    output.text('* 1 FETCH (BODY[] {10}\r\n')
    output.bytes(new Uint8Array(10))
    output.flush()
    expect(sent.map((bytes) => bytes.buffer.byteLength)).toEqual([34])
  })

  it('waits for acknowledgement above the window', async () => {
    const { output } = collect(100, 150)
    output.bytes(new Uint8Array(200))
    expect(output.congested).toBe(true)
    let resumed = false
    const waiting = output.drained().then(() => (resumed = true))
    output.acknowledge(49)
    await Promise.resolve()
    expect(resumed).toBe(false)
    output.acknowledge(1)
    await waiting
    expect(output.congested).toBe(false)
  })

  it('takes acknowledgements of what it has forgotten about', () => {
    const { output } = collect(100, 150)
    output.acknowledge(1e6)
    output.bytes(new Uint8Array(200))
    expect(output.congested).toBe(true)
  })
})
