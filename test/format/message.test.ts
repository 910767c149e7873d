import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  allParts,
  bodyParts,
  decodeBody,
  decodeParts,
  decodeText,
  defaultLimits,
  encodeParts,
  encodeUtf8,
  fromLatin1,
  latin1,
  parseHeader,
  parseMessage,
  partAt,
  partName,
} from '../../src/format/index.ts'
import type { Part, StoredPart } from '../../src/format/index.ts'
import { mimeBytes } from './mime-bytes.ts'

const lines = (...text: string[]): Uint8Array => encodeUtf8(text.join('\r\n'))
const outline = (part: Part): unknown => [
  `${part.path}:${part.type}/${part.subtype}`,
  ...part.children.map(outline),
  ...(part.message ? [outline(part.message)] : []),
]

const partText = (type: string, body: string) => `Content-Type: ${type}\r\n\r\n${body}`
const readPart = (...fields: string[]): Part => parseMessage(lines(...fields, '', ''))
const textOf = (head: string, body: string) => {
  const raw = fromLatin1(`${head}\r\n\r\n${body}`)
  return decodeText(raw, parseMessage(raw))
}
const leaf = (name: string, type: string, disposition: string) =>
  `Content-Type: ${type}\r\nContent-ID: <${name}>\r\nContent-Disposition: ${disposition}\r\n\r\n${name}\r\n`
const multi = (type: string, boundary: string, ...children: string[]) =>
  `Content-Type: multipart/${type}; boundary=${boundary}\r\n\r\n${children.map((child) => `--${boundary}\r\n${child}\r\n`).join('')}--${boundary}--\r\n`
const names = (parts: StoredPart[]) => parts.map((each) => each.contentId).join('')

describe('header (RFC 5322 §2.2)', () => {
  test('fields keep their octets and their place; lookups ignore case and unfold', () => {
    const raw = lines('Subject: one', '\ttwo', 'X-A:1', 'x-a :  2 ', '', 'body')
    const { header, bodyStart } = parseHeader(raw)
    expect(header.fields.map(({ name }) => name)).toEqual(['Subject', 'X-A', 'x-a'])
    expect(header.fields[0]!.value).toBe(' one\r\n\ttwo')
    expect(header.first('SUBJECT')).toBe('one\ttwo')
    expect([header.first('x-a'), header.last('x-a'), header.all('X-A')]).toEqual(['1', '2', ['1', '2']])
    expect([header.has('x-b'), header.first('x-b'), header.all('x-b')]).toEqual([false, undefined, []])
    expect(latin1(raw, bodyStart)).toBe('body')
    for (const field of header.fields) expect(latin1(raw, field.start, field.end)).toContain(field.value)
  })

  test.each([
    ['an mbox line and garbage are passed over', 'From a@b Mon\r\nrubbish\r\nA: 1\r\n\r\nx', ['A'], 'x'],
    ['bare LF ends lines', 'A: 1\nB: 2\n\nx', ['A', 'B'], 'x'],
    ['a lone CR is content', 'A: 1\rB: 2\r\n\r\nx', ['A'], 'x'],
    ['no empty line: all is header', 'A: 1\r\nB: 2', ['A', 'B'], ''],
    ['an empty line first: all is body', '\r\nA: 1', [], 'A: 1'],
    ['no octets', '', [], ''],
    ['a name with a space in it is none', 'A B: 1\r\nC: 2\r\n\r\n', ['C'], ''],
    ['an empty name is none', ': 1\r\nC: 2\r\n\r\n', ['C'], ''],
    ['a continuation without a field', ' x: 1\r\nC: 2\r\n\r\n', ['C'], ''],
    ['a line of white space is no empty line', 'A: 1\r\n \r\nB: 2\r\n\r\nx', ['A', 'B'], 'x'],
  ])('%s', (_, text, names, body) => {
    const raw = fromLatin1(text)
    const { header, bodyStart } = parseHeader(raw)
    expect(header.fields.map(({ name }) => name)).toEqual(names)
    expect(latin1(raw, bodyStart)).toBe(body)
  })

  test('limits drop later fields, yet the body starts where it does', () => {
    const raw = encodeUtf8(`${'X: 1\r\n'.repeat(5000)}Y: 2\r\n\r\nbody`)
    const few = parseHeader(raw, 0, { ...defaultLimits, headerFields: 10 })
    expect([few.header.fields.length, latin1(raw, few.bodyStart)]).toEqual([10, 'body'])
    const short = parseHeader(raw, 0, { ...defaultLimits, headerBytes: 20 })
    expect([short.header.fields.length, latin1(raw, short.bodyStart)]).toEqual([3, 'body'])
  })

  test('a field that is too long hides none of those behind it', () => {
    const to = Array.from({ length: 6000 }, (_, i) => `User ${i} <u${i}@example.org>`).join(',\r\n ')
    const raw = encodeUtf8(`From: a@example.org\r\nTo: ${to}\r\nSubject: s\r\nContent-Type: text/html\r\n\r\nbody`)
    const { header, bodyStart } = parseHeader(raw)
    expect(header.fields.map(({ name }) => name)).toEqual(['From', 'Subject', 'Content-Type'])
    expect(header.fields.map(({ start, end }) => latin1(raw, start, end))).toEqual([
      'From: a@example.org\r\n',
      'Subject: s\r\n',
      'Content-Type: text/html\r\n',
    ])
    expect([header.first('Subject'), latin1(raw, bodyStart)]).toEqual(['s', 'body'])
  })
})

