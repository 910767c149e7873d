import { expect, test } from 'vitest'
import { showReport, showReports, showSources } from '../../src/cli/command/report-tables.ts'
import { parseTlsReport } from '../../src/format/index.ts'
import { sample } from '../format/dmarc-report/sample.ts'
import { example } from '../format/tls-rpt/example.ts'

const summary = {
  hosted: 'example.com',
  id: 4,
  kind: 'dmarc' as const,
  domain: 'example.com',
  reporter: 'mx.rec.test',
  reportId: '20261122mxrectest',
  start: sample.start,
  end: sample.end,
  sender: 'rec.test',
  proven: true,
  passed: 7,
  failed: 3,
}

test('a list says who vouches for each', () => {
  const lines = showReports([summary, { ...summary, id: 11, failed: 0, proven: false }]).split('\n')
  expect(lines[0]).toBe('example.com  4   2026-11-22  dmarc  example.com  7 passed  3 failed  mx.rec.test')
  expect(lines[1]).toMatch(/7 passed {12}mx\.rec\.test \(sent by rec\.test, not proven\)$/)
  expect(showReports([])).toBe('No reports came.')
})

test('what failed comes first', () => {
  const lines = showReport({ ...summary, report: { ...sample, rows: sample.rows.toReversed() } }).split('\n')
  expect(lines).toContain('policy  p=reject sp=quarantine np=none aspf=s')
  expect(lines.at(-2)).toBe(
    '192.0.2.1    3  FAIL         quarantine  example.com by <list.example>  ' +
      'dkim=fail example.com/s1; spf=pass list.example; mailing_list: a list passed it on: <list>',
  )
  expect(lines.at(-1)).toContain('2001:db8::1  7  pass (DKIM)  pass        news.example.com by <>')
})

test('a TLS report says what went wrong where', () => {
  const report = parseTlsReport(example) ?? expect.fail('no report')
  const text = showReport({ ...summary, kind: 'tls', report })
  expect(text).toContain('sts  company-y.example       5326 succeeded  303 FAILED')
  expect(text).toContain('     starttls-not-supported  200             mx2.mail.company-y.example 203.0.113.56')
})

test('a report of a single message says what failed', () => {
  const at = Date.UTC(2026, 10, 22, 12)
  const failure = {
    organization: 'mx',
    id: 'f',
    start: at,
    end: at,
    domain: 'example.com',
    failure: 'dmarc',
    incidents: 1,
  }
  const report = { ...failure, source: '192.0.2.7', dkimDomain: 'example.com', dkimSelector: 's1', result: 'reject' }
  const lines = showReport({ ...summary, kind: 'failure', report }).split('\n')
  expect(lines.slice(-5)).toEqual([
    'failed     dmarc',
    'messages   1',
    'client     192.0.2.7',
    'signature  example.com/s1',
    'result     reject',
  ])
})

test('sources are told apart by what passed', () => {
  const counts = { messages: 12, failed: 12, dkim: 0, spf: 0, refused: 11, reports: 3, proven: 1 }
  const bad = { source: '192.0.2.1', headerFrom: 'example.com', ...counts, signers: [], senders: ['list.example'] }
  const good = { ...bad, failed: 0, refused: 0, dkim: 12, spf: 5, proven: 3, signers: ['example.com'] }
  expect(showSources([bad, good]).split('\n')).toEqual([
    '192.0.2.1  example.com  12 sent  12 FAILED  11 refused  DKIM 0, SPF 0   3 reports, 1 proven  sent by list.example',
    '192.0.2.1  example.com  12 sent                         DKIM 12, SPF 5  3 reports            signed by example.com, sent by list.example',
  ])
  expect(showSources([])).toBe('No reports came.')
})
