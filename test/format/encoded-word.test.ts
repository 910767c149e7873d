import { describe, expect, test } from 'vitest'
import {
  decodeHeaderText,
  encodeUtf8,
  fromLatin1,
  latin1,
  parseAddressList,
  parseMessage,
} from '../../src/format/index.ts'

const word = (text: string, from = 0, to?: number): string =>
  `=?utf-8?B?${btoa(latin1(encodeUtf8(text).subarray(from, to)))}?=`

describe('encoded words as mailers really send them (RFC 2047)', () => {
  test.each([
    ['a character split between two base64 words (§5)', `${word('日本', 0, 4)} ${word('日本', 4)}`, '日本'],
    ['a character split between Q words', '=?utf-8?Q?=E6=97?=\r\n =?utf-8?Q?=A5?=', '日'],
    ['a character split between Q and B', `=?utf-8?Q?=E6=97?= ${word('日', 2)}`, '日'],
    ['a quantum of base64 split between words', '=?utf-8?B?5pel5?= =?utf-8?B?pys=?=', '日本'],
    ['words without white space between', '=?utf-8?Q?a?==?utf-8?Q?b?=', 'ab'],
    ['charsets that differ by case', '=?UTF-8?Q?=C3?= =?utf-8?q?=BC?=', 'ü'],
    ['a language that differs (RFC 2231 §5)', '=?utf-8*en?Q?=C3?= =?utf-8*de-AT?Q?=BC?=', 'ü'],
    ['a question mark left bare', '=?utf-8?Q?Really??=', 'Really?'],
    ['question marks within', '=?utf-8?Q?What? When??= now', 'What? When? now'],
    ['an equals sign at the end', '=?utf-8?Q?a=?=', 'a='],
    ['spaces within', '=?utf-8?Q?two words?=', 'two words'],
    ['glued to text', 'Re:=?utf-8?Q?=C3=BC?=ber', 'Re:über'],
    ['an underscore and its code', '=?utf-8?Q?a_b=5Fc?=', 'a b_c'],
    ['nothing in it', '=?utf-8?Q??= =?utf-8?B??=', ''],
    ['8-bit text around, of the same charset', `${latin1(encodeUtf8('für '))}=?utf-8?Q?=C3=BC?=`, 'für ü'],
    [
      'iso-2022-jp that returns to ASCII in each word',
      '=?iso-2022-jp?B?GyRCRnwbKEI=?= =?iso-2022-jp?B?GyRCS1wbKEI=?=',
      '日本',
    ],
    ['iso-2022-jp that does not', '=?iso-2022-jp?B?GyRCRnw=?= =?iso-2022-jp?B?S1w=?=', '日本'],
    ['an unknown charset', '=?x-klingon?Q?Gr=FC=DFe?=', 'Grüße'],
    ['a wrong charset', '=?us-ascii?Q?Gr=C3=BC=C3=9Fe?=', 'Grüße'],
    ['gb2312 with characters of GBK', '=?gb2312?B?1uzpRrv5?=', '朱镕基'],
    ['raw Shift_JIS', '\x89\xef\x8bc\x82\xcc\x82\xa8\x92m\x82\xe7\x82\xb9', '会議のお知らせ'],
    ['raw iso-2022-jp', '\x1b$BF|K\\\x1b(B', '日本'],
  ])('%s', (_, value, text) => expect(decodeHeaderText(value)).toBe(text))

  test.each([
    ['in a quoted string (against §5)', '"=?utf-8?Q?J=C3=B6rg?=" <j@x.test>', 'Jörg'],
    ['two in a quoted string', '"=?utf-8?Q?J=C3=B6rg?= =?utf-8?Q?_Gr=C3=BCn?=" <j@x.test>', 'Jörg Grün'],
    ['with a comma inside', '=?utf-8?Q?Gr=C3=BCn,_J=C3=B6rg?= <j@x.test>', 'Grün, Jörg'],
    ['in a phrase between atoms', 'Dr. =?utf-8?Q?J=C3=B6rg?= "von" Gr <j@x.test>', 'Dr. Jörg von Gr'],
    ['in a comment', 'j@x.test (=?utf-8?Q?J=C3=B6rg?=)', 'Jörg'],
    ['split inside a character', '=?utf-8?Q?J=C3?= =?utf-8?Q?=B6rg?= <j@x.test>', 'Jörg'],
    ['raw UTF-8 (RFC 6532)', `${latin1(encodeUtf8('Jörg'))} <j@x.test>`, 'Jörg'],
    ['raw Russian', '"\xc8\xe2\xe0\xed \xcf\xe5\xf2\xf0\xee\xe2" <j@x.test>', 'Иван Петров'],
  ])('of addresses, %s', (_, value, name) => expect(parseAddressList(value)).toEqual([{ name, address: 'j@x.test' }]))
})

function nameOf(field: string): string | undefined {
  const part = parseMessage(fromLatin1(`Content-Disposition: attachment; ${field}\r\n\r\n`))
  return part.disposition?.parameters['filename']
}

describe('parameters (RFC 2231)', () => {
  test.each([
    ['continuations out of order (§3)', 'filename*1="b"; filename*0="a"', 'ab'],
    ['plain and encoded ones mixed (§4.1)', `filename*0*=utf-8''%C3%BC; filename*1="%20.txt"`, 'ü%20.txt'],
    ['a plain one first', `filename*0="a "; filename*1*=%C3%BC.txt`, 'a ü.txt'],
    ['a character split between two', `filename*0*=utf-8''%C3; filename*1*=%BC.txt`, 'ü.txt'],
    ['a gap ends the value', 'filename*0=a; filename*2=c', 'a'],
    ['a language (§5)', `filename*=utf-8'en-GB'%C3%BC.txt`, 'ü.txt'],
    ['no charset', `filename*=''%C3%BC.txt`, 'ü.txt'],
    ['no quotes', 'filename*=%C3%BC.txt', 'ü.txt'],
    ['an unknown charset', `filename*=x-klingon''%FC.txt`, 'ü.txt'],
    ['percent signs that encode nothing', `filename*=utf-8''100%.%ZZ%C3%BC`, '100%.%ZZü'],
    ['half of a code at the end', `filename*=utf-8''a%C`, 'a%C'],
    ['in quotes all the same', `filename*="utf-8''%C3%BC.txt"`, 'ü.txt'],
    ['encoded and plain: the encoded one counts', `filename="u.txt"; filename*=utf-8''%C3%BC.txt`, 'ü.txt'],
    ['an encoded word over continuations', 'filename*0="=?utf-8?Q?=C3"; filename*1="=BC.txt?="', 'ü.txt'],
    ['an encoded word in quotes', 'filename="=?utf-8?B?w7wudHh0?="', 'ü.txt'],
    ['an encoded word without quotes', 'filename==?utf-8?B?w7wudHh0?=', 'ü.txt'],
    ['raw Shift_JIS', 'filename="\x90\xbf\x8b\x81\x8f\x91\x82\xcc\x8c\x8f.pdf"', '請求書の件.pdf'],
    ['line ends in a code', `filename*=utf-8''a%0D%0AX-Evil:%20b`, 'a X-Evil: b'],
  ])('%s', (_, field, name) => expect(nameOf(field)).toBe(name))
})
