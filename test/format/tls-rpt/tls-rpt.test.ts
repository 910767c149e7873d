import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  attachedTlsReport,
  composeTlsReport,
  formatTlsReport,
  parseHeader,
  parseTlsReport,
  tlsReportDestinations,
  tlsReportFileName,
  tlsReportRecord,
  type TlsReport,
} from '../../../src/format/index.ts'
import { example } from './example.ts'

const mail = (address: string) => ({ kind: 'mail', address })

describe('the TXT record at _smtp._tls (RFC 8460 §3)', () => {
  test.each<[string, string[], object[]]>([
    ["the RFC's example with mail", ['v=TLSRPTv1;rua=mailto:reports@example.com'], [mail('reports@example.com')]],
    [
      "the RFC's example with HTTPS",
      ['v=TLSRPTv1; rua=https://reporting.example.com/v1/tlsrpt'],
      [{ kind: 'https', url: 'https://reporting.example.com/v1/tlsrpt' }],
    ],
    [
      'several',
      ['v=TLSRPTv1; rua=mailto:a@b.example , https://c.example/d;'],
      [mail('a@b.example'), { kind: 'https', url: 'https://c.example/d' }],
    ],
    ['percent-encoded characters', ['v=TLSRPTv1; rua=mailto:a%2Cb@c.example'], []],
    ['an encoded plus', ['v=TLSRPTv1; rua=mailto:a%2Bb@c.example'], [mail('a+b@c.example')]],
    ['other records beside it', ['hello', 'v=TLSRPTv1; rua=mailto:a@b.example'], [mail('a@b.example')]],
    ['extensions', ['v=TLSRPTv1; x=y; rua=mailto:a@b.example; z=1'], [mail('a@b.example')]],
    [
      'unknown schemes',
      ['v=TLSRPTv1; rua=ftp://a.example,http://b.example/,mailto:a@b.example'],
      [mail('a@b.example')],
    ],
    ['none', [], []],
    ['two', ['v=TLSRPTv1; rua=mailto:a@b.example', 'v=TLSRPTv1; rua=mailto:a@b.example'], []],
    ['another version', ['v=TLSRPTv2; rua=mailto:a@b.example'], []],
    ['no rua', ['v=TLSRPTv1; x=y'], []],
    ['an address with a line end', ['v=TLSRPTv1; rua=mailto:a%0D%0ABcc:x@b.example'], []],
    ['an address with brackets', ['v=TLSRPTv1; rua=mailto:a@b.example%3E'], []],
    ['an escape that is none', ['v=TLSRPTv1; rua=mailto:%ff@b.example'], []],
  ])('%s', (_, records, expected) => expect(tlsReportDestinations(records)).toEqual(expected))

  test('no more than ten', () => {
    const uris = Array.from({ length: 20 }, (_, at) => `mailto:a${at}@b.example`).join(',')
    expect(tlsReportDestinations([`v=TLSRPTv1; rua=${uris}`])).toHaveLength(10)
  })

  test('ours reads back', () => {
    expect(tlsReportDestinations([tlsReportRecord('tls+reports@example.org')])).toEqual([
      mail('tls+reports@example.org'),
    ])
  })
})

const report: TlsReport = {
  organization: 'Company-X',
  contact: 'sts-reporting@company-x.example',
  id: '5065427c-23d3-47ca-b6e0-946ea0e8c4be',
  start: Date.UTC(2016, 3, 1),
  end: Date.UTC(2016, 3, 1, 23, 59, 59),
  results: [
    {
      policy: {
        type: 'sts',
        domain: 'company-y.example',
        text: ['version: STSv1', 'mode: testing', 'mx: *.mail.company-y.example', 'max_age: 86400'],
        mxHosts: ['*.mail.company-y.example'],
      },
      successes: 5326,
      failed: 303,
      failures: [
        { type: 'certificate-expired', mx: 'mx1.mail.company-y.example', count: 100 },
        { type: 'starttls-not-supported', mx: 'mx2.mail.company-y.example', address: '203.0.113.56', count: 200 },
        {
          type: 'validation-failure',
          mx: 'mx-backup.mail.company-y.example',
          address: '203.0.113.58',
          count: 3,
          reason: 'X509_V_ERR_PROXY_PATH_LENGTH_EXCEEDED',
        },
      ],
    },
  ],
}

