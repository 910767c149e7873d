import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concat, crlfSize, fromLatin1, latin1 } from '../../../src/format/index.ts'
import { MultiLine } from '../../../src/protocol/pop3/index.ts'
import { chunked, chunkSizes } from '../../chunked.ts'

function onTheWire(message: string, size = Infinity, bodyLines?: number): string {
  const pieces: Uint8Array[] = []
  const text = new MultiLine((bytes) => pieces.push(bytes.slice()), bodyLines)
  for (const chunk of chunked(fromLatin1(message), size)) {
    text.push(chunk)
    if (text.done) break
  }
  text.end()
  return latin1(concat([new Uint8Array(0), ...pieces]))
}

/** What a client makes of it (RFC 1939 §3). */
function received(wire: string): string {
  expect(wire.endsWith('.\r\n')).toBe(true)
  const lines = wire.slice(0, -3).split('\r\n')
  expect(lines.at(-1)).toBe('')
  for (const line of lines) expect(line).not.toBe('.')
  return lines.map((line) => (line.startsWith('.') ? line.slice(1) : line)).join('\r\n')
}

describe('a message on the wire', () => {
  it.each([
    ['goes out as it is', 'a\r\nb\r\n', 'a\r\nb\r\n.\r\n'],
    [
      'has a dot doubled that begins a line (RFC 1939 §3)',
      '.\r\n..\r\na.b\r\n.c\r\n',
      '..\r\n...\r\na.b\r\n..c\r\n.\r\n',
    ],
    ['gets the end that its last line lacks', 'a\r\nb', 'a\r\nb\r\n.\r\n'],
    ['has CRLF for a lone LF (RFC 1939 §11)', 'a\n\nb\n', 'a\r\n\r\nb\r\n.\r\n'],
    ['has a dot doubled behind a lone LF: no client reads its end there', 'a\n.\nQUIT\n', 'a\r\n..\r\nQUIT\r\n.\r\n'],
    ['keeps a lone CR', 'a\rb\r\r\n', 'a\rb\r\r\n.\r\n'],
    ['ends with a CR that is no line end', 'a\r', 'a\r\r\n.\r\n'],
    ['is a dot', '.', '..\r\n.\r\n'],
    ['is a line end', '\r\n', '\r\n.\r\n'],
    ['is empty', '', '.\r\n'],
    ['keeps 8-bit octets and NUL', '\xc3\xa9\0\r\n', '\xc3\xa9\0\r\n.\r\n'],
  ])('%s', (_, message, wire) => {
    for (const size of chunkSizes) expect(onTheWire(message, size)).toBe(wire)
  })

  const unit = fc.constantFrom('\r', '\n', '.', 'a', '\r\n', '.\r\n')

  it('arrives as it was, with whole lines, in as many octets as were told', () => {
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 40 }), (message) => {
        const wire = onTheWire(message)
        for (const size of chunkSizes) expect(onTheWire(message, size)).toBe(wire)
        const lines = message.replaceAll(/\r?\n/g, '\r\n')
        expect(received(wire)).toBe(lines === '' || lines.endsWith('\n') ? lines : `${lines}\r\n`)
        expect(received(wire).length).toBe(crlfSize(fromLatin1(message)))
      }),
    )
  })

  it.each([
    ['the header and the empty line', 'A: 1\r\nB: 2\r\n\r\nx\r\ny\r\n', 0, 'A: 1\r\nB: 2\r\n\r\n.\r\n'],
    ['so many lines of the body', 'A: 1\r\n\r\nx\r\n\r\ny\r\n', 2, 'A: 1\r\n\r\nx\r\n\r\n.\r\n'],
    ['all of it when there are fewer (RFC 1939 §7)', 'A: 1\r\n\r\nx', 5, 'A: 1\r\n\r\nx\r\n.\r\n'],
    ['a body without a header', '\r\nx\r\ny\r\n', 1, '\r\nx\r\n.\r\n'],
    ['a header without a body', 'A: 1\r\n', 0, 'A: 1\r\n.\r\n'],
    ['a header of lone LFs', 'A: 1\n\nx\ny\n', 1, 'A: 1\r\n\r\nx\r\n.\r\n'],
    ['stuffed dots', 'A: 1\r\n\r\n.x\r\n.y\r\n', 1, 'A: 1\r\n\r\n..x\r\n.\r\n'],
    ['not the empty lines behind', 'A: 1\r\n\r\n\r\n\r\nx\r\n', 1, 'A: 1\r\n\r\n\r\n.\r\n'],
    ['a line of a lone CR, which is not empty', 'A: 1\r\n\r\r\n\r\nx\r\n', 0, 'A: 1\r\n\r\r\n\r\n.\r\n'],
    ['nothing of nothing', '', 3, '.\r\n'],
  ])('TOP gives %s', (_, message, lines, wire) => {
    for (const size of chunkSizes) expect(onTheWire(message, size, lines)).toBe(wire)
  })

  it('TOP gives the beginning of what RETR gives', () => {
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 40 }), fc.nat(5), (message, lines) => {
        const top = onTheWire(message, Infinity, lines)
        expect(onTheWire(message).startsWith(top.slice(0, -3))).toBe(true)
        for (const size of chunkSizes) expect(onTheWire(message, size, lines)).toBe(top)
      }),
    )
  })
})
