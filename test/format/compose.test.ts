import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  allParts,
  compose,
  ComposeError,
  composeHeader,
  decodeBody,
  decodeHeaderText,
  decodeText,
  decodeUtf8,
  encodeUtf8,
  equalBytes,
  fromLatin1,
  latin1,
  parseAddressList,
  parseDate,
  parseHeader,
  parseMessage,
  parseMessageIds,
} from '../../src/format/index.ts'
import type { Address, AddressGroup, ComposedField, ComposedPart } from '../../src/format/index.ts'

const field = (value: ComposedField, smtputf8 = false): string => decodeUtf8(composeHeader([value], smtputf8))
const readBack = (value: ComposedField, smtputf8 = false): string =>
  parseHeader(composeHeader([value], smtputf8)).header.first(value.name)!
const text = (content: string, type = 'text/plain'): ComposedPart => ({ type, content: { text: content } })
const message = (body: ComposedPart, header: ComposedField[] = []): Uint8Array =>
  compose({ header, body }, { seed: 'seed' })

const wrap = (bytes: Uint8Array) =>
  parseMessage(
    message({ type: 'multipart/mixed', content: { children: [{ type: 'message/rfc822', content: { bytes } }] } }),
  )

const clean = (each: { name: string | undefined; address: string }): Address =>
  each.name === undefined ? { address: each.address } : { name: each.name, address: each.address }

/** Text as people write it, with what composers trip over. */
const words = fc
  .array(
    fc.constantFrom(
      'a',
      'word',
      'ü',
      '日本語',
      '\u{1f600}',
      '=?utf-8?Q?x?=',
      '"',
      '\\',
      ',',
      '<x>',
      '.',
      'x'.repeat(80),
      'é'.repeat(90),
      '  ',
      '\t',
    ),
    { maxLength: 12 },
  )
  .map((list) => list.join(' '))
/** What is left of white space and controls in a header: one line, no space around it. */
const oneLine = (value: string): string => value.replace(/[\t\r\n]+/g, ' ').trim()

