import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { TlsReporter, type TlsSessionResult } from '../../src/delivery/index.ts'
import { attachedTlsReport, parseTlsReport } from '../../src/format/index.ts'
import { VirtualClock } from '../../src/host/memory/clock.ts'
import { MemoryDns } from '../../src/host/memory/dns.ts'

const day = 86_400_000
const minute = 60_000
const policy = { type: 'sts' as const, domain: 'there.test', text: ['version: STSv1'], mxHosts: ['mx.there.test'] }
const expired: TlsSessionResult = { policy, problem: 'certificate-expired', mx: 'mx.there.test', address: '192.0.2.1' }

function setUp(rua = 'mailto:tls@reports.test') {
  const clock = new VirtualClock()
  clock.moveTo(Date.UTC(2026, 10, 23, 12))
  const dns = new MemoryDns().set('_smtp._tls.there.test', { TXT: [`v=TLSRPTv1; rua=${rua}`] })
  const mails: { raw: Uint8Array; to: string }[] = []
  const posts: { url: string; body: Uint8Array }[] = []
  const writes: (string | undefined)[] = []
  const takes = { mail: true, post: true }
  const make = () =>
    new TlsReporter({
      domain: 'there.test',
      dns,
      clock: clock.now,
      memory: { get: () => writes.at(-1), set: (text) => void writes.push(text) },
      gzip: async (bytes) => gzipSync(bytes),
      async mail(raw, to) {
        if (takes.mail) mails.push({ raw, to })
        return takes.mail
      },
      async post(url, body) {
        if (takes.post) posts.push({ url, body })
        return takes.post
      },
      hostname: 'mx.facteur.test',
      from: 'postmaster@facteur.test',
      log: () => undefined,
    })
  const scene = { clock, dns, mails, posts, writes, takes, make, reporter: make() }
  const runUntil = async (until: number) => {
    for (;;) {
      const next = scene.reporter.nextWakeup()
      if (next === undefined || next > until) break
      clock.moveTo(Math.max(next, clock.now()))
      await scene.reporter.tick()
    }
    clock.moveTo(until)
  }
  return Object.assign(scene, { runUntil })
}

const never = async () => expect.fail('it reports nothing itself')

/** A further queue of the destination, whose counts go to `first`. */
function further(first: ReturnType<typeof setUp>, reaches: { first: boolean }) {
  const writes: (string | undefined)[] = []
  const make = () =>
    new TlsReporter({
      domain: 'there.test',
      dns: first.dns,
      clock: first.clock.now,
      memory: { get: () => writes.at(-1), set: (text) => void writes.push(text) },
      gzip: never,
      mail: never,
      post: never,
      async forward(days) {
        if (!reaches.first) throw new Error('not now')
        first.reporter.absorb(structuredClone(days))
      },
      hostname: 'mx.facteur.test',
      from: 'postmaster@facteur.test',
      log: () => undefined,
    })
  return { writes, make, reporter: make() }
}

