import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decodeCharset,
  decodeFlowed,
  decodeHeaderText,
  decodeTransferEncoding,
  encodeUtf8,
  fromLatin1,
  htmlToText,
  isKnownCharset,
  latin1,
} from '../../src/format/index.ts'
import { encodeQuotedPrintable } from '../../src/format/compose/body-encoding.ts'

describe('encoded words (RFC 2047 §8)', () => {
  test.each([
    ['=?ISO-8859-1?Q?a?=', 'a'],
    ['=?ISO-8859-1?Q?a?= b', 'a b'],
    ['=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=', 'ab'],
    ['=?ISO-8859-1?Q?a?=\r\n  =?ISO-8859-1?Q?b?=', 'ab'],
    ['=?ISO-8859-1?Q?a_b?=', 'a b'],
    ['=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=', 'a b'],
    ['=?US-ASCII*EN?Q?Keith_Moore?=', 'Keith Moore'],
    ['=?ISO-8859-1?Q?Andr=E9?= Pirard', 'André Pirard'],
    [
      '=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\r\n =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=',
      'If you can read this you understand the example.',
    ],
    ['=?utf-8?B?7w==?=', '\ufffd'],
    ['=?utf-8?Q?=C3?= =?UTF-8?Q?=BC?=', 'ü'],
    ['=?utf-8?Q?with spaces inside?=', 'with spaces inside'],
    ['=?iso-2022-jp?B?GyRCRnxLXDhsGyhC?=', '日本語'],
    ['=?gb2312?B?xOO6ww==?=', '你好'],
    ['=?x-unknown?Q?=FC?=', 'ü'],
    ['=?utf-8?Q?u=CC=88?=', '\u00fc'],
  ])('%s', (value, text) => expect(decodeHeaderText(value)).toBe(text))

  test.each(['=?utf-8?X?a?=', '=?utf-8?Q?a', '=?', '=??Q?a?=', 'a=?b'])('leaves %s as it is', (value) =>
    expect(decodeHeaderText(value)).toBe(value),
  )

  test('control characters and line ends never come out', () => {
    expect(decodeHeaderText('=?utf-8?Q?a=0D=0AX-Evil:_1=00?=')).toBe('aX-Evil: 1')
    expect(decodeHeaderText(latin1(encodeUtf8('a\u2028b\u0085c')))).toBe('a b c')
  })
})

const decode = (text: string, encoding: string) => latin1(decodeTransferEncoding(fromLatin1(text), encoding))

describe('transfer encodings, leniently (RFC 2045 §6.7, §6.8)', () => {
  test.each([
    ['a=3Db', 'a=b'],
    ['a=3db', 'a=b'],
    ['soft=\r\nbreak', 'softbreak'],
    ['soft= \t\r\nbreak', 'softbreak'],
    ['trailing  \r\nspace', 'trailing\r\nspace'],
    ['kept =\r\nspace', 'kept space'],
    ['a=20\r\nb', 'a \r\nb'],
    ['bad =XY = end=', 'bad =XY = end'],
    ['lf=\nonly \n', 'lfonly\n'],
    ['=', ''],
  ])('quoted-printable %j', (encoded, text) => expect(decode(encoded, 'quoted-printable')).toBe(text))

  test.each([
    ['QUJD', 'ABC'],
    ['QU\r\nJD\r\n', 'ABC'],
    ['QUI=', 'AB'],
    ['QUI', 'AB'],
    ['QUI=QUJD', 'ABABC'],
    ['Q*U!J D', 'ABC'],
    ['Q', ''],
    ['-_-_', '\xfb\xff\xbf'],
  ])('base64 %j', (encoded, text) => expect(decode(encoded, 'BASE64')).toBe(text))

  test('quoted-printable carries any octets exactly, in lines of at most 76', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const encoded = encodeQuotedPrintable(bytes)
        expect(
          latin1(encoded)
            .split('\r\n')
            .every((line) => line.length <= 76),
        ).toBe(true)
        expect(latin1(decodeTransferEncoding(encoded, 'quoted-printable'))).toBe(latin1(bytes))
      }),
    )
  })
})

