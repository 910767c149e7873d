/** Reports to other domains and from them, over the Worker's own objects. */
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { EgressRequest } from '../../../src/delivery/index.ts'
import {
  type DmarcReport,
  composeDmarcReport,
  encodeUtf8,
  formatDmarcReport,
  parseHeader,
} from '../../../src/format/index.ts'
import { readSignedMessage, verifyDkim, type VerifyPorts } from '../../../src/protocol/dkim/index.ts'
import { readReport, Tally } from '../../../src/reports/index.ts'
import { sample } from '../../format/dmarc-report/sample.ts'
import { admin, bindings, envelope, fromOutside, furnish, jmap, LinkClient, message, basic, subjects } from './house.ts'
import { allTaken, dohAnswer, egressRequest } from './outside.ts'

const client = '198.51.100.9'
const outside = { ...fromOutside, clientAddress: client, helo: 'mail.shop.test' }
const day = 86_400_000

let link: LinkClient
let ids: Record<string, string>
/** Records by name and type; other names are hosts. */
let zone: Record<string, Record<string, unknown[]>>
let sent: { request: EgressRequest; raw: Uint8Array }[]

beforeAll(async () => {
  ids = await furnish('ours.test', ['alice'])
  link = await LinkClient.open()
})

beforeEach(() => {
  zone = {
    'shop.test': { TXT: [`v=spf1 ip4:${client} -all`], A: [client] },
    '_dmarc.shop.test': { TXT: ['v=DMARC1; p=reject; rua=mailto:dmarc@shop.test'] },
    '_dmarc.ours.test': { TXT: ['v=DMARC1; p=none; rua=mailto:mail-reports@ours.test'] },
  }
  sent = []
  vi.stubGlobal('fetch', async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init)
    if (new URL(request.url).hostname === 'doh.test') {
      return dohAnswer(request.url, (name, type) => {
        const records = zone[name]
        if (records !== undefined) return records[type] ?? []
        return name.startsWith('_') || type !== 'A' ? undefined : ['203.0.113.25']
      })
    }
    const asked = await egressRequest(request)
    sent.push(asked)
    return allTaken(asked.request)
  })
})

afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

const dayOf = (time: number) => new Date(time).toISOString().slice(0, 10)
const dmarc = (name: string) => bindings.DMARC.getByName(name)

/** Lets a day's object go on until it has nothing left to do. */
async function finish(name: string): Promise<void> {
  const end = Date.parse(`${name}T00:00:00Z`) + day
  for (let later = 15; later < 600; later += 15) {
    vi.useFakeTimers({ toFake: ['Date'], now: end + later * 60_000 })
    if (!(await runDurableObjectAlarm(dmarc(name)))) return
  }
  expect.fail('it does not come to an end')
}

const tables = (name: string) =>
  runInDurableObject(dmarc(name), (_, { storage }) => [
    ...storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'").raw(),
  ])

describe('reports to other domains (RFC 9990)', () => {
  it('tell of the mail that came in their name, the night after', async () => {
    const today = dayOf(Date.now())
    const raw = message({ from: 'news@shop.test', to: 'alice@ours.test', subject: 'Sale' })
    const forged = { ...outside, clientAddress: '198.51.100.10', transactionId: 'T2' }
    const to = envelope('news@shop.test', 'alice@ours.test')
    expect(await link.deliver(to, raw, outside)).toMatchObject({ code: 250 })
    expect(await link.deliver(to, raw, outside)).toMatchObject({ code: 250 })
    expect(await link.deliver(to, raw, forged)).toMatchObject({ code: 550 })
    await vi.waitFor(async () => expect(await tables(today)).not.toEqual([]), { interval: 50, timeout: 8_000 })
    await finish(today)
    await vi.waitFor(() => expect(sent).toHaveLength(1), { interval: 5 })
    const [{ request, raw: mail } = expect.fail('no report')] = sent
    expect(request.envelope).toMatchObject({
      reversePath: '',
      recipients: [{ address: 'dmarc@shop.test', notify: ['NEVER'] }],
    })
    const found = readReport(mail)
    const { policy, rows } = found?.kind === 'dmarc' ? found.report : expect.fail('no report')
    expect(policy).toMatchObject({ domain: 'shop.test', policy: 'reject' })
    expect(rows).toMatchObject([
      { source: client, count: 2, disposition: 'pass', spf: true, headerFrom: 'shop.test' },
      { source: '198.51.100.10', count: 1, disposition: 'reject', spf: false },
    ])
    expect(await tables(today)).toEqual([])
  })

  it('are signed by the domain that they come from', async () => {
    await admin('POST', '/domains', { name: 'facteur.test' })
    const keys = (await admin('GET', '/domains/facteur.test/dkim')).body as { name: string; record: string }[]
    await count('2027-01-05', 'shop.test', 'mailto:dmarc@shop.test')
    await finish('2027-01-05')
    await vi.waitFor(() => expect(sent).toHaveLength(1), { interval: 5 })
    const dns = {
      async resolve(name: string) {
        const records = keys.filter((key) => key.name === name).map(({ record }) => record)
        return { status: 'found', records, name, ttl: 60, authentic: false }
      },
    } as VerifyPorts['dns']
    const signed = readSignedMessage(sent[0]?.raw ?? expect.fail('no report'))
    const results = await verifyDkim(signed, { now: Date.now() }, { dns, crypto: crypto.subtle })
    // From postmaster of the host's name, for which the domain above it stands.
    expect(results.map(({ status, domain }) => [status, domain])).toEqual([
      ['pass', 'facteur.test'],
      ['pass', 'facteur.test'],
    ])
  })

  it('are not made about our own domains unless the operator wants them', async () => {
    await count('2027-01-06', 'ours.test', 'mailto:x@ours.test')
    await count('2027-01-07', 'news.ours.test', 'mailto:x@news.ours.test')
    await finish('2027-01-06')
    await finish('2027-01-07')
    expect(sent).toEqual([])
  })

  it('do not take counts of a day whose reports are under way', async () => {
    const yesterday = dayOf(Date.now() - 2 * day)
    await dmarc(yesterday).add({ domains: [], left: 0 })
    expect(await runInDurableObject(dmarc(yesterday), (_, { storage }) => storage.getAlarm())).toBeNull()
  })
})