describe('fields', () => {
  test.each<[ComposedField, string]>([
    [{ name: 'Subject', text: 'plain' }, 'Subject: plain\r\n'],
    [{ name: 'Subject', text: '' }, 'Subject: \r\n'],
    [{ name: 'Subject', text: 'Grüße' }, 'Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n'],
    [{ name: 'Subject', text: 'Re: Grüße from here' }, 'Subject: Re: =?utf-8?Q?Gr=C3=BC=C3=9Fe?= from here\r\n'],
    [{ name: 'Subject', text: '日本語' }, 'Subject: =?utf-8?B?5pel5pys6Kqe?=\r\n'],
    [{ name: 'Subject', text: 'looks =?like?Q?one?=' }, 'Subject: looks =?utf-8?Q?=3D=3Flike=3FQ=3Fone=3F=3D?=\r\n'],
    [{ name: 'Subject', text: 'a\r\nBcc: evil@x' }, 'Subject: a Bcc: evil@x\r\n'],
    [{ name: 'To', addresses: [{ address: 'a@x.test' }] }, 'To: a@x.test\r\n'],
    [
      {
        name: 'To',
        addresses: [
          { name: 'Ann B', address: 'a@x.test' },
          { name: 'C, D.', address: 'c@x.test' },
        ],
      },
      'To: Ann B <a@x.test>, "C, D." <c@x.test>\r\n',
    ],
    [
      { name: 'To', addresses: [{ name: 'Jörg', address: 'j@bücher.test' }] },
      'To: =?utf-8?Q?J=C3=B6rg?= <j@xn--bcher-kva.test>\r\n',
    ],
    [
      { name: 'To', addresses: [{ name: 'G', addresses: [{ address: 'a@x' }, { address: 'b@x' }] }] },
      'To: G: a@x, b@x;\r\n',
    ],
    [{ name: 'To', addresses: [{ name: 'G', addresses: [] }, { address: 'c@x' }] }, 'To: G:;, c@x\r\n'],
    [{ name: 'To', addresses: [{ address: 'draft' }] }, 'To: draft\r\n'],
    [{ name: 'To', addresses: [] }, 'To:\r\n'],
    [{ name: 'References', messageIds: ['a@b', 'c@d'] }, 'References: <a@b> <c@d>\r\n'],
    [{ name: 'Date', date: Date.parse('2026-11-23T03:21:00Z'), zone: 60 }, 'Date: Mon, 23 Nov 2026 04:21:00 +0100\r\n'],
    [{ name: 'List-Post', urls: ['mailto:l@x', 'https://x/'] }, 'List-Post: <mailto:l@x>, <https://x/>\r\n'],
    [{ name: 'X-Raw', raw: ' a\r\n\tb' }, 'X-Raw: a\r\n\tb\r\n'],
  ])('%j', (value, expected) => expect(field(value)).toBe(expected))

  test('with SMTPUTF8 text stays as it is (RFC 6532)', () => {
    expect(field({ name: 'Subject', text: 'Grüße' }, true)).toBe('Subject: Grüße\r\n')
    expect(field({ name: 'To', addresses: [{ name: 'Jörg', address: 'jörg@bücher.test' }] }, true)).toBe(
      'To: Jörg <jörg@bücher.test>\r\n',
    )
    expect(field({ name: 'Subject', text: '=?x?q?y?= ü' }, true)).toBe(
      'Subject: =?utf-8?Q?=3D=3Fx=3Fq=3Fy=3F=3D?= ü\r\n',
    )
  })

  test.each<[string, ComposedField]>([
    ['a name with a line end', { name: 'X\r\nBcc', text: 'x' }],
    ['a name with a colon', { name: 'X:', text: 'x' }],
    ['no name', { name: '', text: 'x' }],
    ['a raw value that ends the field (header injection)', { name: 'X', raw: ' a\r\nBcc: b@x' }],
    ['a raw value with a bare LF', { name: 'X', raw: ' a\n b' }],
    ['a raw value with an empty line', { name: 'X', raw: ' a\r\n\r\nbody' }],
    ['a raw value with a line of white space', { name: 'X', raw: ' a\r\n \r\n b' }],
    ['a raw line over 998 octets', { name: 'X', raw: ` ${'x'.repeat(1000)}` }],
    ['an address with a line end', { name: 'To', addresses: [{ address: 'a@x\r\nBcc: b@x' }] }],
    ['an address that is a list', { name: 'To', addresses: [{ address: 'a@x, b@x' }] }],
    ['an address in brackets', { name: 'To', addresses: [{ address: '<a@x>' }] }],
    ['an empty address', { name: 'To', addresses: [{ address: '' }] }],
    ['a UTF-8 local part without SMTPUTF8', { name: 'To', addresses: [{ address: 'jörg@x' }] }],
    ['an identifier with a space', { name: 'References', messageIds: ['a b'] }],
    ['an identifier in brackets', { name: 'References', messageIds: ['<a@b>'] }],
    ['a URL with a line end', { name: 'List-Post', urls: ['a\r\nb'] }],
    ['a date that is none', { name: 'Date', date: Number.NaN }],
    ['a zone that is none', { name: 'Date', date: 0, zone: 2000 }],
  ])('refuses %s', (_, value) => expect(() => composeHeader([value])).toThrow(ComposeError))

  test('text comes back as it was, in lines of at most 78 where it can be folded', () => {
    fc.assert(
      fc.property(words, fc.boolean(), (value, smtputf8) => {
        const header = composeHeader([{ name: 'Subject', text: value }], smtputf8)
        expect(decodeHeaderText(parseHeader(header).header.first('subject')!)).toBe(oneLine(value))
        for (const line of decodeUtf8(header).split('\r\n').slice(0, -1)) {
          // Spaces that the text itself has at a fold may hang over.
          expect(line.trimEnd().length <= 78 || !/\S \S/.test(line.replace(/^\S+: | /, ''))).toBe(true)
          expect(line.trim()).not.toBe('')
        }
        if (!smtputf8) expect(decodeUtf8(header)).toMatch(/^[\r\n -~]*$/)
      }),
      { numRuns: 500 },
    )
  })

  test('address lists come back as they were', () => {
    const name = words.map((value) => oneLine(value).replace(/\s+/g, ' '))
    const address = fc.record({
      name: fc.option(
        name.filter((value) => value !== ''),
        { nil: undefined },
      ),
      address: fc.constantFrom('a@x.test', '"a b"@x.test', 'a@[192.0.2.1]', 'a+b.c@y.test', '"a,\\"b"@x.test'),
    })
    const group = fc.record({ name, addresses: fc.array(address.map(clean), { maxLength: 3 }) })
    const list: fc.Arbitrary<(Address | AddressGroup)[]> = fc.array(fc.oneof(address.map(clean), group), {
      minLength: 1,
      maxLength: 6,
    })
    fc.assert(
      fc.property(list, (addresses) => {
        expect(parseAddressList(readBack({ name: 'To', addresses }))).toEqual(addresses)
      }),
      { numRuns: 500 },
    )
  })

  test('identifiers and dates come back as they were', () => {
    const ids = Array.from({ length: 50 }, (_, i) => `id-${i}-${'x'.repeat(i)}@example.org`)
    expect(parseMessageIds(readBack({ name: 'References', messageIds: ids }))).toEqual(ids)
    expect(parseDate(readBack({ name: 'Date', date: 1_795_400_460_000, zone: -210 }))).toEqual({
      time: 1_795_400_460_000,
      zone: -210,
    })
  })
})

