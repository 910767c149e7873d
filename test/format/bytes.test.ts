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
  holdsNul,
  isAscii,
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

describe('NUL', () => {
  test('is seen wherever it stands, and whatever stands around it', () => {
    for (const other of [0x01, 0x41, 0x7f, 0x80, 0xff]) {
      const bytes = new Uint8Array(40).fill(other)
      for (let from = 0; from < 5; from++) {
        expect(holdsNul(bytes.subarray(from)), `${other} from ${from}`).toBe(false)
        for (let at = from; at < bytes.length; at++) {
          bytes[at] = 0
          expect(holdsNul(bytes.subarray(from)), `${other} from ${from}, NUL at ${at}`).toBe(true)
          bytes[at] = other
        }
      }
    }
  })

  test('is looked for in the octets given, and not in those beside them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(20), fc.nat(20), (bytes, before, behind) => {
        const part = bytes.subarray(before, Math.max(before, bytes.length - behind))
        expect(holdsNul(part)).toBe(part.includes(0))
      }),
    )
    expect(holdsNul(new Uint8Array(48).subarray(16, 16))).toBe(false)
  })
})

describe('an eighth bit', () => {
  test('is found wherever it is', () => {
    const bytes = new Uint8Array(40).fill(0x7f)
    for (let from = 0; from < 5; from++) {
      expect(isAscii(bytes, from), `from ${from}`).toBe(true)
      for (let at = from; at < bytes.length; at++) {
        bytes[at] = 0x80
        expect(isAscii(bytes, from), `from ${from}, at ${at}`).toBe(false)
        bytes[at] = 0x7f
      }
    }
  })

  test('is looked for in the octets given, and not in those beside them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100, max: 0x88 }), fc.nat(20), fc.nat(60), (bytes, start, length) => {
        const end = Math.min(start + length, bytes.length)
        const part = bytes.slice(start, end)
        const plain = part.every((octet) => octet < 0x80)
        expect(isAscii(bytes, start, end)).toBe(plain)
        expect(isAscii(bytes.subarray(start), 0, Math.max(0, end - start))).toBe(plain)
      }),
    )
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