describe('part tree (RFC 2046 §5)', () => {
  test('the example of RFC 2046 §5.1.1: preamble, implicit type, explicit type, epilogue', () => {
    const raw = lines(
      'MIME-Version: 1.0',
      'Content-type: multipart/mixed; boundary="simple boundary"',
      '',
      'This is the preamble.  It is to be ignored.',
      '',
      '--simple boundary',
      '',
      'This is implicitly typed plain US-ASCII text.',
      'It does NOT end with a linebreak.',
      '--simple boundary',
      'Content-type: text/plain; charset=us-ascii',
      '',
      'This is explicitly typed plain US-ASCII text.',
      'It DOES end with a linebreak.',
      '',
      '--simple boundary--',
      '',
      'This is the epilogue.  It is also to be ignored.',
    )
    const root = parseMessage(raw)
    expect(root.children.map((part) => latin1(decodeBody(raw, part)))).toEqual([
      'This is implicitly typed plain US-ASCII text.\r\nIt does NOT end with a linebreak.',
      'This is explicitly typed plain US-ASCII text.\r\nIt DOES end with a linebreak.\r\n',
    ])
    expect(root.children.map((part) => part.lines)).toEqual([2, 2])
    expect(root.bodyEnd).toBe(raw.length)
  })

  test('part numbers are those of RFC 9051 §6.4.5.1', () => {
    const raw = lines(
      'Content-Type: multipart/mixed; boundary=m',
      '',
      '--m',
      '',
      'text',
      '--m',
      'Content-Type: message/rfc822',
      '',
      'Subject: nested',
      'Content-Type: multipart/mixed; boundary=n',
      '',
      '--n',
      '',
      'text',
      '--n',
      'Content-Type: multipart/alternative; boundary=o',
      '',
      '--o',
      '',
      'a',
      '--o',
      'Content-Type: text/html',
      '',
      'b',
      '--o--',
      '--n--',
      '--m',
      'Content-Type: message/rfc822',
      '',
      'Subject: plain',
      '',
      'x',
      '--m--',
    )
    const root = parseMessage(raw)
    expect(outline(root)).toEqual([
      ':multipart/mixed',
      ['1:text/plain'],
      [
        '2:message/rfc822',
        [
          ':multipart/mixed',
          ['2.1:text/plain'],
          ['2.2:multipart/alternative', ['2.2.1:text/plain'], ['2.2.2:text/html']],
        ],
      ],
      ['3:message/rfc822', ['3.1:text/plain']],
    ])
    expect(partAt(root, '2.2.2')?.subtype).toBe('html')
    expect(partAt(root, '')).toBe(root)
    expect(partAt(root, '9')).toBeUndefined()
    expect(parseMessage(lines('Subject: x', '', 'y')).path).toBe('1')
  })

  test.each([
    ['a missing closing delimiter', partText('multipart/mixed; boundary=b', '--b\r\n\r\nx\r\n'), ['x\r\n']],
    [
      'an outer delimiter ends inner parts',
      partText(
        'multipart/mixed; boundary=b',
        `--b\r\n${partText('multipart/mixed; boundary=c', '--c\r\n\r\nx')}\r\n--b\r\n\r\ny\r\n--b--`,
      ),
      ['--c\r\n\r\nx', 'y'],
    ],
    [
      'a delimiter within a header',
      partText('multipart/mixed; boundary=b', '--b\r\nX: 1\r\n--b\r\n\r\ny\r\n--b--'),
      ['', 'y'],
    ],
    [
      'white space behind the delimiter',
      partText('multipart/mixed; boundary=b', '--b \t\r\n\r\nx\r\n--b-- \r\n'),
      ['x'],
    ],
    ['bare LF', partText('multipart/mixed; boundary=b', '--b\n\nx\n--b--\n'), ['x']],
    [
      'a longer line is no delimiter',
      partText('multipart/mixed; boundary=b', '--b\r\n\r\n--bc\r\n--b x\r\n--b--'),
      ['--bc\r\n--b x'],
    ],
    [
      'a delimiter in the middle of a line is none',
      partText('multipart/mixed; boundary=b', '--b\r\n\r\nx--b\r\n--b--'),
      ['x--b'],
    ],
    [
      'a boundary that ends in dashes',
      partText('multipart/mixed; boundary="b--"', '--b--\r\n\r\nx\r\n--b----\r\n'),
      ['x'],
    ],
    [
      'a boundary of specials, quoted',
      partText('multipart/mixed; boundary="a\\"(=?:"', '--a"(=?:\r\n\r\nx\r\n--a"(=?:--'),
      ['x'],
    ],
    ['no boundary at all', partText('multipart/mixed', '--\r\n\r\nx'), []],
    ['an empty boundary', partText('multipart/mixed; boundary=""', '--\r\n\r\nx\r\n----'), []],
    ['no part at all', partText('multipart/mixed; boundary=b', 'nothing'), []],
    ['only a closing delimiter', partText('multipart/mixed; boundary=b', '--b--\r\n--b\r\n\r\nx'), []],
    [
      'a header without body, ended by an outer delimiter',
      partText(
        'multipart/mixed; boundary=b',
        `--b\r\n${partText('multipart/mixed; boundary=c', '--c\r\n\r\n--b\r\n\r\ny\r\n--b--')}`,
      ),
      ['--c\r\n\r\n', 'y'],
    ],
    ['an empty part', partText('multipart/mixed; boundary=b', '--b\r\n\r\n--b--'), ['']],
    [
      'the same boundary twice: the inner one is meant',
      partText(
        'multipart/mixed; boundary=b',
        `--b\r\n${partText('multipart/mixed; boundary=b', '--b\r\n\r\nx\r\n--b--')}\r\n--b\r\n\r\ny\r\n--b--`,
      ),
      ['--b\r\n\r\nx\r\n--b--', 'y'],
    ],
    [
      'base64 with a delimiter behind it',
      partText(
        'multipart/mixed; boundary=b',
        `--b\r\nContent-Transfer-Encoding: base64\r\n\r\n${'QUJD\r\n'.repeat(99)}--b--`,
      ),
      [`${'QUJD\r\n'.repeat(98)}QUJD`],
    ],
  ])('%s', (_, text, bodies) => {
    const raw = fromLatin1(text)
    expect(parseMessage(raw).children.map((child) => latin1(raw, child.bodyStart, child.bodyEnd))).toEqual(bodies)
  })

  test('a digest holds messages by default (RFC 2046 §5.1.5)', () => {
    const root = parseMessage(
      lines('Content-Type: multipart/digest; boundary=b', '', '--b', '', 'Subject: x', '', 'y', '--b--'),
    )
    expect(root.children[0]!.message?.header.first('subject')).toBe('x')
  })

  test.each(['text', 'text/', '/plain', '', 'te xt/plain', 'text/pl@in/x; a=b', ';;;'])(
    'a malformed Content-Type %j counts as text/plain (RFC 2045 §5.2)',
    (type) => expect(parseMessage(lines(`Content-Type: ${type}`, '', 'x'))).toMatchObject({ type: 'text' }),
  )

  test('an encoded message/rfc822 is a leaf (RFC 2046 §5.2.1 forbids it)', () => {
    const raw = lines('Content-Type: message/rfc822', 'Content-Transfer-Encoding: base64', '', 'U3ViamVjdDogeA==')
    const root = parseMessage(raw)
    expect(root.message).toBeUndefined()
    expect(latin1(decodeBody(raw, root))).toBe('Subject: x')
    expect(root.size).toBe(10)
  })

  test('nesting stops at the depth limit, and parts at theirs; what is deeper is a leaf', () => {
    const nested = (depth: number): string =>
      depth === 0
        ? '\r\nx'
        : `Content-Type: multipart/mixed; boundary=b${depth}\r\n\r\n--b${depth}\r\n${nested(depth - 1)}\r\n--b${depth}--`
    const deep = parseMessage(fromLatin1(nested(200)))
    let depth = 0
    for (let at: Part | undefined = deep; at; at = at.children[0]) depth++
    expect(depth).toBe(defaultLimits.depth + 1)
    const wide = parseMessage(
      fromLatin1(partText('multipart/mixed; boundary=b', `${'--b\r\n\r\nx\r\n'.repeat(3000)}--b--`)),
    )
    expect(wide.children).toHaveLength(defaultLimits.parts - 1)
    const messages = parseMessage(fromLatin1(`${'Content-Type: message/rfc822\r\n\r\n'.repeat(200)}x`))
    expect(allParts(messages)).toHaveLength(defaultLimits.depth + 1)
  })
})