/** As if mail of that domain had been judged on that day. */
async function count(name: string, domain: string, uri: string): Promise<void> {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse(`${name}T12:00:00Z`) })
  const [{ count: messages, ...row } = expect.fail('no row')] = sample.rows
  const tally = new Tally(100_000)
  tally.note({ policy: { ...sample.policy, domain }, uris: [{ uri }], row }, messages)
  await dmarc(name).add(tally.toJSON())
  await vi.waitFor(async () => expect(await tables(name)).not.toEqual([]), { interval: 50, timeout: 5_000 })
}

async function reportMail(to: string, from = 'noreply@rep.test', report: Partial<DmarcReport> = {}) {
  const { readable, writable } = new CompressionStream('gzip')
  const writer = writable.getWriter()
  void writer.write(encodeUtf8(formatDmarcReport({ ...sample, ...report })))
  void writer.close()
  const compressed = new Uint8Array(await new Response(readable).arrayBuffer())
  const mail = { report: { ...sample, ...report }, compressed, from, to, submitter: 'rep.test', date: 0, seed: 'x' }
  return composeDmarcReport(mail)
}

describe('reports about us', () => {
  it('have an address at every domain of ours, and are kept for the operator', async () => {
    const raw = await reportMail('mail-reports@ours.test')
    expect(await link.recipient('mail-reports@ours.test', outside)).toMatchObject({ code: 250 })
    zone['rep.test'] = { TXT: [`v=spf1 ip4:${client} -all`] }
    zone['_dmarc.rep.test'] = { TXT: ['v=DMARC1; p=reject'] }
    const to = envelope('noreply@rep.test', 'mail-reports@ours.test')
    expect(await link.deliver(to, raw, { ...outside, transactionId: 'T3' })).toMatchObject({ code: 250 })
    const { body } = await admin('GET', '/domains/ours.test/reports')
    expect(body).toMatchObject([
      { kind: 'dmarc', domain: 'example.com', sender: 'rep.test', proven: true, passed: 7, failed: 3 },
    ])
    const [{ id }] = body as [{ id: number }]
    expect((await admin('GET', `/domains/ours.test/reports/${id}`)).body).toMatchObject({ report: sample })
    expect(await admin('GET', '/domains/ours.test/reported-sources')).toMatchObject({
      status: 200,
      body: [
        { source: '192.0.2.1', failed: 3, proven: 1 },
        { source: '2001:db8::1', failed: 0 },
      ],
    })
    expect(await admin('GET', '/domains/ours.test/reports/99')).toMatchObject({ status: 404 })
    expect(await admin('GET', '/domains/ours.test/reports?kind=tls')).toMatchObject({ status: 200, body: [] })
  })

  it('are forgotten with their domain', async () => {
    await admin('POST', '/domains', { name: 'gone.test' })
    const raw = await reportMail('mail-reports@gone.test')
    const to = envelope('noreply@rep.test', 'mail-reports@gone.test')
    expect(await link.deliver(to, raw, fromOutside)).toMatchObject({ code: 250 })
    expect((await admin('GET', '/domains/gone.test/reports')).body).toHaveLength(1)
    expect(await admin('DELETE', '/domains/gone.test')).toMatchObject({ status: 204 })
    await admin('POST', '/domains', { name: 'gone.test' })
    expect((await admin('GET', '/domains/gone.test/reports')).body).toEqual([])
  })

  it('are all that this address takes', async () => {
    const raw = message({ to: 'mail-reports@ours.test', subject: 'Hello' })
    const reply = await link.deliver(envelope('eve@outside.test', 'mail-reports@ours.test'), raw, fromOutside)
    expect(reply).toMatchObject({ code: 554, enhanced: '5.6.0' })
  })

  it('that a person gets are kept as well, though nobody vouches for them', async () => {
    const raw = await reportMail('postmaster@ours.test', 'anybody@outside.test', { id: 'forged' })
    const to = envelope('anybody@outside.test', 'postmaster@ours.test')
    expect(await link.deliver(to, raw, fromOutside)).toMatchObject({ code: 250 })
    expect(await subjects(ids.alice as string, basic('alice@ours.test'))).toContain(
      parseHeader(raw).header.first('Subject')?.trim(),
    )
    await vi.waitFor(
      async () => {
        const { body } = await admin('GET', '/domains/ours.test/reports')
        expect(body).toContainEqual(expect.objectContaining({ reportId: 'forged', proven: false }))
      },
      { interval: 20 },
    )
  })

  it('are asked for at that address by the records that the zone is to have', async () => {
    const { body } = await admin('GET', '/domains/ours.test/dns')
    const values = (body as { value: string }[]).map(({ value }) => value)
    expect(values).toContain('v=DMARC1; p=quarantine; rua=mailto:mail-reports@ours.test')
    expect(values).toContain('v=TLSRPTv1; rua=mailto:mail-reports@ours.test;')
  })

  it('open no door: nobody logs in as that address', async () => {
    const answer = jmap(basic('mail-reports@ours.test'), [])
    await expect(answer).rejects.toThrow('401')
  })
})
