import { describe, expect, test } from 'vitest'
import {
  decodeCharset,
  decodeFlowed,
  fromLatin1,
  htmlToText,
  parseAddressList,
  parseReport,
  summarise,
} from '../../src/format/index.ts'

/** Milliseconds of the fastest of three runs. */
function cost(work: () => void): number {
  let best = Infinity
  for (let run = 0; run < 3; run++) {
    const start = performance.now()
    work()
    best = Math.min(best, performance.now() - start)
  }
  return best
}

/** Sixteen times the input: sixteen times the time, with air for noise; a quadratic parser would take 256 times. */
function expectLinear(work: (repeat: number) => void): void {
  work(1000)
  const small = cost(() => work(2_000))
  const large = cost(() => work(32_000))
  expect(large).toBeLessThan(Math.max(60, small * 80))
}

const nested = 'Content-Type: message/rfc822\r\n\r\n'.repeat(60)
const multipart = 'Content-Type: multipart/mixed; boundary=b\r\n\r\n'

describe('time grows with the length of the message, whatever is in it', () => {
  test.each<[string, (repeat: number) => string]>([
    ['dashes', (n) => `${multipart}${'-'.repeat(n)}`],
    ['lines of dashes', (n) => `${multipart}${'\n--'.repeat(n)}`],
    [
      'single dashes in base64',
      (n) => `${multipart}--b\r\nContent-Transfer-Encoding: base64\r\n\r\n${'\n-'.repeat(n)}`,
    ],
    ['almost the delimiter', (n) => `${multipart}${'\r\n--c'.repeat(n)}`],
    ['delimiters', (n) => `${multipart}${'\r\n--b'.repeat(n)}`],
    ['delimiters with parts', (n) => `${multipart}${'\r\n--b\r\n\r\n'.repeat(n)}`],
    ['white space behind a delimiter', (n) => `${multipart}--b${' '.repeat(n)}x`],
    ['messages within messages', (n) => `${nested}${'line\r\n'.repeat(n)}`],
    ['header lines without colon', (n) => 'x\r\n'.repeat(n)],
    ['header lines', (n) => 'x:\r\n'.repeat(n)],
    ['folded lines', (n) => `Subject: x${'\r\n y'.repeat(n)}`],
    ['open encoded words', (n) => `Subject: ${'=?'.repeat(n)}`],
    ['half encoded words', (n) => `Subject: ${'=?a?q?'.repeat(n)}`],
    ['encoded words with question marks', (n) => `Subject: ${'=?a?q?b?c=?'.repeat(n)}`],
    ['an encoded word that does not end', (n) => `Subject: =?a?q?${'b?'.repeat(n)}`],
    ['raw octets', (n) => `Subject: ${'\xc3\xe9 '.repeat(n)}\r\n\r\n${'\xd0 \x1b$)A'.repeat(n)}`],
    ['blobs in the subject', (n) => `Subject: ${'[a]'.repeat(n)}`],
    ['open blobs in the subject', (n) => `Subject: ${'[fwd:'.repeat(n)}`],
    ['replies to replies', (n) => `Subject: ${'Re: '.repeat(n)}x${' (fwd)'.repeat(n)}`],
    ['open angle brackets', (n) => `From: ${'<'.repeat(n)}\r\nReferences: ${'<'.repeat(n)}`],
    ['open comments', (n) => `From: ${'('.repeat(n)}\r\nContent-Type: ${'('.repeat(n)}`],
    ['open quotes', (n) => `From: ${'"\\'.repeat(n)}\r\nContent-Type: a/b; c="${'\\"'.repeat(n)}`],
    ['open brackets', (n) => `From: ${'['.repeat(n)}\r\nTo: ${'a@['.repeat(n)}`],
    ['at signs and dots', (n) => `From: ${'@'.repeat(n)}\r\nTo: ${'. '.repeat(n)}@${' .'.repeat(n)}`],
    ['parameters', (n) => `Content-Type: a/b${';c=d'.repeat(n)}`],
    ['continuations', (n) => `Content-Type: a/b${';c*1*=%'.repeat(n)}`],
    ['soft line breaks', (n) => `Content-Transfer-Encoding: quoted-printable\r\n\r\n${'= '.repeat(n)}`],
    ['white space in quoted-printable', (n) => `Content-Transfer-Encoding: quoted-printable\r\n\r\n=${' '.repeat(n)}x`],
    ['padding in base64', (n) => `Content-Transfer-Encoding: base64\r\n\r\n${'='.repeat(n)}`],
    ['open tags', (n) => `Content-Type: text/html\r\n\r\n${'<a "'.repeat(n)}`],
    ['quoted text', (n) => `\r\n${'x:\n\n'.repeat(n)}${'>'.repeat(n)}`],
    ['dates', (n) => `Date: ${'1 '.repeat(n)}`],
    ['identifiers', (n) => `References: ${'<a@b>'.repeat(n)}${'<'.repeat(n)}`],
  ])('%s', (_, make) => {
    expectLinear((repeat) => void summarise(fromLatin1(make(repeat))))
  })

  test.each<[string, string]>([
    ['words between tags', '<p>word <b>x</b>'],
    ['open tags', '<a'],
    ['tags with odd quotes', '<a "\'>'],
    ['open comments', '<!--'],
    ['closing tags', '</p>'],
    ['style elements', '<style>'],
    ['style elements, closed', '<style></style>'],
    ['less-than signs', '<'],
    ['ampersands', '&'],
    ['numbers', '&#1'],
    ['breaks', '<br>'],
    ['white space', ' \n'],
  ])('HTML: %s', (_, piece) => expectLinear((repeat) => void htmlToText(piece.repeat(repeat))))

  test.each<[string, string]>([
    ['lines that flow', 'word \n'],
    ['quote marks', '> '],
    ['lines of changing depth', '> a \n>> b \n'],
    ['empty lines that flow', ' \n'],
    ['signatures', '-- \n'],
  ])('flowed text: %s', (_, piece) => expectLinear((repeat) => void decodeFlowed(piece.repeat(repeat), true)))

  test.each<[string, string, string]>([
    ['of one octet', 'viscii', '\x82\x02'],
    ['utf-7', 'utf-7', '+AGE-+'],
    ['iso-2022-jp: escapes', 'iso-2022-jp', '\x1b$B'],
    ['iso-2022-kr: escapes', 'iso-2022-kr', '\x1b$)\x0e\x1bN'],
    ['hz: tildes', 'hz-gb-2312', '~{~'],
    ['utf-32', 'utf-32', '\0\x01\xf6\0'],
    ['no UTF-8 under its name', 'utf-8', 'a\xe9'],
    ['what must be guessed', '', 'a\xe9\xe9\xe9 '],
  ])('charsets: %s', (_, charset, piece) =>
    expectLinear((repeat) => void decodeCharset(fromLatin1(piece.repeat(repeat)), charset)),
  )

  test('address lists without a limit in the header', () => {
    expectLinear((repeat) => void parseAddressList('a (b) "c" <d@e>, '.repeat(repeat)))
  })

  test('reports', () => {
    const report =
      'Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n'
    expectLinear((repeat) => void parseReport(fromLatin1(`${report}${'Action: failed\r\n\r\n'.repeat(repeat)}`)))
  })
})
