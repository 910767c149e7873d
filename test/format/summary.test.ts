import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  baseSubject,
  encodeUtf8,
  fromLatin1,
  latin1,
  parseHeader,
  parseMessage,
  parseMessageIds,
  renderBodyStructure,
  renderEnvelope,
  summarise,
  withoutExtensionData,
} from '../../src/format/index.ts'
import { GrammarReader } from './imap-grammar.ts'
import { mimeBytes } from './mime-bytes.ts'

const lines = (...text: string[]): Uint8Array => encodeUtf8(text.join('\r\n'))
const envelope = (...fields: string[]): string => renderEnvelope(parseHeader(lines(...fields, '', '')).header)
const structure = (...text: string[]): string => renderBodyStructure(parseMessage(lines(...text)), true)

describe('ENVELOPE (RFC 9051 §7.5.2)', () => {
  test('the message of RFC 9051 §8', () => {
    expect(
      envelope(
        'Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)',
        'From: Terry Gray <gray@cac.washington.edu>',
        'Subject: IMAP4rev2 WG mtg summary and minutes',
        'To: imap@cac.washington.edu',
        'cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>',
        'Message-Id: <B27397-0100000@cac.washington.ed>',
      ),
    ).toBe(
      '("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)" "IMAP4rev2 WG mtg summary and minutes" ' +
        '(("Terry Gray" NIL "gray" "cac.washington.edu")) (("Terry Gray" NIL "gray" "cac.washington.edu")) ' +
        '(("Terry Gray" NIL "gray" "cac.washington.edu")) ((NIL NIL "imap" "cac.washington.edu")) ' +
        '((NIL NIL "minutes" "CNRI.Reston.VA.US")("John Klensin" NIL "KLENSIN" "MIT.EDU")) NIL NIL ' +
        '"<B27397-0100000@cac.washington.ed>")',
    )
  })

  test.each([
    ['an empty header', [], '(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)'],
    ['an empty Subject is not NIL', ['Subject: '], '(NIL "" NIL NIL NIL NIL NIL NIL NIL NIL)'],
    [
      'Sender and Reply-To of their own; an empty one defaults to From',
      ['From: a@x', 'Sender: b@x', 'Reply-To: '],
      '(NIL NIL ((NIL NIL "a" "x")) ((NIL NIL "b" "x")) ((NIL NIL "a" "x")) NIL NIL NIL NIL NIL)',
    ],
    [
      'groups are marked by NIL hosts',
      ['To: G: a@x, B <b@x>;, c@x'],
      '(NIL NIL NIL NIL NIL ((NIL NIL "G" NIL)(NIL NIL "a" "x")("B" NIL "b" "x")(NIL NIL NIL NIL)(NIL NIL "c" "x")) NIL NIL NIL NIL)',
    ],
    ['an empty group', ['To: G:;'], '(NIL NIL NIL NIL NIL ((NIL NIL "G" NIL)(NIL NIL NIL NIL)) NIL NIL NIL NIL)'],
    ['a source route', ['To: <@a,@b:c@d>'], '(NIL NIL NIL NIL NIL ((NIL "@a,@b" "c" "d")) NIL NIL NIL NIL)'],
    ['no domain is no group', ['To: alice'], '(NIL NIL NIL NIL NIL ((NIL NIL "alice" "")) NIL NIL NIL NIL)'],
    ['quotes are escaped', ['Subject: a "b" \\c'], '(NIL "a \\"b\\" \\\\c" NIL NIL NIL NIL NIL NIL NIL NIL)'],
    ['encoded words stay', ['Subject: =?utf-8?Q?a?='], '(NIL "=?utf-8?Q?a?=" NIL NIL NIL NIL NIL NIL NIL NIL)'],
    ['8-bit text is a literal', ['Subject: ü'], '(NIL {2}\r\n\xc3\xbc NIL NIL NIL NIL NIL NIL NIL NIL)'],
    ['folding is undone', ['Subject: a', ' b'], '(NIL "a b" NIL NIL NIL NIL NIL NIL NIL NIL)'],
    ['NUL is left out', ['Subject: a\0b'], '(NIL "ab" NIL NIL NIL NIL NIL NIL NIL NIL)'],
    ['a lone CR makes a literal', ['Subject: a\rb'], '(NIL {3}\r\na\rb NIL NIL NIL NIL NIL NIL NIL NIL)'],
    ['of two Subjects the last', ['Subject: a', 'Subject: b'], '(NIL "b" NIL NIL NIL NIL NIL NIL NIL NIL)'],
  ])('%s', (_, fields, expected) => expect(envelope(...fields)).toBe(expected))
})

