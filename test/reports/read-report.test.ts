import { gzipSync } from 'node:zlib'
import { zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { encodeBase64, encodeUtf8, looksLikeReport, parseHeader } from '../../src/format/index.ts'
import { parseDmarcReport, readReport } from '../../src/reports/index.ts'
import { example as tlsExample } from '../format/tls-rpt/example.ts'
import { older, rfc9990 } from './examples.ts'

const lines = (...all: string[]) => encodeUtf8(all.join('\r\n'))
const base64 = (bytes: Uint8Array) => encodeBase64(bytes).replace(/.{76}/g, '$&\r\n')

/** A message that is nothing but the file. */
function alone(type: string, file: Uint8Array, name?: string): Uint8Array {
  return lines(
    'Subject: Report domain: example.com Submitter: google.com Report-ID: 1',
    'MIME-Version: 1.0',
    `Content-Type: ${type}`,
    ...(name === undefined ? [] : [`Content-Disposition: attachment; filename="${name}"`]),
    'Content-Transfer-Encoding: base64',
    '',
    base64(file),
    '',
  )
}

function attached(type: string, file: Uint8Array, multipart = 'mixed'): Uint8Array {
  const head = [
    `Content-Type: multipart/${multipart}; boundary=b`,
    '',
    '--b',
    'Content-Type: text/plain',
    '',
    'Hi',
    '--b',
  ]
  const part = [`Content-Type: ${type}`, 'Content-Transfer-Encoding: base64', '', base64(file), '--b--', '']
  return lines('MIME-Version: 1.0', ...head, ...part)
}

const plain = (file: string) => ['--b', 'Content-Type: text/xml', '', file]
const gz = gzipSync(rfc9990)
const zip = zipSync({ 'google.com!example.com!1!2.xml': encodeUtf8(older) })

describe('finds the report (RFC 9990 §3.5.2, RFC 7489 §7.2.1.1)', () => {
  test.each<[string, Uint8Array, string]>([
    ['as application/gzip', attached('application/gzip', gz), rfc9990],
    ['as text/xml', attached('text/xml', encodeUtf8(rfc9990)), rfc9990],
    ['as application/zip, which is the whole message', alone('application/zip', zip, 'r.zip'), older],
    ['under the old names of gzip', attached('application/x-gzip; name=r.xml.gz', gz), rfc9990],
    ['by its name alone', alone('text/plain', encodeUtf8(rfc9990), 'report.XML'), rfc9990],
    ['as octets of any kind', attached('application/octet-stream', zip), older],
    ['whatever the type says of the compression', attached('application/zip', gz), rfc9990],
    ['in another charset', attached('text/xml', Buffer.from(`\ufeff${rfc9990}`, 'utf16le')), rfc9990],
    [
      'in a charset that nobody knows',
      attached('text/xml', encodeUtf8(`<?xml version="1.0" encoding="x-none"?>${rfc9990}`)),
      rfc9990,
    ],
  ])('%s', (_, raw, xml) => expect(readReport(raw)).toEqual({ kind: 'dmarc', report: parseDmarcReport(xml) }))

  test.each<[string, Uint8Array]>([
    [
      'TLS as RFC 8460 §5.3 wants it',
      attached('application/tlsrpt+gzip', gzipSync(tlsExample), 'report; report-type=tlsrpt'),
    ],
    [
      'TLS without compression',
      attached('application/tlsrpt+json', encodeUtf8(tlsExample), 'report; report-type=tlsrpt'),
    ],
    ['TLS in a message of another kind', attached('application/gzip; name="r.json.gz"', gzipSync(tlsExample))],
  ])('about %s', (_, raw) => {
    expect(readReport(raw)).toMatchObject({ kind: 'tls', report: { organization: 'Company-X' } })
  })
})

test('a report of a single message comes as the part for programs (RFC 9991)', () => {
  const facts = ['Feedback-Type: auth-failure', 'Reported-Domain: example.com', 'Auth-Failure: dmarc']
  const parts = ['--b', 'Content-Type: message/feedback-report', '', ...facts, '', '--b--', '']
  const raw = lines(
    'Date: Thu, 14 Oct 2010 07:45:10 +0000',
    'Content-Type: multipart/report; report-type=feedback-report; boundary=b',
    '',
    ...parts,
  )
  expect(readReport(raw)).toMatchObject({ kind: 'failure', report: { domain: 'example.com', failure: 'dmarc' } })
})

describe('finds none', () => {
  test.each<[string, Uint8Array]>([
    ['in a letter', lines('Subject: Report Domain: x', '', 'Hello')],
    ['in nothing', new Uint8Array()],
    ['in a file of another kind', attached('application/gzip', gzipSync('Hello'))],
    ['in a file that grows without end', attached('application/gzip', gzipSync(new Uint8Array(16 * 1024 * 1024)))],
    ['in what is not finished', attached('application/gzip', gz.subarray(0, 200))],
    ['in JSON that is none', attached('application/json', encodeUtf8('{"report-id":'))],
  ])('%s', (_, raw) => expect(readReport(raw)).toBeUndefined())

  test('beyond four mebibytes of files in all', () => {
    const large = `<a>${' '.repeat(2_097_000)}</a>`
    const parts = [...plain(large), ...plain(rfc9990), '--b--']
    const head = ['Content-Type: multipart/mixed; boundary=b', '']
    expect(readReport(lines(...head, ...parts))?.kind).toBe('dmarc')
    expect(readReport(lines(...head, ...plain(large), ...parts))).toBeUndefined()
  })

  test('beyond the tenth attachment', () => {
    const parts = [...Array.from({ length: 10 }, () => plain('<a/>')).flat(), ...plain(rfc9990)]
    expect(readReport(lines('Content-Type: multipart/mixed; boundary=b', '', ...parts, '--b--'))).toBeUndefined()
  })
})

describe('a header tells whether a look is worth it', () => {
  test.each([
    ['Subject: Report Domain: a.test Submitter: b.test Report-ID: <1>', true],
    ['Subject: [Preview] Report domain: a.test Submitter: b.test', true],
    ['Content-Type: multipart/report; report-type="tlsrpt"; boundary=b', true],
    ['Content-Type: multipart/report; report-type=feedback-report; boundary=b', true],
    ['Content-Type: multipart/report; report-type=delivery-status; boundary=b', false],
    ['Subject: Hello', false],
  ])('%s', (field, expected) => expect(looksLikeReport(parseHeader(lines(field, '', '')).header)).toBe(expected))
})