describe('a report (RFC 8460 §4.4)', () => {
  test("the RFC's example (appendix B) is read", () => expect(parseTlsReport(example)).toEqual(report))

  test('what we write is read as it was meant', () => {
    const text = fc.string({ maxLength: 20 }).map((value) => value.replaceAll(/\p{Cc}/gu, ' '))
    const second = fc.nat(4_000_000_000).map((at) => at * 1000)
    const counted = fc.nat(1_000_000)
    const failure = fc.record(
      { type: text, count: counted, mx: text, address: text, reason: text },
      { requiredKeys: ['type', 'count'] },
    )
    const policy = fc.record({
      type: fc.constantFrom('tlsa' as const, 'sts' as const, 'no-policy-found' as const),
      domain: text,
      text: fc.array(text, { maxLength: 3 }),
      mxHosts: fc.array(text, { maxLength: 3 }),
    })
    const result = fc.record({ policy, successes: counted, failed: counted, failures: fc.array(failure) })
    const any = fc.record({
      organization: text,
      contact: text,
      id: text,
      start: second,
      end: second,
      results: fc.array(result, { maxLength: 5 }),
    })
    fc.assert(
      fc.property(any, (written) => {
        expect(parseTlsReport(formatTlsReport(written))).toEqual(written)
      }),
    )
  })

  test.each<[string, string]>([
    ['no JSON', 'hello'],
    ['a list', '[]'],
    ['no policies', example.replace('"policies"', '"politics"')],
    ['no id', example.replace('"report-id"', '"id"')],
    ['dates that are none', example.replace('2016-04-01T00:00:00Z', 'yesterday')],
  ])('is none: %s', (_, text) => expect(parseTlsReport(text)).toBeUndefined())

  test('of what is unknown or malformed inside, the rest is kept', () => {
    const odd = example
      .replace('"policy-string": [', '"policy-string": [7, ')
      .replace('"mx-host": ["*.mail.company-y.example"]', '"mx-host": "*.mail.company-y.example"')
      .replace('"failed-session-count": 100', '"failed-session-count": "100"')
    const parsed = parseTlsReport(odd)
    expect(parsed?.results[0]?.policy).toEqual(report.results[0]?.policy)
    expect(parsed?.results[0]?.failures.map(({ count }) => count)).toEqual([0, 200, 3])
  })

  test('no JSON makes the parser throw', () => {
    fc.assert(fc.property(fc.json(), (text) => void parseTlsReport(text)))
  })
})

describe('the message with a report (RFC 8460 §5.3)', () => {
  const compressed = new TextEncoder().encode('compressed')
  const raw = composeTlsReport({
    report,
    compressed,
    from: 'postmaster@company-x.example',
    to: 'tls@company-y.example',
    domain: 'company-y.example',
    submitter: 'mail.company-x.example',
    date: Date.UTC(2016, 3, 2),
    messageId: 'r1@company-x.example',
    seed: 'seed',
  })

  test('says whom it is about, and goes without the TLS that it complains of (RFC 8689 §4.2.2)', () => {
    const { header } = parseHeader(raw)
    expect(header.first('subject')?.trim()).toBe(
      'Report Domain: company-y.example Submitter: mail.company-x.example Report-ID: <5065427c-23d3-47ca-b6e0-946ea0e8c4be>',
    )
    expect(header.first('tls-report-domain')?.trim()).toBe('company-y.example')
    expect(header.first('tls-report-submitter')?.trim()).toBe('mail.company-x.example')
    expect(header.first('tls-required')?.trim()).toBe('No')
    expect(header.first('content-type')).toMatch(/multipart\/report; ?report-type="?tlsrpt"?/)
  })

  test('holds the compressed report under the name of §5.1', () => {
    expect(attachedTlsReport(raw)).toEqual({ compressed: true, bytes: compressed })
    expect(tlsReportFileName(report, 'mail.company-x.example', 'company-y.example')).toBe(
      'mail.company-x.example!company-y.example!1459468800!1459555199!5065427c-23d3-47ca-b6e0-946ea0e8c4be.json.gz',
    )
  })

  test.each([
    ['an ordinary message', 'Subject: hi\r\n\r\nhello'],
    ['a bounce', 'Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b--\r\n'],
    ['one without its part', 'Content-Type: multipart/report; report-type=tlsrpt; boundary=b\r\n\r\n--b--\r\n'],
  ])('%s holds none', (_, text) => expect(attachedTlsReport(new TextEncoder().encode(text))).toBeUndefined())
})
