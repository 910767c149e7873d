import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatDmarcReport } from '../../src/format/index.ts'
import { parseDmarcReport } from '../../src/reports/index.ts'
import { sample } from '../format/dmarc-report/sample.ts'
import { older, rfc9990 } from './examples.ts'

describe('reads', () => {
  test("the RFC's example (RFC 9990 Appendix B)", () => {
    expect(parseDmarcReport(rfc9990)).toEqual({
      organization: 'Sample Reporter',
      contact: 'report_sender@example-reporter.com',
      id: '3v98abbp8ya9n3va8yr8oa3ya',
      start: 302_832_000_000,
      end: 302_918_399_000,
      generator: 'Example DMARC Aggregate Reporter v1.2',
      policy: {
        domain: 'example.com',
        policy: 'quarantine',
        subdomainPolicy: 'none',
        nonexistentPolicy: 'none',
        testing: false,
        discovery: 'treewalk',
      },
      rows: [
        {
          source: '192.0.2.123',
          count: 123,
          disposition: 'pass',
          dkim: true,
          spf: false,
          reasons: [],
          headerFrom: 'example.com',
          envelopeFrom: 'example.com',
          dkimResults: [{ domain: 'example.com', selector: 'abc123', result: 'pass' }],
          spfResults: [{ domain: 'example.com', result: 'fail' }],
        },
      ],
    })
  })

  test('the form of RFC 7489 Appendix C, without a namespace and with words that are gone', () => {
    const report = parseDmarcReport(older)
    expect(report).toMatchObject({ id: '8293631894893125362', policy: { policy: 'reject', dkimAlignment: 'relaxed' } })
    expect(report?.rows[0]).toMatchObject({
      source: '2001:db8::2',
      count: 2,
      reasons: [{ type: 'forwarded', comment: 'looks forwarded, downgrade to none' }],
      spfResults: [
        { domain: 'example.net', scope: 'helo', result: 'softfail' },
        { domain: 'example.org', scope: 'mfrom', result: 'fail' },
      ],
    })
  })

  test('elements with a prefix, and with attributes', () => {
    const prefixed = rfc9990
      .replaceAll(/<(\/?)([a-z_]+)/g, '<$1d:$2')
      .replace('xmlns=', 'xmlns:d=')
      .replace('<d:org_name>', '<d:org_name lang="en">')
    expect(parseDmarcReport(prefixed)).toEqual(parseDmarcReport(rfc9990))
  })

  test('a byte order mark and an XML declaration', () => {
    const text = `\ufeff<?xml version="1.0" encoding="UTF-8" ?>\n${rfc9990}`
    expect(parseDmarcReport(text)).toEqual(parseDmarcReport(rfc9990))
  })

  test.each([
    ['a row without an address', '<source_ip>192.0.2.123</source_ip>', ''],
    ['a row without a number', '<count>123</count>', '<count>many</count>'],
    ['a negative number', '<count>123</count>', '<count>-1</count>'],
  ])('past %s', (_, good, bad) => expect(parseDmarcReport(rfc9990.replace(good, bad))?.rows).toEqual([]))
})

describe('is nobody’s report', () => {
  const nested = `${'<a>'.repeat(200_000)}${'</a>'.repeat(200_000)}`

  test.each([
    ['nothing', ''],
    ['no XML', 'Hello'],
    ['XML that breaks off', rfc9990.slice(0, -20)],
    ['another document', '<rss><channel/></rss>'],
    ['no id', rfc9990.replace(/<report_id>.*<\/report_id>/, '')],
    ['no period', rfc9990.replace(/<end>.*<\/end>/, '')],
    ['a period beyond time', rfc9990.replace(/<end>.*<\/end>/, '<end>99999999999999</end>')],
    ['no domain', rfc9990.replace('<domain>example.com</domain>', '')],
    ['a document type', `<!DOCTYPE feedback SYSTEM "http://192.0.2.1/x.dtd">${rfc9990}`],
    [
      'entities that grow (a billion laughs)',
      `<!DOCTYPE f [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>${rfc9990.replace('Sample Reporter', '&b;')}`,
    ],
    ['an entity that nobody declared', rfc9990.replace('Sample Reporter', '&file;')],
    ['elements below elements without end', rfc9990.replace('<record>', `<record>${nested}`)],
  ])('%s', (_, text) => expect(parseDmarcReport(text)).toBeUndefined())
})

test('what it says is cut to a bounded length, without control characters', () => {
  const report = parseDmarcReport(rfc9990.replace('Sample Reporter', `A\u0085\tB${'c'.repeat(1_000)}`))
  expect(report?.organization).toHaveLength(300)
  expect(report?.organization).toMatch(/^A {2}Bccc/)
})

test('no more than five thousand rows are read', () => {
  const rows = Array.from({ length: 5_100 }, () => sample.rows[1] ?? expect.fail())
  expect(parseDmarcReport(formatDmarcReport({ ...sample, rows }))?.rows).toHaveLength(5_000)
})

test('nothing makes it throw', () => {
  const pieces = fc.constantFrom(
    '<feedback>',
    '</feedback>',
    '<record',
    '>',
    '&lt;',
    '&#0;',
    '<![CDATA[',
    ']]>',
    '<?xml',
  )
  const text = fc.array(fc.oneof(pieces, fc.string()), { maxLength: 40 }).map((all) => all.join(''))
  fc.assert(fc.property(text, (noise) => void parseDmarcReport(noise)))
  fc.assert(
    fc.property(fc.nat(rfc9990.length), fc.string(), (at, noise) => {
      void parseDmarcReport(rfc9990.slice(0, at) + noise + rfc9990.slice(at))
    }),
  )
})

test('what we write reads back, whatever its texts are', () => {
  const word = fc.stringMatching(/^[!-~]{1,50}$/)
  fc.assert(
    fc.property(word, word, fc.nat(), (organization, comment, count) => {
      const [row = expect.fail()] = sample.rows
      const report = { ...sample, organization, rows: [{ ...row, count, reasons: [{ type: 'other', comment }] }] }
      expect(parseDmarcReport(formatDmarcReport(report))).toEqual(report)
    }),
  )
})
