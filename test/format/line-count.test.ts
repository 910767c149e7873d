import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LineCounter } from '../../src/format/message/line-count.ts'

/** Octets around LF in value, and LF itself often. */
const octet = fc.constantFrom(10, 10, 10, 0, 9, 11, 13, 0x0b, 0x7f, 0x80, 0x8a, 0xff)

describe('lines of a stretch (RFC 9051 §7.5.2, body size in lines)', () => {
  it('are its line feeds, and one more for a last line without line end, wherever it lies in memory', () => {
    fc.assert(
      fc.property(
        fc.array(octet, { maxLength: 40 }),
        fc.nat(7),
        fc.nat(40),
        fc.nat(40),
        (octets, offset, from, size) => {
          const memory = Uint8Array.from([...Array.from({ length: offset }, () => 10), ...octets])
          const raw = memory.subarray(offset)
          const start = Math.min(from, raw.length)
          const end = Math.min(start + size, raw.length)
          const text = octets.slice(start, end)
          const open = text.length > 0 && text.at(-1) !== 10 ? 1 : 0
          expect(new LineCounter(raw).count(start, end)).toBe(text.filter((one) => one === 10).length + open)
        },
      ),
      { numRuns: 1_000 },
    )
  })
})