describe('content fields', () => {
  test.each([
    ['plain', 'name=a.txt', 'a.txt'],
    ['quoted, with escapes', 'name="a \\"b\\".txt"', 'a "b".txt'],
    ['a Windows path', 'name="C:\\dir\\file.txt"', 'C:\\dir\\file.txt'],
    ['unquoted spaces', 'name=a b (1).txt; x=y', 'a b (1).txt'],
    ['RFC 2231 §4', "name*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A", 'This is ***fun***'],
    [
      'RFC 2231 §4.1',
      "name*0*=us-ascii'en'This%20is%20even%20more%20; name*1*=%2A%2A%2Afun%2A%2A%2A%20; name*2=\"isn't it!\"",
      "This is even more ***fun*** isn't it!",
    ],
    ['continuations out of order', 'name*1=b; name*2=c; name*0=a', 'abc'],
    ['a gap ends it', 'name*0=a; name*2=c', 'a'],
    ['a percent sign in a plain segment', "name*0*=utf-8''%C3%BC; name*1=100%25", 'ü100%25'],
    ['an encoded word, against the rules', 'name="=?utf-8?Q?=C3=BC.txt?="', 'ü.txt'],
    ['raw UTF-8', `name="${latin1(encodeUtf8('ü.txt'))}"`, 'ü.txt'],
    ['an encoded value beats a plain one', "name=plain; name*=utf-8''%C3%BC", 'ü'],
    ['the first of two', 'name=a; name=b', 'a'],
    ['a comment', '(c) name (d) = (e) a.txt', 'a.txt'],
    ['a broken percent escape', "name*=utf-8''%zz%C3%BC%", '%zzü%'],
    ['no charset', "name*=''%FC", 'ü'],
    ['an encoded line end', "name*=utf-8''a%0D%0Ab", 'a b'],
  ])('parameter: %s', (_, parameters, name) => {
    const raw = fromLatin1(`Content-Type: application/x; ${parameters}\r\n\r\n`)
    expect(partName(parseMessage(raw))).toBe(name)
  })

  test.each([
    ['no value', 'name', undefined],
    ['no name', '=x', undefined],
    ['an open quote', 'name="abc', 'abc'],
    ['only semicolons', ';;;;', undefined],
    ['only a second segment', 'name*1=b', undefined],
  ])('broken parameter: %s', (_, parameters, name) => {
    expect(partName(readPart(`Content-Type: application/x; ${parameters}`))).toBe(name)
  })

  test('no parameter name reaches the prototype, and values and numbers are limited', () => {
    const { parameters } = readPart('Content-Type: text/plain; __proto__=x; constructor=y')
    expect([parameters['__proto__'], parameters['constructor'], parameters['toString']]).toEqual(['x', 'y', undefined])
    const many = readPart(
      `Content-Type: text/plain; long=${'x'.repeat(9999)}; ${Array.from({ length: 999 }, (_, i) => `p${i}=v`).join('; ')}`,
    )
    expect(Object.keys(many.parameters)).toHaveLength(defaultLimits.parameters)
    expect(many.parameters['long']).toHaveLength(defaultLimits.parameterLength)
    const pieces = readPart(
      `Content-Type: text/plain; ${Array.from({ length: 900 }, (_, i) => `p*${i}=0123456789`).join('; ')}`,
    )
    expect(pieces.parameters['p']!.length).toBeLessThanOrEqual(defaultLimits.parameterLength)
  })

  test('the other fields', () => {
    expect(
      readPart(
        'Content-Type: Text/HTML; Charset="UTF-8"',
        'Content-Transfer-Encoding: Quoted-Printable (why not)',
        'Content-Disposition: ATTACHMENT; filename=x.html',
        'Content-ID: <a@b>',
        'Content-Description: =?utf-8?Q?=C3=BC?=',
        'Content-MD5: Q2hlY2s=',
        'Content-Language: en, de (or so)',
        'Content-Location: http://a.example/',
        '\tb',
      ),
    ).toMatchObject({
      type: 'text',
      subtype: 'html',
      parameters: { charset: 'UTF-8' },
      encoding: 'quoted-printable',
      disposition: { type: 'attachment', parameters: { filename: 'x.html' } },
      contentId: 'a@b',
      description: 'ü',
      md5: 'Q2hlY2s=',
      language: ['en', 'de'],
      location: 'http://a.example/b',
    })
  })
})