describe('BODYSTRUCTURE (RFC 9051 §7.5.2)', () => {
  test('text with defaults', () => {
    expect(structure('Subject: x', '', 'a', 'b', '')).toBe(
      '("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 6 2 NIL NIL NIL NIL)',
    )
  })

  test('a multipart with an attachment; parameters as written, continuations joined (RFC 2231 §6)', () => {
    expect(
      structure(
        'Content-Type: multipart/mixed; boundary=b',
        'Content-Language: en',
        '',
        '--b',
        'Content-Type: text/plain; charset=utf-8; format=flowed',
        '',
        'hi',
        '--b',
        'Content-Type: image/png',
        'Content-Transfer-Encoding: base64',
        "Content-Disposition: attachment; filename*0*=utf-8''%C3; filename*1*=%BC.png; size=3",
        'Content-ID: <i@x>',
        'Content-Description: =?utf-8?Q?=C3=BC?=',
        'Content-MD5: Q2hlY2s=',
        'Content-Language: en, de',
        'Content-Location: http://x/',
        '',
        'QUJD',
        '--b--',
      ),
    ).toBe(
      '(("TEXT" "PLAIN" ("CHARSET" "utf-8" "FORMAT" "flowed") NIL NIL "7BIT" 2 1 NIL NIL NIL NIL)' +
        '("IMAGE" "PNG" NIL "<i@x>" "=?utf-8?Q?=C3=BC?=" "BASE64" 4 "Q2hlY2s=" ' +
        '("ATTACHMENT" ("FILENAME*" "utf-8\'\'%C3%BC.png" "SIZE" "3")) ("en" "de") "http://x/") ' +
        '"MIXED" ("BOUNDARY" "b") NIL "en" NIL)',
    )
  })

  test('a nested message has its envelope, its structure and its lines', () => {
    expect(structure('Content-Type: message/rfc822', '', 'Subject: n', 'From: a@x', '', 'one', 'two')).toBe(
      '("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 33 (NIL "n" ((NIL NIL "a" "x")) ((NIL NIL "a" "x")) ((NIL NIL "a" "x")) ' +
        'NIL NIL NIL NIL NIL) ("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 8 2 NIL NIL NIL NIL) 5 NIL NIL NIL NIL)',
    )
  })

  test('a multipart without parts and an encoded message still fit the grammar', () => {
    expect(structure('Content-Type: multipart/mixed; boundary=b', '', '')).toBe(
      '(("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 0 0 NIL NIL NIL NIL) "MIXED" ("BOUNDARY" "b") NIL NIL NIL)',
    )
    expect(structure('Content-Type: message/rfc822', 'Content-Transfer-Encoding: base64', '', 'QQ==')).toBe(
      '("MESSAGE" "RFC822" NIL NIL NIL "BASE64" 4 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) ' +
        '("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 0 0 NIL NIL NIL NIL) 1 NIL NIL NIL NIL)',
    )
  })
})

test('on any octets, envelope and structure fit the grammar and BODY is BODYSTRUCTURE cut short', () => {
  fc.assert(
    fc.property(mimeBytes(), (raw) => {
      const root = parseMessage(raw)
      const reader = new GrammarReader(renderEnvelope(root.header))
      reader.envelope()
      reader.end()
      for (const extensible of [true, false]) {
        const body = new GrammarReader(renderBodyStructure(root, extensible))
        body.body(extensible)
        body.end()
      }
      expect(withoutExtensionData(renderBodyStructure(root, true))).toBe(renderBodyStructure(root, false))
    }),
    { numRuns: 1500 },
  )
})

describe('base subject (RFC 5256 §2.1)', () => {
  test.each([
    ['hello', 'hello'],
    ['Re: hello', 'hello'],
    ['RE:  Fwd: FW: hello', 'hello'],
    ['Re [2]: hello', 'hello'],
    ['[list] Re: hello', 'hello'],
    ['[list] hello', 'hello'],
    ['Re: [a] [b] hello (fwd) (FWD)', 'hello'],
    ['[fwd: Re: hello]', 'hello'],
    ['Re: [Fwd: [Fwd: hello] ]', 'hello'],
    ['[list]', '[list]'],
    ['Re: [list]', '[list]'],
    ['[a][b]', '[b]'],
    ['Re:', ''],
    ['', ''],
    ['  (fwd) ', ''],
    ['a   b\tc', 'a b c'],
    ['Reply: hello', 'Reply: hello'],
    ['AW: hello', 'AW: hello'],
    ['[open hello', '[open hello'],
    ['Re: Re[fwd] hello', 'Re[fwd] hello'],
  ])('%j', (subject, base) => expect(baseSubject(subject)).toBe(base))
})

describe('message identifiers (RFC 5322 §3.6.4)', () => {
  test.each([
    ['<a@b>', ['a@b']],
    ['<a@b> <c@d>\r\n\t<e@f>', ['a@b', 'c@d', 'e@f']],
    ['<a@b><c@d>', ['a@b', 'c@d']],
    ['Your message of Monday <a@b> (comment)', ['a@b']],
    ['<a@\r\n b>', ['a@b']],
    ['a@b, c@d', ['a@b', 'c@d']],
    ['<stray <a@b>', ['a@b']],
    ['<open@x', []],
    ['no id', []],
    ['<>', []],
    [`<${'x'.repeat(2000)}@y>`, []],
  ])('%j', (value, ids) => expect(parseMessageIds(value)).toEqual(ids))
})

