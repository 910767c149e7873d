import { describe, expect, test } from 'vitest'
import {
  allParts,
  composeDmarcReport,
  decodeBody,
  dmarcReportFileName,
  encodeUtf8,
  formatDmarcReport,
  parseHeader,
  parseMessage,
} from '../../../src/format/index.ts'
import { parseDmarcReport } from '../../../src/reports/index.ts'
import { sample } from './sample.ts'

const written = formatDmarcReport(sample)
const namesIn = (xml: string) => [...xml.matchAll(/<([a-z_]+)/g)].map(([, name]) => name)

describe('the XML (RFC 9990 §3.1.1)', () => {
  test('has its elements in their order, in the namespace', () => {
    expect(written).toContain('<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0">')
    const begin = 'feedback version report_metadata org_name email report_id date_range begin end generator'
    expect(namesIn(written).slice(0, 10).join(' ')).toBe(begin)
    expect(namesIn(written.slice(written.indexOf('<record>'), written.indexOf('</record>'))).join(' ')).toBe(
      'record row source_ip count policy_evaluated disposition dkim spf reason type comment ' +
        'identifiers header_from envelope_from ' +
        'auth_results dkim domain selector result human_result spf domain scope result',
    )
  })

  test('reads back as it was', () => expect(parseDmarcReport(written)).toEqual(sample))

  test('gives the period in seconds', () => {
    expect(written).toContain('<begin>1795305600</begin><end>1795391999</end>')
  })

  test.each([
    ['markup', 'a<b>&"c\'', 'a&lt;b&gt;&amp;"c\''],
    ['controls', 'a\u0000b\u001bc', 'a\ufffdb\ufffdc'],
    ['half of a character', 'a\ud800b', 'a\ufffdb'],
    ['a carriage return', 'a\rb', 'a&#13;b'],
  ])("a stranger's %s cannot break it (XML 1.0 §2.2)", (_, organization, expected) => {
    expect(formatDmarcReport({ ...sample, organization })).toContain(`<org_name>${expected}</org_name>`)
  })
})

describe('the message (RFC 9990 §3.5.2)', () => {
  const compressed = encodeUtf8('compressed')
  const mail = { report: sample, compressed, from: 'p@rec.test', to: 'r@example.com', submitter: 'mx.rec.test' }
  const raw = composeDmarcReport({ ...mail, date: 0, seed: 'x' })
  const { header } = parseHeader(raw)

  test('names domain, submitter and report in its subject', () => {
    expect(header.first('Subject')?.trim()).toBe(
      'Report Domain: example.com Submitter: mx.rec.test Report-ID: <20261122mxrectest>',
    )
  })

  test('carries the report as application/gzip, under the name that the grammar wants', () => {
    const file = allParts(parseMessage(raw)).find(({ subtype }) => subtype === 'gzip')
    expect(file?.type).toBe('application')
    expect(file?.disposition).toEqual({
      type: 'attachment',
      parameters: { filename: 'mx.rec.test!example.com!1795305600!1795391999!20261122mxrectest.xml.gz' },
    })
    expect(file && decodeBody(raw, file)).toEqual(compressed)
    expect(dmarcReportFileName(sample, 'a.test')).toMatch(/^a\.test!example\.com!\d+!\d+![A-Za-z0-9]+\.xml\.gz$/)
  })

  test('is not to be answered, and tells how many passed', () => {
    expect(header.first('Auto-Submitted')?.trim()).toBe('auto-generated')
    expect(new TextDecoder().decode(raw)).toContain('received 10 such messages; 7 of them passed DMARC')
  })

  test('has the same Message-ID when it is sent again (§3.5.2)', () => {
    const again = parseHeader(composeDmarcReport({ ...mail, date: 3_600_000, seed: 'y' })).header
    expect(again.first('Message-ID')).toBe(header.first('Message-ID'))
  })
})
