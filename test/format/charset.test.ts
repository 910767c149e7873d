import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decodeCharset,
  decodeHeaderText,
  encodeUtf8,
  fromLatin1,
  isKnownCharset,
  latin1,
} from '../../src/format/index.ts'
import { namedSamples, octetsOf, unnamedSamples } from './charset-samples.ts'

describe('charsets by the names that mail gives them (RFC 2045 §5.1, WHATWG Encoding §4.2)', () => {
  test.each(namedSamples)('%s %s is %s', (charset, octets, text) => {
    expect(isKnownCharset(charset)).toBe(true)
    expect(decodeCharset(octetsOf(octets), charset)).toEqual({ text, problem: false })
  })

  test.each([
    ['quotes and white space around', ' "ISO-8859-15"; '],
    ['underscores', 'iso_8859_15'],
    ['spaces', 'ISO 8859-15'],
    ['a code page', 'cp28605'],
    ['the other name', 'Latin-9'],
  ])('a name with %s', (_, charset) => expect(decodeCharset(fromLatin1('\xa4'), charset).text).toBe('€'))

  test.each(['x-klingon', '', '8bit', 'unknown-8bit', '__proto__', 'constructor', 'iso-8859-12', 'x'.repeat(5000)])(
    '%j says nothing',
    (charset) => {
      expect(isKnownCharset(charset)).toBe(false)
      expect(decodeCharset(fromLatin1('Grüße'), charset).text).toBe('Grüße')
    },
  )
})

describe('without a name, text is what it most looks like', () => {
  test.each(unnamedSamples)('%s', (_, octets, text) => {
    expect(decodeCharset(octetsOf(octets), undefined).text).toBe(text)
    expect(decodeHeaderText(latin1(octetsOf(octets)))).toBe(text)
  })

  test.each(unnamedSamples)('called us-ascii, %s is told as a problem', (_, octets, text) =>
    expect(decodeCharset(octetsOf(octets), 'us-ascii')).toEqual({ text, problem: true }),
  )

  test('UTF-8 that is cut inside a character is still UTF-8', () =>
    expect(decodeCharset(encodeUtf8('Grüße ü').subarray(0, -1), undefined).text).toBe('Grüße \ufffd'))
})

describe('under a wrong name', () => {
  test.each([
    ['UTF-8 called iso-8859-1', 'iso-8859-1', latin1(encodeUtf8('Grüße 你好')), 'Grüße 你好'],
    ['UTF-8 called windows-1252', 'cp1252', latin1(encodeUtf8('naïve')), 'naïve'],
    ['UTF-8 called EUC-JP', 'euc-jp', latin1(encodeUtf8('会議のお知らせ')), '会議のお知らせ'],
    ['UTF-8 called iso-2022-jp', 'iso-2022-jp', latin1(encodeUtf8('会議')), '会議'],
    ['Western text called UTF-8', 'utf-8', 'Gr\xfc\xdfe aus K\xf6ln', 'Grüße aus Köln'],
    ['one Western letter called UTF-8', 'utf-8', 'Caf\xe9 noir', 'Café noir'],
    ['Russian called UTF-8', 'utf-8', '\xcf\xf0\xe8\xe2\xe5\xf2, \xea\xe0\xea', 'Привет, как'],
    ['octets above 7F called utf-7', 'utf-7', 'Gr\xfc\xdfe', 'Grüße'],
  ])('%s', (_, charset, octets, text) =>
    expect(decodeCharset(fromLatin1(octets), charset)).toEqual({ text, problem: true }),
  )

  test.each([
    ['Western text that is not UTF-8', 'iso-8859-1', 'Caf\xe9', 'Café', false],
    ['Western text with a pair that might be', 'iso-8859-1', 'Caf\xe9 \xc3\xbc', 'Café Ã¼', false],
    ['UTF-8 with a broken character', 'utf-8', 'Gr\xc3\xbc\xc3\x9fe \xff!', 'Grüße \ufffd!', true],
    ['UTF-8 that ends within a character', 'utf-8', 'a\xc3', 'a\ufffd', true],
    ['ASCII with escapes of a terminal', 'us-ascii', '\x1b[1mbold\x1b[0m', '\x1b[1mbold\x1b[0m', false],
    ['ASCII under any name', 'iso-8859-1', 'plain', 'plain', false],
  ])('but %s stays what it is called', (_, charset, octets, text, problem) =>
    expect(decodeCharset(fromLatin1(octets), charset)).toEqual({ text, problem }),
  )
})

describe('hostile octets', () => {
  const charsets = [...new Set(namedSamples.map(([charset]) => charset)), undefined]

  test('nothing throws, and no surrogate stands alone', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom(...charsets), (bytes, charset) => {
        expect(decodeCharset(bytes, charset).text.isWellFormed()).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  test('a guess looks at the beginning only', () => {
    const bytes = fromLatin1(`\xe9 ${'\xe0'.repeat(4_000_000)}`)
    const start = performance.now()
    decodeCharset(bytes, undefined)
    expect(performance.now() - start).toBeLessThan(500)
  })
})
