import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  concat,
  crlfSize,
  decodeHeaderText,
  encodeUtf8,
  headerExtents,
  isAscii,
  latin1,
  parseAddressList,
  parseHeader,
  parseMessage,
  Surrogate,
  surrogateSize,
} from '../../src/format/index.ts'
import { chunked, chunkSizes } from '../chunked.ts'

function surrogate(raw: Uint8Array, size = Infinity): Uint8Array {
  const pieces: Uint8Array[] = []
  const maker = new Surrogate(headerExtents(parseMessage(raw)), (bytes) => pieces.push(bytes))
  for (const chunk of chunked(raw, size)) maker.push(chunk)
  return concat(pieces)
}

/** A header of one field as its surrogate has it, on one line. */
function field(text: string): string {
  return latin1(surrogate(encodeUtf8(`${text}\r\n\r\n`))).replace(/\r\n(?=[ \t])/g, '')
}

const header = (text: string) => parseHeader(encodeUtf8(text)).header

describe('surrogate headers (RFC 6858 §2)', () => {
  it('keep an address that is ASCII, with its name encoded', () => {
    const out = field('From: Jøran Øygårdvær <joran@example.com>')
    expect(out).toMatch(/^From: =\?utf-8\?Q\?[^ ]+ <joran@example\.com>\r\n\r\n$/i)
    expect(parseAddressList(header(out).first('from') ?? '')).toEqual([
      { name: 'Jøran Øygårdvær', address: 'joran@example.com' },
    ])
  })

  it('put an address of nobody in the place of one that is not, and the address into the name (§2.1)', () => {
    const [first, second] = parseAddressList(
      header(field('To: Jøran <jøran@example.com>, 用户@例子.test')).first('to') ?? '',
    )
    const nobody = 'invalid@internationalized-address.invalid'
    expect(first).toEqual({ name: 'Jøran (jøran@example.com)', address: nobody })
    expect(second).toEqual({ name: '用户@例子.test', address: nobody })
  })

  it('write an international domain in its ASCII form, which means the same', () => {
    expect(field('Cc: Ann <ann@exämple.com>, Bob <bob@example.com>')).toBe(
      'Cc: Ann <ann@xn--exmple-cua.com>, Bob <bob@example.com>\r\n\r\n',
    )
  })

  it('keep groups', () => {
    expect(header(field('To: Fréunde: a@example.com, é@example.com;')).first('to')).toMatch(
      /^=\?utf-8\?.*\?=: a@example\.com, =\?utf-8\?.*\?= <invalid@internationalized-address\.invalid>;$/i,
    )
  })

  it('have a return path that leads nowhere (§2.1)', () => {
    expect(field('Return-Path: <é@example.com>')).toBe(
      'Return-Path: <invalid@internationalized-address.invalid>\r\n\r\n',
    )
  })

  it('encode the subject (§2.3) and descriptions (RFC 6857 §3.2.6)', () => {
    for (const name of ['Subject', 'Content-Description']) {
      const out = field(`${name}: Grüße aus Köln, =?utf-8?Q?=C3=BC?=`)
      expect(isAscii(encodeUtf8(out))).toBe(true)
      expect(decodeHeaderText(header(out).first(name) ?? '')).toBe('Grüße aus Köln, ü')
    }
  })

  it('encode parameters that need it and leave the others (RFC 6857 §3.1.4)', () => {
    const boundary = 'x'.repeat(60)
    expect(field(`Content-Type: Multipart/Mixed; boundary="${boundary}"; name=é.txt`)).toBe(
      `Content-Type: multipart/mixed; boundary="${boundary}"; name*=utf-8''%C3%A9.txt\r\n\r\n`,
    )
    expect(field('Content-Disposition: attachment; filename*=utf-8\'\'%C3%A9; x="é"')).toBe(
      "Content-Disposition: attachment; filename*=utf-8''%C3%A9; x*=utf-8''%C3%A9\r\n\r\n",
    )
  })

  it('leave out all else that is not ASCII, with the lines that go on with it (§2.4)', () => {
    const raw = 'X-Note: é\r\n more\r\nDate: today\r\nno field é\r\n goes on\r\nMessage-ID: <é@x>\r\nSubject: a\r\n\r\n'
    expect(latin1(surrogate(encodeUtf8(raw)))).toBe('Date: today\r\nSubject: a\r\n\r\n')
  })

  it('are those of parts and of enclosed messages too; bodies stay', () => {
    const raw = encodeUtf8(
      [
        'Subject: plain',
        'Content-Type: multipart/mixed; boundary=b',
        '',
        'préamble',
        '--b',
        'Content-Type: text/plain; charset=utf-8; name="é"',
        '',
        'bödy',
        '--b',
        'Content-Type: message/global',
        '',
        'Subject: é',
        '',
        'innér',
        '--b--',
        '',
      ].join('\r\n'),
    )
    expect(latin1(surrogate(raw))).toBe(
      latin1(raw)
        .replace('name="\xc3\xa9"', "name*=utf-8''%C3%A9")
        .replace('text/plain; charset=utf-8;', 'text/plain; charset="utf-8";')
        .replace('Subject: \xc3\xa9', 'Subject: =?utf-8?B?w6k=?='),
    )
  })

  it('leave out fields where there are too many to write anew, over all headers of a message', () => {
    const part = `--b\r\n${'Subject: é\r\nX-Plain: e\r\n'.repeat(500)}\r\n`
    const raw = encodeUtf8(`Content-Type: multipart/mixed; boundary=b\r\n\r\n${part.repeat(20)}--b--\r\n`)
    const text = latin1(surrogate(raw))
    expect(text.match(/^Subject: =/gm)).toHaveLength(Math.floor((32 * 1024) / 'Subject: éé\r\n'.length))
    expect(text.match(/^X-Plain: e/gm)).toHaveLength(20 * 500)
    expect(surrogateSize(raw, parseMessage(raw))).toBe(text.length)
  })

  it('leave a message alone that is ASCII but for its bodies', () => {
    const raw = encodeUtf8('Subject: a\r\n\r\nbödy')
    expect(surrogateSize(raw, parseMessage(raw))).toBeUndefined()
    expect(surrogate(raw)).toEqual(raw)
  })
})