describe('summarise', () => {
  test('takes everything from the header that a list or a thread wants', () => {
    const raw = lines(
      'From: =?utf-8?Q?J=C3=B6rg?= <j@x.test>',
      'Subject: Re: [list] =?utf-8?Q?Gr=C3=BC=C3=9Fe?=',
      'Date: Mon, 23 Nov 2026 03:21:00 +0100',
      'Message-ID: <3@x>',
      'In-Reply-To: <2@x>',
      'References: <1@x> <2@x>',
      '',
      'Hello  there,',
      '',
      'On Monday Ann wrote:',
      '> quoted',
      'bye',
    )
    const { envelope: _e, bodyStructure: _b, parts: _p, ...summary } = summarise(raw)
    expect(summary).toEqual({
      messageId: '3@x',
      inReplyTo: ['2@x'],
      references: ['1@x', '2@x'],
      subject: 'Re: [list] Grüße',
      baseSubject: 'Grüße',
      from: [{ name: 'Jörg', address: 'j@x.test' }],
      sentAt: Date.parse('2026-11-23T02:21:00Z'),
      sentZone: 60,
      preview: 'Hello there, bye',
      hasAttachment: false,
      headerSize: latin1(raw).indexOf('\r\n\r\n') + 4,
      // The last line has no end yet.
      crlfSize: raw.length + 2,
    })
  })

  test.each([
    ['text that is all quoted is shown', 'Subject: x\r\n\r\n> a\r\n> b', '> a > b'],
    [
      'HTML only',
      'Content-Type: text/html\r\n\r\n<style>x</style><p>Hello&nbsp;<b>you</b>\u00ad\u200c</p>',
      'Hello you',
    ],
    [
      'an empty plain half: the HTML half',
      'Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\n \r\n--b\r\nContent-Type: text/html\r\n\r\n<i>h</i>\r\n--b--',
      'h',
    ],
    [
      'both halves: the plain one',
      'Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\np\r\n--b\r\nContent-Type: text/html\r\n\r\nh\r\n--b--',
      'p',
    ],
    ['nothing to show', 'Content-Type: image/png\r\n\r\nx', ''],
    [
      'a long style sheet in front',
      `Content-Type: text/html\r\n\r\n<style>${'p{color:red}'.repeat(1000)}</style>late`,
      'late',
    ],
    [
      'base64 in UTF-8',
      `Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n${btoa('\xc3\xbc'.repeat(3000))}`,
      'ü'.repeat(256),
    ],
  ])('preview: %s', (_, text, preview) => expect(summarise(encodeUtf8(text)).preview).toBe(preview))

  test('a preview has a space for white space of any kind and length', () => {
    const white = fc.constantFrom(' ', ' ', '\t', '\n', '\v', '\x00', '\x7f', '\u0085', '\u00a0', '\u2028', 'a', 'ü')
    fc.assert(
      fc.property(fc.array(white, { maxLength: 100 }), (characters) => {
        const text = characters.join('')
        const raw = encodeUtf8(`Content-Type: text/plain; charset=utf-8\r\n\r\n${text.replaceAll('\n', '\r\n')}`)
        const plain = text.replace(/[\0-\x20\x7f-\xa0\u2028\u2029]+/g, ' ').trim()
        expect(summarise(raw).preview).toBe(plain)
      }),
    )
  })

  test('a preview has at most 256 characters and no half of one', () => {
    const { preview } = summarise(
      encodeUtf8(`Content-Type: text/plain; charset=utf-8\r\n\r\nx${'\u{1f600}'.repeat(500)}`),
    )
    expect(preview.length).toBe(255)
    expect(preview.isWellFormed()).toBe(true)
  })

  test('never throws, and what it gives is bounded and without control characters', () => {
    fc.assert(
      fc.property(mimeBytes(), (raw) => {
        const { preview, subject, headerSize } = summarise(raw)
        expect(preview.length).toBeLessThanOrEqual(256)
        // control characters are the point
        expect(preview + subject).not.toMatch(/[\0-\x1f\x7f]/)
        expect(headerSize).toBeLessThanOrEqual(raw.length)
      }),
      { numRuns: 1000 },
    )
  })

  test('a hostile header cannot make a summary that does not fit a database row of 2 MB', () => {
    const flood = 'a@b,'.repeat(100_000)
    const raw = fromLatin1(
      `From: ${flood}\r\nTo: ${flood}\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n` +
        `--b\r\nContent-Type: text/plain; ${'p=v;'.repeat(50)} name="${'\x01'.repeat(900)}"\r\n\r\nx\r\n`.repeat(3000),
    )
    const from = fromLatin1(`From: ${'a@b,'.repeat(30_000)}\r\nReferences: ${'<a@b>'.repeat(20_000)}\r\n\r\n`)
    for (const message of [raw, from]) {
      const summary = summarise(message)
      expect(JSON.stringify(summary).length).toBeLessThan(1_500_000)
    }
  })
})
