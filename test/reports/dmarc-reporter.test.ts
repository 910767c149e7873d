import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { parseHeader } from '../../src/format/index.ts'
import { VirtualClock } from '../../src/host/memory/clock.ts'
import { MemoryDns } from '../../src/host/memory/dns.ts'
import { memorySql } from '../../src/host/memory/sql.ts'
import { closesAt, DmarcDay, DmarcReporter, readReport, Tally } from '../../src/reports/index.ts'
import { sample } from '../format/dmarc-report/sample.ts'

const day = '2026-11-22'
const midnight = Date.UTC(2026, 10, 23)
const hour = 3_600_000
const [row = expect.fail('no row')] = sample.rows

function setUp() {
  const clock = new VirtualClock(midnight - hour)
  const dns = new MemoryDns()
  const sql = memorySql()
  const mails: { raw: Uint8Array; to: string }[] = []
  const logged: string[] = []
  const takes = { mail: true, exempt: new Set<string>() }
  const counts = new DmarcDay(sql)
  const make = (kept = new DmarcDay(sql)) =>
    new DmarcReporter(day, kept, {
      dns,
      clock: clock.now,
      async mail(raw, to) {
        if (takes.mail) mails.push({ raw, to })
        return takes.mail
      },
      isExempt: async (domain) => takes.exempt.has(domain),
      hostname: 'mx.rec.test',
      from: 'postmaster@rec.test',
      log: (event, facts) => logged.push(`${event} ${JSON.stringify(facts)}`),
    })
  const scene = { clock, dns, sql, mails, logged, takes, counts, reporter: make(counts), make }
  /** A minute's mail of that domain. */
  const count = (domain: string, rua = `mailto:r@${domain}`, more: Partial<typeof row> = {}) => {
    const tally = new Tally(100_000)
    const { count: messages, ...seen } = { ...row, ...more }
    const uris = rua.split(',').map((uri) => {
      const [, plain = uri, limit] = /^(.*)!(\d+)$/.exec(uri) ?? []
      return { uri: plain, ...(limit !== undefined && { limit: Number(limit) }) }
    })
    tally.note({ policy: { ...sample.policy, domain }, uris, row: seen }, messages)
    counts.add(tally.toJSON())
  }
  const runUntil = async (until: number) => {
    for (;;) {
      const next = await scene.reporter.tick()
      if (next === undefined) return 'over'
      if (next > until) return clock.moveTo(until)
      clock.moveTo(next)
    }
  }
  return Object.assign(scene, { count, runUntil })
}

describe("a day's counts (RFC 9990 §3.1)", () => {
  test('become one report for each domain, after the day and within some hours', async () => {
    const { count, runUntil, mails } = setUp()
    count('one.test')
    count('one.test', undefined, { spf: true })
    count('two.test')
    count('one.test')
    await runUntil(midnight)
    expect(mails).toEqual([])
    expect(await runUntil(midnight + 5 * hour)).toBe('over')
    expect(mails.map(({ to }) => to).toSorted()).toEqual(['r@one.test', 'r@two.test'])
    const { raw } = mails.find(({ to }) => to === 'r@one.test') ?? expect.fail('no report')
    expect(readReport(raw)).toEqual({
      kind: 'dmarc',
      report: {
        ...sample,
        policy: { ...sample.policy, domain: 'one.test' },
        rows: [
          { ...row, count: 6 },
          { ...row, spf: true, count: 3 },
        ],
      },
    })
  })

  test('are sent once, although the object dies after every step', async () => {
    const scene = setUp()
    const domains = ['a.test', 'b.test', 'c.test', 'd.test']
    for (const domain of domains) scene.count(domain)
    const until = midnight + 5 * hour
    for (let next: number | undefined = closesAt(day); next !== undefined && next < until;) {
      scene.clock.moveTo(next)
      next = await scene.make().tick()
    }
    expect(scene.mails.map(({ to }) => to).toSorted()).toEqual(domains.map((domain) => `r@${domain}`))
  })

  test('are not all sent at the same time (§3.5)', async () => {
    const { count, reporter, clock, mails } = setUp()
    for (let at = 0; at < 100; at++) count(`d${at}.test`)
    clock.moveTo(closesAt(day) + hour)
    await reporter.tick()
    expect(mails.length).toBeGreaterThan(10)
    expect(mails.length).toBeLessThan(50)
  })

  test('go a hundred at a time when many are late', async () => {
    const { count, reporter, clock, mails } = setUp()
    for (let at = 0; at < 150; at++) count(`d${at}.test`)
    clock.moveTo(closesAt(day) + 5 * hour)
    expect(await reporter.tick()).toBe(clock.now())
    expect(mails).toHaveLength(100)
    expect(await reporter.tick()).toBeUndefined()
    expect(new Set(mails.map(({ to }) => to)).size).toBe(150)
  })

  test('wait for the last moments of the day', async () => {
    const { reporter, count } = setUp()
    count('one.test')
    expect(await reporter.tick()).toBe(closesAt(day))
    expect(closesAt(day)).toBeGreaterThan(midnight + 5 * 60_000)
  })

  test('that come after it was closed cannot be added any more', async () => {
    const { count, runUntil, counts } = setUp()
    count('one.test')
    expect(counts.isClosed).toBe(false)
    await runUntil(midnight + hour / 2)
    expect(counts.isClosed).toBe(true)
  })

  test('of a day without mail are nothing, and write nothing', async () => {
    const { runUntil, sql } = setUp()
    expect(await runUntil(midnight + 5 * hour)).toBe('over')
    expect(sql.exec('SELECT name FROM sqlite_master').toArray()).toEqual([])
  })

  test('cost one row for each batch, whatever is in it', () => {
    const { counts, count, sql } = setUp()
    const { count: _, ...seen } = row
    count('one.test')
    const tally = new Tally(100_000)
    for (let at = 0; at < 50; at++) {
      tally.note({
        policy: { ...sample.policy, domain: `d${at}.test` },
        uris: [],
        row: seen,
      })
    }
    counts.add(tally.toJSON())
    expect(sql.exec<{ n: number }>('SELECT count(*) AS n FROM batch').one().n).toBe(2)
  })
})