describe('a destination with several queues', () => {
  test('gets one report, with the counts of all', async () => {
    const first = setUp()
    const others = [1, 2].map(() => further(first, { first: true }))
    first.reporter.note([{ policy }, expired])
    for (const { reporter } of others) reporter.note([{ policy }, expired, expired])
    first.clock.moveTo(first.clock.now() + minute)
    for (const { reporter } of others) await reporter.tick()
    expect(others.map(({ reporter }) => reporter.nextWakeup())).toEqual([undefined, undefined])
    await first.runUntil(Date.UTC(2026, 10, 24, 5))
    expect(first.mails).toHaveLength(1)
    const failure = { type: 'certificate-expired', mx: 'mx.there.test', address: '192.0.2.1', count: 5 }
    expect(reportIn(first.mails[0]?.raw ?? new Uint8Array())?.results).toEqual([
      { policy, successes: 3, failed: 5, failures: [failure] },
    ])
  })

  test('loses no counts while its first queue cannot be reached and the other one dies', async () => {
    const first = setUp()
    const reaches = { first: false }
    const other = further(first, reaches)
    other.reporter.note([expired])
    first.clock.moveTo(first.clock.now() + minute)
    await other.reporter.tick()
    expect(other.reporter.nextWakeup()).toBe(first.clock.now() + minute)
    const next = other.make()
    reaches.first = true
    expect(next.nextWakeup()).toBe(0)
    await next.tick()
    expect([next.nextWakeup(), other.writes.at(-1)]).toEqual([undefined, undefined])
    await first.runUntil(Date.UTC(2026, 10, 24, 5))
    expect(reportIn(first.mails[0]?.raw ?? new Uint8Array())?.results[0]?.failed).toBe(1)
  })

  test('counts on while its counts are on their way', async () => {
    const first = setUp()
    const other = further(first, { first: true })
    other.reporter.note([expired])
    first.clock.moveTo(first.clock.now() + minute)
    const forwarding = other.reporter.tick()
    await Promise.resolve()
    other.reporter.note([expired])
    await forwarding
    first.clock.moveTo(first.clock.now() + minute)
    await other.reporter.tick()
    await first.runUntil(Date.UTC(2026, 10, 24, 5))
    expect(reportIn(first.mails[0]?.raw ?? new Uint8Array())?.results[0]?.failed).toBe(2)
  })

  test('that asks for no reports costs its first queue nothing', async () => {
    const first = setUp()
    first.dns.zones.clear()
    const other = further(first, { first: false })
    other.reporter.note([expired])
    first.clock.moveTo(first.clock.now() + minute)
    await other.reporter.tick()
    expect([other.reporter.nextWakeup(), other.writes.at(-1)]).toEqual([undefined, undefined])
  })
})

function reportIn(raw: Uint8Array) {
  return parseTlsReport(gunzipSync(attachedTlsReport(raw)?.bytes ?? new Uint8Array()).toString())
}

describe('a day of sessions (RFC 8460 §4)', () => {
  test('becomes one report, after the day and within four hours, to the address of the record', async () => {
    const { reporter, mails, runUntil, clock } = setUp()
    reporter.note([{ policy }, expired, expired, { policy, problem: 'validation-failure', reason: 'r' }])
    clock.moveTo(clock.now() + 8 * 3_600_000)
    reporter.note([{ policy }])
    await runUntil(Date.UTC(2026, 10, 24) - 1)
    expect(mails).toEqual([])
    await runUntil(Date.UTC(2026, 10, 24, 4))
    expect(mails.map(({ to }) => to)).toEqual(['tls@reports.test'])
    expect(reportIn(mails[0]?.raw ?? new Uint8Array())).toEqual({
      organization: 'mx.facteur.test',
      contact: 'postmaster@facteur.test',
      id: '2026-11-23.there.test@mx.facteur.test',
      start: Date.UTC(2026, 10, 23),
      end: Date.UTC(2026, 10, 23, 23, 59, 59),
      results: [
        {
          policy,
          successes: 2,
          failed: 3,
          failures: [
            { type: 'certificate-expired', count: 2, mx: 'mx.there.test', address: '192.0.2.1' },
            { type: 'validation-failure', count: 1, reason: 'r' },
          ],
        },
      ],
    })
    await runUntil(clock.now() + 5 * day)
    expect(mails).toHaveLength(1)
  })

  test('policies that followed each other are told apart, and so are days', async () => {
    const { reporter, mails, runUntil } = setUp()
    const other = { ...policy, text: ['mode: enforce'] }
    reporter.note([{ policy }, { policy: other }])
    await runUntil(Date.UTC(2026, 10, 24, 0, 0, 1))
    reporter.note([expired])
    await runUntil(Date.UTC(2026, 10, 26))
    const reports = mails.map(({ raw }) => reportIn(raw))
    expect(reports.map((report) => report?.id.slice(0, 10))).toEqual(['2026-11-23', '2026-11-24'])
    expect(reports[0]?.results.map(({ policy: { text } }) => text)).toEqual([policy.text, other.text])
    expect(reports[1]?.results).toMatchObject([{ successes: 0, failed: 1 }])
  })

  test('costs one write for all that came within a minute, not one for each message', async () => {
    const { reporter, writes, clock } = setUp()
    for (let i = 0; i < 1_000; i++) {
      reporter.note([{ policy }])
      clock.moveTo(clock.now() + 50)
      await reporter.tick()
    }
    expect(writes).toEqual([])
    clock.moveTo(clock.now() + minute)
    await reporter.tick()
    expect(writes).toHaveLength(1)
    expect(writes[0]).toContain('"successes":1000')
  })

  test('is known to the next life, which sends the report', async () => {
    const scene = setUp()
    scene.reporter.note([expired])
    await scene.runUntil(scene.clock.now() + minute)
    scene.reporter = scene.make()
    await scene.runUntil(scene.clock.now() + day)
    expect(scene.mails).toHaveLength(1)
  })

  test.each([
    ['no record', (dns: MemoryDns) => dns.zones.delete('_smtp._tls.there.test')],
    ['a record without an address', (dns: MemoryDns) => dns.set('_smtp._tls.there.test', { TXT: ['v=TLSRPTv1;'] })],
  ])('writes nothing where nobody wants it: %s', async (_, unask) => {
    const { dns, reporter, writes, mails, runUntil, clock } = setUp()
    unask(dns)
    reporter.note([expired])
    await runUntil(clock.now() + 2 * minute)
    reporter.note([expired])
    await runUntil(clock.now() + 2 * day)
    expect([writes, mails]).toEqual([[], []])
    expect(dns.asked).toHaveLength(1)
  })

  test('does not grow without bounds', async () => {
    const { reporter, writes, runUntil, clock } = setUp()
    for (let i = 0; i < 5_000; i++) {
      reporter.note([{ ...expired, mx: `mx${i}.there.test`, reason: 'x'.repeat(1_000) }])
      reporter.note([{ policy: { ...policy, text: [String(i)] } }])
    }
    await runUntil(clock.now() + minute)
    expect(writes[0]?.length).toBeLessThan(100_000)
    expect(writes[0]).toContain('"failed":5000')
  })
})

