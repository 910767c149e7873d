import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concat, encodeUtf8, latin1 } from '../../../src/format/index.ts'
import {
  BodyCanonicalizer,
  canonicalBody,
  canonicalField,
  readSignedMessage,
  selectFields,
} from '../../../src/protocol/dkim/index.ts'
import { chunked, chunkSizes } from '../../chunked.ts'

/** RFC 6376 §3.4.5, with <SP>, <HTAB> and <CRLF> as they are. */
const example = encodeUtf8('A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n C \r\nD \t E\r\n\r\n\r\n')

const body = (kind: 'simple' | 'relaxed', text: string, size = Infinity) =>
  latin1(canonicalBody(kind, chunked(encodeUtf8(text), size)))

describe.each(chunkSizes)('in pieces of %s octets', (size) => {
  test.each([
    ['simple', ' C \r\nD \t E\r\n\r\n\r\n', ' C \r\nD \t E\r\n'],
    ['relaxed', ' C \r\nD \t E\r\n\r\n\r\n', ' C\r\nD E\r\n'],
    ['simple', '', '\r\n'],
    ['relaxed', '', ''],
    ['simple', '\r\n\r\n\r\n', '\r\n'],
    ['relaxed', '\r\n \t\r\n\r\n', ''],
    ['simple', 'no end', 'no end\r\n'],
    ['relaxed', 'no end \t', 'no end\r\n'],
    ['simple', '\r\n\r\nx\r\n', '\r\n\r\nx\r\n'],
    ['relaxed', '\r\n \r\nx\r\n', '\r\n\r\nx\r\n'],
    ['simple', ' \r\n\r\n', ' \r\n'],
    ['simple', 'a\rb\nc\r', 'a\rb\nc\r\r\n'],
    ['relaxed', 'a \rb\n c\r', 'a \rb\n c\r\r\n'],
    ['simple', 'a\r\r\n', 'a\r\r\n'],
  ] as const)('%s body of %j (RFC 6376 §3.4.3, §3.4.4)', (kind, text, canonical) => {
    expect(body(kind, text, size)).toBe(canonical)
  })

  test('fields and body of the example are found whatever the pieces (§3.4.5)', () => {
    const message = readSignedMessage(chunked(example, size))
    expect(message.fields.map((field) => canonicalField('relaxed', field))).toEqual(['a:X', 'b:Y Z'])
    expect(message.fields.map((field) => canonicalField('simple', field))).toEqual(['A: X', 'B : Y\t\r\n\tZ  '])
    expect(latin1(concat(message.body))).toBe(' C \r\nD \t E\r\n\r\n\r\n')
  })
})

test('the pieces make no difference to any body', () => {
  const octets = fc.array(fc.constantFrom(13, 10, 32, 9, 97), { maxLength: 60 }).map((list) => Uint8Array.from(list))
  fc.assert(
    fc.property(octets, fc.integer({ min: 1, max: 9 }), fc.constantFrom('simple', 'relaxed'), (raw, size, kind) => {
      const canonicalizer = new BodyCanonicalizer(kind)
      const pieces = chunked(raw, size).map((piece) => canonicalizer.receive(piece))
      expect(concat([...pieces, canonicalizer.end()])).toEqual(canonicalBody(kind, [raw]))
      expect(canonicalBody(kind, chunked(raw, size))).toEqual(canonicalBody(kind, [raw]))
    }),
  )
})

/** RFC 6376 §3.4.3 and §3.4.4 word by word, on the whole body at once. */
function byTheBook(kind: 'simple' | 'relaxed', text: string): string {
  const lines = text.split('\r\n')
  const reduced = kind === 'simple' ? lines : lines.map((line) => line.replace(/[ \t]+/g, ' ').replace(/ $/, ''))
  while (reduced.at(-1) === '') reduced.pop()
  return reduced.length === 0 && kind === 'relaxed' ? '' : `${reduced.join('\r\n')}\r\n`
}

test('it is what the rules say word by word', () => {
  const text = fc
    .array(fc.constantFrom('\r', '\n', '\r\n', ' ', '\t', 'a'), { maxLength: 40 })
    .map((list) => list.join(''))
  fc.assert(
    fc.property(text, fc.constantFrom('simple', 'relaxed'), (raw, kind) => {
      expect(body(kind, raw)).toBe(byTheBook(kind, raw))
    }),
    { numRuns: 1000 },
  )
})

test('canonical text is its own canonical form', () => {
  fc.assert(
    fc.property(fc.string(), fc.constantFrom('simple', 'relaxed'), (text, kind) => {
      const once = canonicalBody(kind, [encodeUtf8(text)])
      expect(canonicalBody(kind, [once])).toEqual(once)
    }),
  )
})

test('of repeated fields the lowest are taken first, and absent ones stand for nothing (RFC 6376 §5.4.2)', () => {
  const { fields } = readSignedMessage(encodeUtf8('X: 1\r\nY: 2\r\nx: 3\r\n\r\n'))
  const chosen = selectFields(fields, ['x', 'Z', 'X', 'x', 'y'])
  expect(chosen.map(({ value }) => value.trim())).toEqual(['3', '1', '2'])
})

test('fields of a header that ends with its message', () => {
  const message = readSignedMessage(encodeUtf8('A: 1\r\nB: 2'))
  expect(message.fields.map(({ raw }) => raw)).toEqual(['A: 1', 'B: 2'])
  expect(concat(message.body)).toHaveLength(0)
})