describe('a report', () => {
  test('is mail in our name with the same id whenever it is made', async () => {
    const { count, runUntil, mails } = setUp()
    count('one.test', 'mailto:r@one.test,mailto:s@one.test')
    await runUntil(midnight + 5 * hour)
    const headers = mails.map(({ raw }) => parseHeader(raw).header)
    expect(headers.map((header) => header.first('From')?.trim())).toEqual([
      'DMARC reports <postmaster@rec.test>',
      'DMARC reports <postmaster@rec.test>',
    ])
    expect(headers.map((header) => header.first('Subject')?.trim())).toEqual([
      'Report Domain: one.test Submitter: mx.rec.test Report-ID: <20261122mxrectest>',
      'Report Domain: one.test Submitter: mx.rec.test Report-ID: <20261122mxrectest>',
    ])
  })

  test('larger than an address takes is not sent there (§3.5)', async () => {
    const { count, runUntil, mails, logged } = setUp()
    count('one.test', 'mailto:small@one.test!500,mailto:large@one.test!5000')
    count('two.test', 'mailto:small@two.test!500')
    expect(await runUntil(midnight + 5 * hour)).toBe('over')
    expect(mails.map(({ to }) => to)).toEqual(['large@one.test'])
    expect(logged.join()).toContain('"tooLarge":1')
  })

  test('goes to no stranger who does not want it (§4)', async () => {
    const { count, runUntil, mails, dns } = setUp()
    dns.set('one.test._report._dmarc.yes.test', { TXT: ['v=DMARC1'] })
    count('one.test', 'mailto:r@yes.test,mailto:victim@no.test')
    expect(await runUntil(midnight + 5 * hour)).toBe('over')
    expect(mails.map(({ to }) => to)).toEqual(['r@yes.test'])
  })

  test('is not made about a domain that is exempt', async () => {
    const { count, runUntil, mails, takes } = setUp()
    takes.exempt.add('ours.test')
    count('ours.test')
    expect(await runUntil(midnight + 5 * hour)).toBe('over')
    expect(mails).toEqual([])
  })

  test('that nobody takes is tried again for a day, and then given up', async () => {
    const { count, runUntil, mails, takes, logged } = setUp()
    takes.mail = false
    count('one.test')
    await runUntil(midnight + 24 * hour)
    expect(mails).toEqual([])
    expect(await runUntil(midnight + 40 * hour)).toBe('over')
    expect(logged.at(-1)).toContain('dmarc report given up')
  })

  test('that cannot be made holds up no other', async () => {
    const { count, runUntil, mails, takes, logged } = setUp()
    for (const domain of ['a.test', 'b.test', 'c.test']) count(domain)
    takes.exempt.has = (domain) => {
      if (domain === 'b.test') throw new Error('b.test does not answer')
      return false
    }
    await runUntil(midnight + 5 * hour)
    expect(mails.map(({ to }) => to).toSorted()).toEqual(['r@a.test', 'r@c.test'])
    expect(logged.join()).toContain('b.test does not answer')
    takes.exempt.has = () => false
    expect(await runUntil(midnight + 8 * hour)).toBe('over')
    expect(mails).toHaveLength(3)
  })

  test('waits while the DNS does not tell whether it is wanted', async () => {
    const { count, runUntil, mails, dns } = setUp()
    dns.broken.add('one.test._report._dmarc.there.test')
    count('one.test', 'mailto:r@there.test')
    await runUntil(midnight + 6 * hour)
    expect(mails).toEqual([])
    dns.broken.clear()
    dns.set('one.test._report._dmarc.there.test', { TXT: ['v=DMARC1;'] })
    expect(await runUntil(midnight + 8 * hour)).toBe('over')
    expect(mails).toHaveLength(1)
  })
})

test('a report of ours is compressed by gzip, the same octets each time', async () => {
  const files = await Promise.all(
    [0, hour].map(async (later) => {
      const { count, runUntil, mails, clock } = setUp()
      count('one.test')
      clock.moveTo(midnight + later)
      await runUntil(midnight + 6 * hour)
      const text = new TextDecoder('latin1').decode(mails[0]?.raw)
      const base64 = /\r\n\r\n(H4sI[A-Za-z0-9+/=\r\n]+)/.exec(text)?.[1] ?? ''
      return Buffer.from(base64, 'base64')
    }),
  )
  expect(files[0]).toEqual(files[1])
  expect(gunzipSync(files[0] ?? '').toString()).toContain('<domain>one.test</domain>')
})
