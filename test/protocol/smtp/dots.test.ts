import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeDots } from '../../../src/protocol/smtp/client/dot-encoder.ts'
import { DotDecoder } from '../../../src/protocol/smtp/server/dot-decoder.ts'
import { chunked, chunkSizes } from '../../chunked.ts'
import { bytes, text } from './transcript.ts'

function encode(content: string): string {
  return [...encodeDots(bytes(content))].map(text).join('')
}

function decode(wire: string, size: number): { content: string; bare: boolean; rest: string; done: boolean } {
  const decoder = new DotDecoder()
  let content = ''
  let used = 0
  for (const piece of chunked(bytes(wire), size)) {
    const decoded = decoder.decode(piece)
    content += text(decoded.content)
    used += decoded.used
    if (decoded.done) return { content, bare: decoder.bareLineOctet, rest: wire.slice(used), done: true }
  }
  return { content, bare: decoder.bareLineOctet, rest: '', done: false }
}

describe('transparency is undone (RFC 5321 §4.5.2)', () => {
  test.each([
    ['.\r\n', '', 'an empty message'],
    ['a\r\n.\r\n', 'a\r\n', 'one line'],
    ['..\r\n.\r\n', '.\r\n', 'a line that is a dot'],
    ['...a\r\n.\r\n', '..a\r\n', 'a line that begins with two dots'],
    ['.a\r\n.\r\n', 'a\r\n', 'a dot that was not doubled is deleted all the same'],
    ['\r\n\r\n..\r\n\r\n.\r\n', '\r\n\r\n.\r\n\r\n', 'empty lines around'],
    ['a.\r\n.b\r\n.\r\n', 'a.\r\nb\r\n', 'a dot at a line end'],
  ])('%j gives %j: %s', (wire, content) => {
    for (const size of chunkSizes)
      expect(decode(`${wire}REST`, size)).toEqual({ content, bare: false, rest: 'REST', done: true })
  })
})

describe('nothing but CRLF.CRLF ends the data: SMTP smuggling (RFC 5321 §4.1.1.4, §2.3.8)', () => {
  test.each([
    'a\n.\n',
    'a\n.\r\n',
    'a\r\n.\n',
    'a\r.\r',
    'a\r\n.\r',
    'a\r.\r\n',
    'a\n.\r',
    'a\r\n\0.\r\n',
    'a\r\n.\0\r\n',
    'a\r\n.\r\r\n',
    'a\r\r\n.\n',
    '.\n',
    '.\r.\r\n',
    'a\n\n.\n\nMAIL FROM:<x@y>\n',
  ])('%j', (wire) => {
    for (const size of chunkSizes) {
      expect(decode(wire, size).done).toBe(false)
      const whole = decode(`${wire}\r\n.\r\n`, size)
      expect(whole.done).toBe(true)
      expect(whole.rest).toBe('')
      expect(whole.bare).toBe(/\r(?!\n)|(?<!\r)\n/.test(wire))
    }
  })
})

test('bare octets are kept where they stand', () => {
  for (const size of chunkSizes) expect(decode('a\nb\rc\r\n.\rd\r\n.\r\n', size).content).toBe('a\nb\rc\r\n\rd\r\n')
})

describe('a message is made ready for DATA', () => {
  test.each([
    ['', '.\r\n', 'empty'],
    ['a\r\n', 'a\r\n.\r\n', 'nothing to do'],
    ['a', 'a\r\n.\r\n', 'the last line gets its end'],
    ['.\r\n', '..\r\n.\r\n', 'a dot'],
    ['.', '..\r\n.\r\n', 'only a dot'],
    ['a\r\n.b\r\n..c', 'a\r\n..b\r\n...c\r\n.\r\n', 'dots at line starts'],
    ['a\nb', 'a\r\nb\r\n.\r\n', 'bare LF'],
    ['a\rb', 'a\r\nb\r\n.\r\n', 'bare CR'],
    ['a\n.\nb\r\n', 'a\r\n..\r\nb\r\n.\r\n', 'a smuggled end'],
    ['a\r.\rb\r', 'a\r\n..\r\nb\r\n.\r\n', 'a smuggled end with CR'],
    ['\n', '\r\n.\r\n', 'one LF'],
    ['\r', '\r\n.\r\n', 'one CR'],
    ['\r\r\n\n', '\r\n\r\n\r\n.\r\n', 'a heap of them'],
  ])('%j: %s', (content, wire) => {
    expect(encode(content)).toBe(wire)
  })
})

const mailish = fc.string({
  unit: fc.constantFrom('\r\n', '.', 'a', '\r\n.', 'é', 'long run '.repeat(30)),
  maxLength: 60,
})
const hostile = fc.string({ unit: fc.constantFrom('\r', '\n', '.', 'a', '\0', '\r\n', '.\r\n'), maxLength: 40 })

test('what was stuffed unstuffs to itself, in chunks of any size', () => {
  fc.assert(
    fc.property(mailish, fc.constantFrom(...chunkSizes), (content, size) => {
      const ended = content === '' || content.endsWith('\r\n') ? content : `${content}\r\n`
      expect(decode(encode(content), size)).toEqual({ content: ended, bare: false, rest: '', done: true })
    }),
  )
})

test('whatever the content, the wire has no bare CR or LF, and one end', () => {
  fc.assert(
    fc.property(hostile, (content) => {
      const wire = encode(content)
      expect(wire).not.toMatch(/\r(?!\n)|(?<!\r)\n/)
      expect(`\r\n${wire}`.indexOf('\r\n.\r\n')).toBe(wire.length + 2 - 5)
      expect(decode(wire, 3).bare).toBe(false)
    }),
  )
})

test('chunks do not matter to the decoder', () => {
  fc.assert(
    fc.property(hostile, (wire) => {
      const whole = decode(wire, Infinity)
      for (const size of chunkSizes) expect(decode(wire, size)).toEqual(whole)
    }),
  )
})

test('a large message passes both ways as views, without copies', () => {
  const content = bytes(`${'x'.repeat(76)}\r\n`.repeat(20_000))
  const pieces = [...encodeDots(content)]
  for (const piece of pieces.slice(0, -1)) expect(piece.buffer).toBe(content.buffer)
  const decoded = new DotDecoder().decode(content)
  expect(decoded.content.buffer).toBe(content.buffer)
  expect(decoded.content.length).toBe(content.length)
})

test('lines of nothing but stuffed dots stay linear', () => {
  const wire = bytes('..\r\n'.repeat(250_000))
  const started = performance.now()
  expect(new DotDecoder().decode(wire).content.length).toBe(750_000)
  expect([...encodeDots(wire)].reduce((sum, piece) => sum + piece.length, 0)).toBe(1_250_003)
  expect(performance.now() - started).toBeLessThan(2000)
})
