import { describe, expect, test } from 'vitest'
import { parseTlsReport } from '../../src/format/index.ts'
import { memorySql } from '../../src/host/memory/sql.ts'
import { type ReadReport, ReceivedStore } from '../../src/reports/index.ts'
import { sample } from '../format/dmarc-report/sample.ts'
import { example } from '../format/tls-rpt/example.ts'

const day = 86_400_000
const now = Date.UTC(2026, 10, 23)
const proven = { sender: 'rec.test', proven: true }
const unproven = { sender: 'anybody.test', proven: false }
const dmarc = (more: Partial<typeof sample> = {}): ReadReport => ({ kind: 'dmarc', report: { ...sample, ...more } })
const failure: ReadReport = {
  kind: 'failure',
  report: { organization: 'mx', id: 'f', start: now, end: now, domain: 'example.com', failure: 'spf', incidents: 2 },
}
const tls: ReadReport = { kind: 'tls', report: parseTlsReport(example) ?? expect.fail('no report') }

describe('reports that came', () => {
  test('are kept with what they are about and how much went well', () => {
    const store = new ReceivedStore(memorySql())
    expect(store.add(dmarc(), proven, now)).toBe(true)
    expect(store.add(tls, unproven, now + 1)).toBe(true)
    expect(store.list()).toEqual([
      {
        id: 1,
        kind: 'dmarc',
        domain: 'example.com',
        reporter: 'mx.rec.test',
        reportId: '20261122mxrectest',
        start: sample.start,
        end: sample.end,
        received: now,
        ...proven,
        passed: 7,
        failed: 3,
      },
      expect.objectContaining({
        id: 2,
        kind: 'tls',
        domain: 'company-y.example',
        passed: 5326,
        failed: 303,
        proven: false,
      }),
    ])
    expect(store.show(1)).toMatchObject({ id: 1, report: sample })
    expect(store.show(2)).toMatchObject({ kind: 'tls', report: tls.report })
    expect(store.show(3)).toBeUndefined()
    expect(store.add(failure, proven, now)).toBe(true)
    expect(store.list({ kind: 'failure' })).toMatchObject([{ domain: 'example.com', passed: 0, failed: 2 }])
  })

  test('are listed by kind and by time, the newest period first', () => {
    const store = new ReceivedStore(memorySql())
    store.add(dmarc({ id: 'a', end: now - 5 * day }), proven, now)
    store.add(dmarc({ id: 'b', end: now - day }), proven, now)
    store.add(tls, proven, now)
    expect(store.list({ kind: 'dmarc' }).map(({ reportId }) => reportId)).toEqual(['b', 'a'])
    expect(store.list({ since: now - 2 * day }).map(({ reportId }) => reportId)).toEqual(['b'])
  })

  test('that come again are not counted twice (RFC 9990 §3.5.3)', () => {
    const store = new ReceivedStore(memorySql())
    expect([store.add(dmarc(), proven, now), store.add(dmarc(), proven, now + 1)]).toEqual([true, false])
    // Somebody else's with the same id is another report.
    expect(store.add(dmarc(), unproven, now)).toBe(true)
    expect(store.list()).toHaveLength(2)
  })

  test('are forgotten after ninety days', () => {
    const store = new ReceivedStore(memorySql())
    store.add(dmarc({ id: 'old' }), proven, now - 91 * day)
    store.add(dmarc({ id: 'new' }), proven, now)
    expect(store.list().map(({ reportId }) => reportId)).toEqual(['new'])
  })

  test('are bounded in number; those that nobody vouches for make room first', () => {
    const store = new ReceivedStore(memorySql())
    for (let at = 0; at < 20; at++) store.add(dmarc({ id: `p${at}` }), proven, now)
    for (let at = 0; at < 1_990; at++) store.add(dmarc({ id: `u${at}` }), unproven, now)
    const ids = store.list().map(({ reportId }) => reportId)
    expect(ids).toHaveLength(2_000)
    expect(ids.filter((id) => id.startsWith('p'))).toHaveLength(20)
    expect(ids).not.toContain('u9')
    expect(ids).toContain('u10')
  })

  test('are not kept when they are larger than a column', () => {
    const [row = expect.fail('no row')] = sample.rows
    const rows = Array.from({ length: 5_000 }, () => ({
      ...row,
      reasons: [{ type: 'other', comment: 'x'.repeat(300) }],
    }))
    expect(new ReceivedStore(memorySql()).add(dmarc({ rows }), proven, now)).toBe(false)
  })

  test('nothing is written before the first', () => {
    const sql = memorySql()
    const store = new ReceivedStore(sql)
    expect([store.list(), store.show(1)]).toEqual([[], undefined])
    expect(sql.exec('SELECT name FROM sqlite_master').toArray()).toEqual([])
  })
})