describe('text of a part', () => {
  test.each([
    ['Content-Type: text/plain; charset=iso-8859-1', 'Gr\xfc\xdfe\r\n', 'Grüße\n', false],
    ['Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64', 'R3LDvMOfZQ==', 'Grüße', false],
    ['Subject: no charset', 'Gr\xc3\xbc\xc3\x9fe', 'Grüße', false],
    ['Content-Type: text/html', '<meta charset="koi8-r">\xd2', '<meta charset="koi8-r">р', false],
    ['Content-Type: text/plain; charset=nonsense', '\xfc', 'ü', true],
    ['Content-Transfer-Encoding: x-uuencode', 'abc', 'abc', true],
  ])('%j %j', (head, body, expected, encodingProblem) =>
    expect(textOf(head, body)).toEqual({ text: expected, encodingProblem }),
  )
})

describe('body parts (RFC 8621 §4.1.4)', () => {
  test('the example: which parts are text, HTML and attachments', () => {
    const raw = fromLatin1(
      multi(
        'mixed',
        'm1',
        leaf('A', 'text/plain', 'inline'),
        multi(
          'mixed',
          'm2',
          multi(
            'alternative',
            'a1',
            multi(
              'mixed',
              'm3',
              leaf('B', 'text/plain', 'inline'),
              leaf('C', 'image/jpeg', 'inline'),
              leaf('D', 'text/plain', 'inline'),
            ),
            multi('related', 'r1', leaf('E', 'text/html', 'inline'), leaf('F', 'image/jpeg', 'inline')),
          ),
          leaf('G', 'image/jpeg', 'attachment'),
          leaf('H', 'application/x-excel', 'attachment'),
          leaf('J', 'message/rfc822', 'attachment'),
        ),
        leaf('K', 'text/plain', 'inline'),
      ),
    )
    const { textBody, htmlBody, attachments, hasAttachment } = bodyParts(parseMessage(raw))
    expect([names(textBody), names(htmlBody), names(attachments)]).toEqual(['ABCDK', 'AEK', 'CFGHJ'])
    expect(hasAttachment).toBe(true)
  })

  test.each([
    ['plain text', 'Content-Type: text/plain\r\n\r\nx', false],
    ['a document alone', 'Content-Type: application/pdf\r\n\r\nx', true],
    [
      'a picture inside HTML',
      'Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\nx\r\n--b\r\nContent-Type: image/png\r\nContent-ID: <a>\r\n\r\nx\r\n--b--',
      false,
    ],
    [
      'a signature',
      'Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\nContent-Type: application/pgp-signature; name=s.asc\r\n\r\nx\r\n--b--',
      false,
    ],
    [
      'a named text that is not first',
      'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\nContent-Type: text/plain; name=n.txt\r\n\r\nx\r\n--b--',
      true,
    ],
  ])('hasAttachment: %s', (_, text, expected) =>
    expect(bodyParts(parseMessage(fromLatin1(text))).hasAttachment).toBe(expected),
  )
})

