/** A day's traces: what came in is found again, by id and by address, and counted. */
import { describe, expect, test } from 'vitest'
import { memorySql } from '../../src/host/memory/sql.ts'
import { bounded, type TraceEvent, TraceStore } from '../../src/trace/index.ts'

const arrived = (id: string, at: number, more: Partial<TraceEvent> = {}): TraceEvent =>
  ({
    id,
    at,
    type: 'arrived',
    source: 'smtp',
    sender: 'eve@outside.test',
    recipients: ['alice@facteur.test'],
    recipientCount: 1,
    size: 1000,
    reply: '250 2.0.0 taken',
    ...more,
  }) as TraceEvent

const attempt = (id: string, at: number, status: 'delivered' | 'deferred', age = 0): TraceEvent => ({
  id,
  at,
  type: 'attempt',
  recipient: 'friend@elsewhere.test',
  domain: 'elsewhere.test',
  attempts: 1,
  status,
  age,
})

describe('a day of traces', () => {
  test('a message is found whole, whichever batches its steps came in', () => {
    const store = new TraceStore(memorySql())
    store.add([arrived('m1', 1), arrived('m2', 2)])
    store.add([attempt('m1', 3, 'deferred'), attempt('m2', 4, 'delivered')])
    store.add([attempt('m1', 5, 'delivered')])
    expect(store.find(['m1']).map(({ at }) => at)).toEqual([1, 3, 5])
  })

  test('several messages are found in one walk, which leaves out batches that are over before they were sent', () => {
    const store = new TraceStore(memorySql())
    store.add([arrived('m1', 1), arrived('m2', 2), arrived('other', 2)])
    store.add([attempt('m1', 3, 'delivered')])
    expect(store.find(['m1', 'm2']).map(({ id, at }) => `${id} ${at}`)).toEqual(['m1 1', 'm2 2', 'm1 3'])
    expect(store.find(['m1', 'm2'], 3).map(({ at }) => at)).toEqual([3])
    expect(store.find([])).toEqual([])
  })

  test('an id that is part of another, or of an address, finds nothing of theirs', () => {
    const store = new TraceStore(memorySql())
    store.add([arrived('abc', 1), arrived('x', 2, { sender: 'ab@outside.test' })])
    expect(store.find(['ab'])).toEqual([])
    expect(store.find([''])).toEqual([])
  })

  test('arrivals are searched by address without case, newest first, up to the limit', () => {
    const store = new TraceStore(memorySql())
    for (let n = 1; n <= 5; n++) store.add([arrived(`m${n}`, n), attempt(`m${n}`, n, 'delivered')])
    store.add([arrived('other', 6, { recipients: ['bob@facteur.test'] })])
    const found = (search: object) => store.search({ limit: 3, ...search }).map(({ id }) => id)
    expect(found({ recipient: 'ALICE@facteur.test' })).toEqual(['m5', 'm4', 'm3'])
    expect(found({ sender: 'eve@outside.test', since: 5 })).toEqual(['other', 'm5'])
    expect(found({ recipient: 'nobody@facteur.test' })).toEqual([])
  })

  test('a Message-ID is found with and without its angle brackets', () => {
    const store = new TraceStore(memorySql())
    store.add([arrived('m1', 1, { messageId: 'a@b' })])
    expect(store.search({ messageId: '<a@b>', limit: 1 })).toHaveLength(1)
    expect(store.search({ messageId: 'a@b', limit: 1 })).toHaveLength(1)
  })

  test('a day that began before batches told their ids is found through as well', () => {
    const sql = memorySql()
    sql.exec('CREATE TABLE migration (step INTEGER PRIMARY KEY)')
    sql.exec('INSERT INTO migration VALUES (0)')
    sql.exec('CREATE TABLE batch (id INTEGER PRIMARY KEY, first INTEGER, last INTEGER, events TEXT)')
    sql.exec('CREATE TABLE counters (id INTEGER PRIMARY KEY CHECK (id = 1), series TEXT NOT NULL)')
    sql.exec('INSERT INTO batch VALUES (1, 1, 1, ?)', JSON.stringify([arrived('m1', 1)]))
    const store = new TraceStore(sql)
    store.add([attempt('m1', 2, 'delivered')])
    expect(store.find(['m1']).map(({ at }) => at)).toEqual([1, 2])
    expect(store.search({ limit: 9 }).map(({ id }) => id)).toEqual(['m1'])
  })

  test('a day on which nothing happened takes no space', () => {
    const sql = memorySql()
    const store = new TraceStore(sql)
    store.add([])
    expect([store.find(['m1']), store.search({ limit: 1 }), store.counters()]).toEqual([[], [], {}])
    expect(sql.exec('SELECT name FROM sqlite_master').toArray()).toEqual([])
  })

  test('a batch is two rows, however many messages it speaks of', () => {
    const sql = memorySql()
    const store = new TraceStore(sql)
    store.add([arrived('m0', 0)])
    let written = 0
    const meter = { ...sql, exec: (...call: Parameters<typeof sql.exec>) => (written++, sql.exec(...call)) }
    const metered = new TraceStore(meter as typeof sql)
    written = 0
    metered.add(Array.from({ length: 300 }, (_, n) => arrived(`m${n}`, n)))
    // The counters read, the batch, and the counters written.
    expect(written).toBe(3)
  })
})

describe('counters', () => {
  test('count arrivals by the answer, attempts by status, and how long mail was under way', () => {
    const store = new TraceStore(memorySql())
    store.add([arrived('m1', 1), arrived('m2', 2, { reply: '550 5.7.1 no' })])
    store.add([attempt('m1', 3, 'deferred'), attempt('m1', 4, 'delivered', 20_000)])
    expect(store.counters()).toEqual({
      'facteur_arrivals_total{source="smtp",outcome="accepted"}': 1,
      'facteur_arrived_bytes_total{source="smtp",outcome="accepted"}': 1000,
      'facteur_arrivals_total{source="smtp",outcome="rejected"}': 1,
      'facteur_arrived_bytes_total{source="smtp",outcome="rejected"}': 1000,
      'facteur_attempts_total{status="deferred",tls="no"}': 1,
      'facteur_attempts_total{status="delivered",tls="no"}': 1,
      'facteur_delivery_delay_seconds_bucket{le="60"}': 1,
      'facteur_delivery_delay_seconds_bucket{le="300"}': 1,
      'facteur_delivery_delay_seconds_bucket{le="1800"}': 1,
      'facteur_delivery_delay_seconds_bucket{le="7200"}': 1,
      'facteur_delivery_delay_seconds_bucket{le="28800"}': 1,
      'facteur_delivery_delay_seconds_bucket{le="86400"}': 1,
      'facteur_delivery_delay_seconds_bucket{le="432000"}': 1,
      'facteur_delivery_delay_seconds_bucket{le="+Inf"}': 1,
      facteur_delivery_delay_seconds_sum: 20,
      facteur_delivery_delay_seconds_count: 1,
    })
  })
})

describe('what is kept of strangers’ words', () => {
  test('a reply of a megabyte is cut, and so are ten thousand recipients', () => {
    const long = bounded(
      arrived('m1', 1, {
        reply: `250 ${'x'.repeat(1_000_000)}`,
        recipients: Array.from({ length: 10_000 }, (_, n) => `${n}@facteur.test`),
      }),
    )
    expect(JSON.stringify(long).length).toBeLessThan(3_000)
  })
})
