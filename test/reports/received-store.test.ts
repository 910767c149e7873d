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

const ids = (store: ReceivedStore) =>
  store
    .list()
    .map(({ reportId }) => reportId)
    .toSorted()

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

  test('that come again are not counted twice (RFC 9990 §3.5.4)', () => {
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
    const store = new ReceivedStore(memorySql(), { reports: 10, octets: 1_000_000 })
    for (let at = 0; at < 4; at++) store.add(dmarc({ id: `p${at}` }), proven, now)
    for (let at = 0; at < 8; at++) store.add(dmarc({ id: `u${at}` }), unproven, now)
    expect(ids(store)).toEqual(['p0', 'p1', 'p2', 'p3', 'u2', 'u3', 'u4', 'u5', 'u6', 'u7'])
    for (let at = 4; at < 12; at++) expect(store.add(dmarc({ id: `p${at}` }), proven, now)).toBe(true)
    expect(ids(store)).toEqual(['p10', 'p11', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7', 'p8', 'p9'])
  })

  test('that nobody vouches for take no room from those that are proven', () => {
    const store = new ReceivedStore(memorySql(), { reports: 2, octets: 1_000_000 })
    for (const id of ['p0', 'p1']) store.add(dmarc({ id }), proven, now)
    expect(store.add(dmarc({ id: 'u' }), unproven, now)).toBe(false)
    expect(ids(store)).toEqual(['p0', 'p1'])
  })

  test('are bounded in size', () => {
    const size = JSON.stringify(sample).length
    const store = new ReceivedStore(memorySql(), { reports: 100, octets: 3.5 * size })
    for (let at = 0; at < 6; at++) expect(store.add(dmarc({ id: `p${at}` }), proven, now)).toBe(true)
    expect(ids(store)).toEqual(['p3', 'p4', 'p5'])
    const row = sample.rows[0] ?? expect.fail('no row')
    const large = dmarc({ id: 'large', rows: Array.from({ length: 50 }, () => row) })
    expect(store.add(large, proven, now)).toBe(false)
    expect(ids(store)).toHaveLength(3)
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

describe('the sources of all reports together', () => {
  const [failing = expect.fail('no row'), passing = expect.fail('no row')] = sample.rows

  test('say how mail from each of them fared, what failed most first', () => {
    const store = new ReceivedStore(memorySql())
    store.add(dmarc(), proven, now)
    store.add(dmarc({ id: 'b', rows: [passing, { ...failing, disposition: 'none' }, failing] }), unproven, now)
    store.add(tls, proven, now)
    expect(store.sources()).toEqual([
      {
        source: '192.0.2.1',
        headerFrom: 'example.com',
        messages: 9,
        failed: 9,
        dkim: 0,
        spf: 0,
        refused: 6,
        reports: 2,
        proven: 1,
        signers: [],
        senders: ['list.example'],
      },
      expect.objectContaining({
        source: '2001:db8::1',
        messages: 14,
        failed: 0,
        dkim: 14,
        reports: 2,
        signers: ['news.example.com', 'sender.example'],
      }),
    ])
  })

  test('go back as far as is asked', () => {
    const store = new ReceivedStore(memorySql())
    store.add(dmarc({ end: now - 5 * day }), proven, now)
    expect(store.sources({ since: now - 2 * day })).toEqual([])
    expect(store.sources({ since: now - 6 * day })).toHaveLength(2)
    expect(new ReceivedStore(memorySql()).sources()).toEqual([])
  })

  test('are no more than a table can hold', () => {
    const store = new ReceivedStore(memorySql())
    const rows = Array.from({ length: 1_200 }, (_, at) => ({
      ...failing,
      source: `10.0.${at >> 8}.${at & 255}`,
      count: at,
    }))
    store.add(dmarc({ rows }), proven, now)
    const sources = store.sources()
    expect(sources).toHaveLength(1_000)
    expect(sources[0]).toMatchObject({ failed: 1_199 })
  })
})
