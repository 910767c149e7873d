import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  concat,
  decodeBase64,
  decodeUtf8,
  encodeBase64,
  encodeUtf8,
  equalBytes,
  fromLatin1,
  latin1,
} from '../../src/format/index.ts'

describe('latin1-of-bytes', () => {
  test('loses nothing, whatever the octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const text = latin1(bytes)
        expect(text).toHaveLength(bytes.length)
        expect(equalBytes(fromLatin1(text), bytes)).toBe(true)
      }),
    )
  })

  test('takes a range, also one longer than one call can spread', () => {
    const bytes = new Uint8Array(10_000).map((_, i) => i)
    expect(latin1(bytes, 5, 9_999)).toBe(
      Array.from(bytes.subarray(5, 9_999), (octet) => String.fromCharCode(octet)).join(''),
    )
    expect(latin1(bytes, 3, 3)).toBe('')
  })
})

describe('base64 (RFC 4648 §4)', () => {
  test('decodes what it encodes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(equalBytes(decodeBase64(encodeBase64(bytes))!, bytes)).toBe(true)
      }),
    )
  })

  test.each([
    ['no padding', 'QQ'],
    ['padding in the middle', 'QQ==QQ=='],
    ['white space', 'QQ ='],
    ['the URL alphabet', 'a-_='],
    ['three padding signs', 'Q==='],
  ])('refuses %s', (_, text) => expect(decodeBase64(text)).toBeUndefined())
})

test('concat keeps the order, and UTF-8 is decoded lossily', () => {
  expect(latin1(concat([fromLatin1('a'), fromLatin1(''), fromLatin1('bc')]))).toBe('abc')
  expect(concat([])).toHaveLength(0)
  expect(decodeUtf8(encodeUtf8('Grüße \u{1f600}'))).toBe('Grüße \u{1f600}')
  expect(decodeUtf8(fromLatin1('a\xff'))).toBe('a\ufffd')
})
