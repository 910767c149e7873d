/** The text that Prometheus scrapes (exposition format 0.0.4). */
import { expect, test } from 'vitest'
import { count, type Counters, labelValue, prometheusText, type TraceEvent } from '../../src/trace/index.ts'

test('each metric has its help and type once, before its series', () => {
  const text = prometheusText({
    'facteur_placements_total{place="queue",status="queued"}': 2,
    'facteur_placements_total{place="mailbox",status="delivered"}': 3,
    'facteur_queue_messages{domain="elsewhere.test"}': 4,
  })
  expect(text).toBe(
    [
      '# HELP facteur_placements_total Copies put into mailboxes and queues',
      '# TYPE facteur_placements_total counter',
      'facteur_placements_total{place="mailbox",status="delivered"} 3',
      'facteur_placements_total{place="queue",status="queued"} 2',
      '# HELP facteur_queue_messages Messages that wait for a destination after a failed attempt',
      '# TYPE facteur_queue_messages gauge',
      'facteur_queue_messages{domain="elsewhere.test"} 4',
      '',
    ].join('\n'),
  )
})

const delivered = (age: number): TraceEvent => ({
  id: 'm',
  at: 0,
  type: 'attempt',
  recipient: 'a@b.test',
  domain: 'b.test',
  attempts: 1,
  status: 'delivered',
  age,
})

test('buckets of a histogram are cumulative and in the order of their bounds', () => {
  const counters: Counters = {}
  count(counters, [delivered(500), delivered(4_000), delivered(10_000_000_000)])
  const bounds = [...prometheusText(counters).matchAll(/_bucket\{le="(.+)"\} (\d+)/g)].map(([, le, n]) => `${le}:${n}`)
  expect(bounds).toEqual([
    '1:1',
    '5:2',
    '15:2',
    '60:2',
    '300:2',
    '1800:2',
    '7200:2',
    '28800:2',
    '86400:2',
    '432000:2',
    '+Inf:3',
  ])
})

test('who was turned away at the door is counted by reason', () => {
  const counters: Counters = {}
  count(counters, [
    { type: 'turned-away', at: 0, counts: { list: 3, unknown: 40 } },
    { type: 'turned-away', at: 60_000, counts: { list: 1 } },
  ])
  expect(prometheusText(counters)).toContain(
    [
      '# TYPE facteur_turned_away_total counter',
      'facteur_turned_away_total{why="list"} 4',
      'facteur_turned_away_total{why="unknown"} 40',
    ].join('\n'),
  )
})

test('a label holds quotes, backslashes and line ends harmlessly', () => {
  expect(labelValue('a"b\\c\nd')).toBe('a\\"b\\\\c\\nd')
})

test('without events there is nothing to say', () => {
  expect(prometheusText({})).toBe('\n')
})
