import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crlfSize, CrlfSize, fromLatin1 } from '../../src/format/index.ts'
import { chunked, chunkSizes } from '../chunked.ts'

/** Plainly, as RFC 1939 §11 says it. */
function plainly(text: string): number {
  const whole = text.replaceAll(/\r?\n/g, '\r\n')
  return whole.length + (whole === '' || whole.endsWith('\n') ? 0 : 2)
}

describe('the size with every line ended by CRLF (RFC 1939 §11)', () => {
  it.each([
    ['nothing', '', 0],
    ['whole lines', 'a\r\n\r\nb\r\n', 8],
    ['lone LFs count as two octets', 'a\n\nb\n', 8],
    ['a last line without an end gets one', 'a\r\nb', 6],
    ['a lone CR is an octet like others', 'a\rb\r\n', 5],
    ['a CR at the end is no line end', 'a\r', 4],
    ['an LF first', '\n', 2],
  ])('%s', (_, text, size) => {
    expect(crlfSize(fromLatin1(text))).toBe(size)
  })

  it('is the same however the message is cut', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('\r', '\n', 'a', '.'), maxLength: 30 }), (text) => {
        const raw = fromLatin1(text)
        expect(crlfSize(raw)).toBe(plainly(text))
        for (const size of chunkSizes) {
          const counter = new CrlfSize()
          for (const piece of chunked(raw, size)) counter.push(piece)
          expect(counter.value).toBe(plainly(text))
        }
      }),
    )
  })
})