describe('delivery of a report (RFC 8460 §5)', () => {
  test('over HTTPS as it is', async () => {
    const { reporter, posts, runUntil, clock } = setUp('https://reports.test/tls')
    reporter.note([{ policy }])
    await runUntil(clock.now() + day)
    expect(posts.map(({ url }) => url)).toEqual(['https://reports.test/tls'])
    const [post] = posts
    expect(parseTlsReport(gunzipSync(post?.body ?? new Uint8Array()).toString())?.results).toHaveLength(1)
  })

  test('to every destination of the record; one that fails is not waited for', async () => {
    const { reporter, posts, mails, takes, runUntil, clock } = setUp('https://reports.test/tls,mailto:a@b.test')
    takes.post = false
    reporter.note([{ policy }])
    await runUntil(clock.now() + day)
    expect([posts.length, mails.length]).toEqual([0, 1])
  })

  test('is tried again each hour for a day, then given up (§5.4)', async () => {
    const { reporter, mails, takes, writes, runUntil, clock } = setUp()
    takes.mail = false
    reporter.note([{ policy }])
    await runUntil(clock.now() + day)
    takes.mail = true
    await runUntil(clock.now() + 3_600_000)
    expect(mails).toHaveLength(1)
    takes.mail = false
    reporter.note([{ policy }])
    await runUntil(clock.now() + 3 * day)
    expect(writes.at(-1)).toBeUndefined()
    expect(reporter.nextWakeup()).toBeUndefined()
  })

  test('waits while the DNS does not answer', async () => {
    const { reporter, dns, mails, runUntil, clock } = setUp()
    reporter.note([{ policy }])
    await runUntil(clock.now() + minute)
    dns.broken.add('_smtp._tls.there.test')
    await runUntil(Date.UTC(2026, 10, 24, 5))
    expect(mails).toEqual([])
    dns.broken.clear()
    await runUntil(Date.UTC(2026, 10, 24, 6))
    expect(mails).toHaveLength(1)
  })
})