/** Lines that make headers, parts and nonsense. */
const line = fc.constantFrom(
  'From: é <é@é>, a@b',
  'Subject: é',
  'Content-Type: multipart/mixed; boundary=b; x=é',
  'Content-Type: message/rfc822',
  'Content-Type: é',
  'Content-Disposition: é; filename=é',
  '--b',
  '--b--',
  '',
  ' é',
  'é: é',
  'To: (((é <',
  'Return-Path: é',
  `${'n'.repeat(80)}: é`,
  `Subject: ${'é'.repeat(600)}`,
)

/** How many octets are not ASCII. */
const others = (octets: Uint8Array): number => octets.filter((octet) => octet > 127).length

describe('a surrogate of anything', () => {
  it('has what is not ASCII in its bodies alone, the size that was told of it, and is the same in whatever pieces it comes', () => {
    const messages = fc.tuple(fc.array(line, { maxLength: 12 }), fc.constantFrom('\r\n', '\n'))
    fc.assert(
      fc.property(messages, ([lines, end]) => {
        const raw = encodeUtf8(lines.join(end))
        const whole = surrogate(raw)
        for (const size of chunkSizes) expect(surrogate(raw, size)).toEqual(whole)
        const root = parseMessage(raw)
        const headers = headerExtents(root).map(({ start, end }) => others(raw.subarray(start, end)))
        expect(others(whole)).toBe(headers.reduce((left, header) => left - header, others(raw)))
        const size = surrogateSize(raw, root)
        if (size === undefined) expect(whole).toEqual(raw)
        else expect(crlfSize(whole)).toBe(size)
      }),
    )
  })
})