/** Every node lies inside its parent, in order and without overlap, and leaves nothing of the message out. */
function expectNested(part: StoredPart, end: number): void {
  expect(part.headerStart).toBeLessThanOrEqual(part.bodyStart)
  expect(part.bodyStart).toBeLessThanOrEqual(part.bodyEnd)
  expect(part.bodyEnd).toBeLessThanOrEqual(end)
  let at = part.bodyStart
  for (const child of part.children) {
    expect(child.headerStart).toBeGreaterThanOrEqual(at)
    expectNested(child, part.bodyEnd)
    at = child.bodyEnd
  }
  if (part.message) {
    expect([part.message.headerStart, part.message.bodyEnd]).toEqual([part.bodyStart, part.bodyEnd])
    expectNested(part.message, part.bodyEnd)
  }
}

describe('on any octets', () => {
  test('parsing never throws, and offsets nest and tile the message', () => {
    fc.assert(
      fc.property(mimeBytes(), (raw) => {
        const root = parseMessage(raw)
        expect([root.headerStart, root.bodyEnd]).toEqual([0, raw.length])
        expectNested(root, raw.length)
        for (const part of allParts(root)) {
          if (part.type !== 'multipart' && !part.message) expect(decodeBody(raw, part)).toHaveLength(part.size)
          if (part.type === 'text') expect(decodeText(raw, part).text.length).toBeLessThanOrEqual(part.size)
        }
      }),
      { numRuns: 3000 },
    )
  })

  test('stored parts come back as they were', () => {
    const bare = (part: StoredPart): unknown => {
      const { header: _h, typeParameters: _t, dispositionParameters: _d, ...rest } = part as Part
      const message = part.message ? { message: bare(part.message) } : {}
      return { ...rest, children: part.children.map(bare), ...message }
    }
    fc.assert(
      fc.property(mimeBytes(), (raw) => {
        const root = parseMessage(raw)
        expect(decodeParts(encodeParts(root))).toEqual(bare(root))
      }),
      { numRuns: 500 },
    )
  })
})
