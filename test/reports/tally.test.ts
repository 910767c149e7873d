import { describe, expect, test } from 'vitest'
import { type Observation, Tally } from '../../src/reports/index.ts'
import { sample } from '../format/dmarc-report/sample.ts'

const [{ count: _, ...row } = expect.fail('no row')] = sample.rows

function seen(more: Partial<Observation['row']> = {}, domain = 'example.com'): Observation {
  return {
    at: 0,
    policy: { ...sample.policy, domain },
    uris: [{ uri: 'mailto:r@example.com' }],
    row: { ...row, ...more },
  }
}

describe('messages are counted', () => {
  test('together where all is the same, apart where anything differs', () => {
    const tally = new Tally(100_000)
    for (const one of [seen(), seen({ spf: true }), seen(), seen({}, 'other.example')]) tally.note(one)
    const counts = tally.toJSON().domains.map(({ policy, rows }) => [policy.domain, rows.map(({ count }) => count)])
    expect(counts).toEqual([
      ['example.com', [2, 1]],
      ['other.example', [1]],
    ])
  })

  test('over what was counted elsewhere', () => {
    const tally = new Tally(100_000)
    tally.note(seen())
    const other = new Tally(100_000)
    other.note(seen())
    other.note(seen({ source: '192.0.2.9' }))
    tally.add(other.toJSON())
    expect(tally.toJSON().domains[0]?.rows.map(({ source, count }) => [source, count])).toEqual([
      [row.source, 2],
      ['192.0.2.9', 1],
    ])
  })

  test('under the policy that was seen last (RFC 9990 §3.1)', () => {
    const tally = new Tally(100_000)
    tally.note(seen())
    tally.note({ ...seen(), policy: { ...sample.policy, policy: 'none' }, uris: [] })
    expect(tally.toJSON().domains).toMatchObject([{ policy: { policy: 'none' }, uris: [], rows: [{ count: 2 }] }])
  })
})

describe('when there is no room', () => {
  test('messages that need a row of their own are only summed up', () => {
    const tally = new Tally(3_000)
    for (let host = 0; host < 50; host++) tally.note(seen({ source: `192.0.2.${host}` }))
    tally.note(seen({ source: '192.0.2.0' }))
    const { domains, left } = tally.toJSON()
    const rows = domains[0]?.rows ?? []
    expect(rows.length).toBeGreaterThan(3)
    expect(rows.length).toBeLessThan(10)
    expect(rows.reduce((sum, { count }) => sum + count, left)).toBe(51)
    expect(JSON.stringify(tally).length).toBeLessThan(3_200)
    expect(rows[0]?.count).toBe(2)
  })

  test('one domain cannot have more than a column holds', () => {
    const tally = new Tally(30_000_000)
    for (let host = 0; host < 6_000; host++) tally.note(seen({ source: String(host) }))
    tally.note(seen({}, 'other.example'))
    expect(JSON.stringify(tally.toJSON().domains[0]).length).toBeLessThan(1_600_000)
    expect(tally.left).toBeGreaterThan(0)
    expect(tally.toJSON().domains).toHaveLength(2)
  })
})