describe('charsets', () => {
  test.each([
    ['utf-8', 'Gr\xc3\xbc\xc3\x9fe', 'Grüße'],
    ['ISO-8859-15', '\xa4', '€'],
    ['cp1252', '\x80', '€'],
    ['utf-7', 'Hi Mom +Jjo-!', 'Hi Mom ☺!'],
    ['utf-7', '+-', '+'],
    ['hz-gb-2312', '~{<:Ky2;~}~~', '己所不~'],
    ['iso-2022-kr', '\x1b$)C\x0e0!\x0f!', '가!'],
    ['cp437', '\x81', 'ü'],
    ['ibm850', '\x81', 'ü'],
    ['"koi8-r"', '\xd2', 'р'],
  ])('%s', (charset, octets, text) => {
    expect(isKnownCharset(charset)).toBe(true)
    expect(decodeCharset(fromLatin1(octets), charset)).toEqual({ text, problem: false })
  })

  test.each([
    ['an unknown charset is guessed: UTF-8', 'x-klingon', 'ü', '\xc3\xbc'],
    ['an unknown charset is guessed: windows-1252', 'x-klingon', 'ü', '\xfc'],
    ['8-bit text called us-ascii', 'us-ascii', 'ü', '\xc3\xbc'],
    ['broken UTF-8', 'utf-8', 'ü\ufffdb', '\xc3\xbc\xffb'],
    ['a name with a prototype', '__proto__', 'ü', '\xfc'],
    ['the replacement charset', 'replacement', '\u00fc', '\xfc'],
  ])('%s is told as a problem', (_, charset, text, octets) => {
    expect(decodeCharset(fromLatin1(octets), charset)).toEqual({ text, problem: true })
  })

  test('never throws, whatever the name and the octets', () => {
    fc.assert(
      fc.property(
        fc.uint8Array(),
        fc.oneof(fc.string(), fc.constantFrom('utf-7', 'hz', 'iso-2022-kr', 'cp437', 'utf-16')),
        (bytes, charset) => {
          expect(decodeCharset(bytes, charset).text.isWellFormed() || charset === 'x-user-defined').toBe(true)
        },
      ),
    )
  })
})

describe('format=flowed (RFC 3676)', () => {
  test.each([
    ['one \ntwo\nthree', false, 'one two\nthree'],
    ['> one \n> two\n>> three', false, '> one two\n>> three'],
    ['> quoted \nmine', false, '> quoted \nmine'],
    [' From stuffed\n  two', false, 'From stuffed\n two'],
    ['text \n-- \nsignature', false, 'text \n-- \nsignature'],
    ['no \nspace', true, 'nospace'],
    ['', false, ''],
  ])('%j', (text, delSp, expected) => expect(decodeFlowed(text, delSp)).toBe(expected))
})

describe('htmlToText', () => {
  test.each([
    ['<p>One</p><p>Two</p>', 'One\n\nTwo'],
    ['a<br>b<br/><br>c', 'a\nb\n\nc'],
    ['  <b>a</b>  b\n c ', 'a b c'],
    ['<style>p{}</style><script>if (a<b) "</p>"</script>x', 'x'],
    ['<title>t</title><!-- c --><!DOCTYPE html>x', 'x'],
    ['&lt;tag&gt; &amp; &eacute;&#233;&#xe9;&nbsp;&#128;&unknown;&#0;', '<tag> & ééé\u00a0€&unknown;\ufffd'],
    ['<ul><li>a<li>b</ul>c', '- a\n- b\n\nc'],
    ['<a title="a > b">link</a>', 'link'],
    ['a < b and c<d', 'a < b and c'],
    ['<pre>a\n  b</pre>', 'a\n  b'],
    ['<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>', '1 2\n3'],
    ['open <!-- comment', 'open'],
    ['open <style> css', 'open'],
    ['open <a href="', 'open'],
    ['', ''],
  ])('%j', (html, text) => expect(htmlToText(html).trimEnd()).toBe(text))

  test('stops when it has enough', () => expect(htmlToText('<p>word</p>'.repeat(10_000), 50).length).toBeLessThan(100))
})