describe('bodies', () => {
  test.each([
    ['ASCII goes as it is', 'hello\nworld\n', '7bit', 'hello\r\nworld\r\n'],
    [
      'a little 8-bit text is quoted-printable',
      'Grüße aus München, es ist schön hier\n',
      'quoted-printable',
      'Gr=C3=BC=C3=9Fe aus M=C3=BCnchen, es ist sch=C3=B6n hier\r\n',
    ],
    ['much of it is base64', '日本語\n', 'base64', '5pel5pys6KqeDQo=\r\n'],
    ['a long line is quoted-printable', 'x'.repeat(1100), 'quoted-printable', undefined],
    ['NUL is never sent bare', 'a\0b and more text\n', 'quoted-printable', 'a=00b and more text\r\n'],
    ['every line end becomes CRLF', 'a\rb\nc\r\nd\n', '7bit', 'a\r\nb\r\nc\r\nd\r\n'],
    ['an open last line is ended', 'open', '7bit', 'open\r\n'],
    ['nothing', '', '7bit', ''],
  ])('%s', (_, content, encoding, octets) => {
    const raw = message(text(content))
    const root = parseMessage(raw)
    expect(root.encoding).toBe(encoding)
    if (octets !== undefined) expect(latin1(raw, root.bodyStart)).toBe(octets)
    const expected = content.replace(/\r\n?/g, '\n')
    expect(decodeText(raw, root).text.replace(/\n$/, '')).toBe(expected.replace(/\n$/, ''))
  })

  test('a whole message: order of fields, MIME-Version, parameters', () => {
    const raw = compose(
      {
        header: [
          { name: 'From', addresses: [{ address: 'a@x.test' }] },
          { name: 'Subject', text: 'hi' },
        ],
        body: {
          type: 'multipart/mixed',
          content: {
            children: [
              text('hello'),
              {
                type: 'application/pdf',
                parameters: { name: 'ü.pdf' },
                disposition: { type: 'attachment', parameters: { filename: 'a b.pdf' } },
                contentId: 'i@x',
                description: 'déjà vu',
                language: ['en', 'de'],
                location: 'http://x/',
                content: { bytes: fromLatin1('ABC') },
              },
            ],
          },
        },
      },
      { seed: 'S' },
    )
    expect(latin1(raw).split('\r\n')).toEqual([
      'From: a@x.test',
      'Subject: hi',
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary="=_S_1"',
      '',
      '--=_S_1',
      'Content-Type: text/plain; charset=utf-8',
      '',
      'hello',
      '--=_S_1',
      "Content-Type: application/pdf; name*=utf-8''%C3%BC.pdf",
      'Content-Transfer-Encoding: base64',
      'Content-Disposition: attachment; filename="a b.pdf"',
      'Content-ID: <i@x>',
      'Content-Description: =?utf-8?Q?d=C3=A9j=C3=A0?= vu',
      'Content-Language: en, de',
      'Content-Location: http://x/',
      '',
      'QUJD',
      '',
      '--=_S_1--',
      '',
    ])
  })

  test('a nested message is not encoded (RFC 2046 §5.2.1), and the parts around it say what it needs', () => {
    const eight = wrap(fromLatin1('Subject: x\r\n\r\n\xfc\r\n'))
    expect([eight.encoding, eight.children[0]!.encoding, eight.children[0]!.message?.header.first('subject')]).toEqual([
      '8bit',
      '8bit',
      'x',
    ])
    expect(wrap(fromLatin1('Subject: x\r\n\r\ny\r\n')).encoding).toBe('7bit')
    expect(wrap(fromLatin1('Subject: x\r\n\r\n\0\r\n')).encoding).toBe('binary')
  })

  test('a boundary that a child contains is not used', () => {
    const raw = message({
      type: 'multipart/mixed',
      content: { children: [text('--=_seed_1\n--=_seed_2--\n'), text('b')] },
    })
    const root = parseMessage(raw)
    expect(root.parameters['boundary']).toBe('=_seed_3')
    expect(root.children).toHaveLength(2)
  })

  test.each<[string, () => unknown]>([
    ['a seed that could break a boundary', () => compose({ header: [], body: text('x') }, { seed: 'a"\r\n' })],
    ['no seed', () => compose({ header: [], body: text('x') }, { seed: '' })],
    ['a MIME field among the fields', () => message(text('x'), [{ name: 'content-type', text: 'text/html' }])],
    ['a media type with a line end', () => message(text('x', 'text/plain\r\nX: y'))],
    ['a media type without slash', () => message(text('x', 'text'))],
    ['text in a multipart', () => message(text('x', 'multipart/mixed'))],
    ['children in a leaf', () => message({ type: 'text/plain', content: { children: [text('x')] } })],
    ['a multipart without children', () => message({ type: 'multipart/mixed', content: { children: [] } })],
    ['a charset that is not written', () => message({ type: 'text/plain', content: { text: 'x', charset: 'koi8-r' } })],
    ['us-ascii that is none', () => message({ type: 'text/plain', content: { text: 'ü', charset: 'us-ascii' } })],
    ['a disposition with a line end', () => message({ ...text('x'), disposition: { type: 'a\r\nb' } })],
    ['a parameter name with a semicolon', () => message({ ...text('x'), parameters: { 'a;b': 'c' } })],
    ['a content id with a line end', () => message({ ...text('x'), contentId: 'a\r\nb' })],
    ['a language that is none', () => message({ ...text('x'), language: ['en\r\nX: y'] })],
    [
      'nesting without end',
      () =>
        message(
          Array.from({ length: 60 }).reduce<ComposedPart>(
            (child) => ({ type: 'multipart/mixed', content: { children: [child] } }),
            text('x'),
          ),
        ),
    ],
  ])('refuses %s', (_, work) => expect(work).toThrow(ComposeError))

  test('a tree of parts comes back as it was: structure, octets, text, names', () => {
    const leaf: fc.Arbitrary<ComposedPart> = fc.oneof(
      fc.record({ name: words, content: fc.record({ text: words }) }).map(({ name, content }) => ({
        type: 'text/plain',
        disposition: { type: 'attachment', parameters: { filename: name } },
        content,
      })),
      fc
        .record({
          bytes: fc.uint8Array({ maxLength: 300 }),
          type: fc.constantFrom('image/png', 'text/html', 'application/x-a'),
        })
        .map(({ bytes, type }) => ({ type, content: { bytes } })),
    )
    const tree = fc.letrec<{ part: ComposedPart }>((tie) => ({
      part: fc.oneof(
        { depthSize: 'small' },
        leaf,
        fc
          .array(tie('part'), { minLength: 1, maxLength: 3 })
          .map((children) => ({ type: 'multipart/mixed', content: { children } })),
      ),
    })).part
    fc.assert(
      fc.property(fc.array(tree, { minLength: 1, maxLength: 3 }), (children) => {
        const root: ComposedPart = { type: 'multipart/mixed', content: { children } }
        const raw = message(root)
        const wanted: ComposedPart[] = []
        const visit = (part: ComposedPart): void => {
          wanted.push(part)
          if ('children' in part.content) part.content.children.forEach(visit)
        }
        visit(root)
        const parts = allParts(parseMessage(raw))
        expect(parts.map((part) => `${part.type}/${part.subtype}`)).toEqual(wanted.map((part) => part.type))
        for (const [index, { content, disposition }] of wanted.entries()) {
          const part = parts[index]!
          if ('text' in content) expect(decodeText(raw, part).text).toBe(content.text.replace(/\r\n?/g, '\n'))
          if ('bytes' in content) expect(equalBytes(decodeBody(raw, part), content.bytes)).toBe(true)
          if (disposition)
            expect(part.disposition?.parameters['filename']).toBe(oneLine(disposition.parameters!['filename']!))
        }
        // 7-bit data is all but NUL (RFC 2045 §2.7)
        expect(latin1(raw)).toMatch(/^[\x01-\x7f]*$/)
        expect(
          latin1(raw)
            .split('\r\n')
            .every((line) => line.length <= 998 && !/[\r\n]/.test(line)),
        ).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  test('a message with raw UTF-8 is sent as it is under SMTPUTF8', () => {
    const raw = compose(
      { header: [{ name: 'Subject', text: 'ü' }], body: { ...text('x'), description: 'ü' } },
      { seed: 's', smtputf8: true },
    )
    expect(equalBytes(raw.subarray(0, 13), encodeUtf8('Subject: ü\r\n'))).toBe(true)
    expect(parseMessage(raw).description).toBe('ü')
  })
})
