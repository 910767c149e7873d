/** What strangers meet at the door, as a bridge's link tells it: lists in the DNS, and the greylist in its objects. */
import { runInDurableObject } from 'cloudflare:test'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ClientAnswer, HelloAnswer } from '../../../src/host/bridge/link/index.ts'
import type { Env } from '../../../src/host/workers/env.ts'
import { workersHouse } from '../../../src/host/workers/house.ts'
import { decodeQuestion, encodeAnswer } from '../../../src/protocol/dns/index.ts'
import type { Reply } from '../../../src/protocol/smtp/index.ts'
import {
  adminToken,
  basic,
  bindings,
  envelope,
  fromOutside,
  furnish,
  jmap,
  LinkClient,
  message,
  request,
  resultOf,
} from './house.ts'

/** Address records by name; what is not there does not exist. */
const zone = new Map<string, string[]>([
  ['7.100.51.198.bl.test', ['127.0.0.2']],
  ['8.100.51.198.bl.test', ['127.0.0.2']],
  ['8.100.51.198.wl.test', ['127.0.10.2']],
  ['9.100.51.198.public.test', ['127.255.255.254']],
])
let asked: string[] = []
let ids: Record<string, string>

beforeAll(async () => {
  ids = await furnish('door.test', ['alice'])
})

beforeEach(() => {
  asked = []
  vi.stubGlobal('fetch', async (input: string | URL | Request): Promise<Response> => {
    const question = decodeQuestion(new URL(new Request(input).url).searchParams.get('dns') ?? '')
    if (question === undefined) return new Response(null, { status: 400 })
    const { name, type } = question
    asked.push(`${type} ${name}`)
    const answers = type === 'A' ? (zone.get(name) ?? []).map((data) => ({ name, type, ttl: 60, data })) : []
    const rcode = zone.has(name) ? 'NOERROR' : 'NXDOMAIN'
    const bytes = encodeAnswer(question, { rcode, answers, ...(answers.length === 0 ? { negativeTtl: 60 } : {}) })
    return new Response(bytes, { headers: { 'content-type': 'application/dns-message' } })
  })
})

afterEach(() => {
  vi.unstubAllGlobals()
})

/** A link to a Worker whose operator has said more. */
function linkWith(variables: Partial<Env>): LinkClient {
  const { webSocket } = workersHouse({ ...bindings, ...variables }).openLink(new Request('https://x.test/'))
  if (webSocket === null) throw new Error('no link')
  return new LinkClient(webSocket)
}

const judge = (link: LinkClient, clientAddress: string) => link.call<ClientAnswer>({ op: 'client', clientAddress })

const rcpt = (link: LinkClient, origin: object): Promise<Reply> => link.recipient('alice@door.test', origin)

describe('a bridge is told', () => {
  it('what strangers are to meet', async () => {
    const { door } = await (await LinkClient.open()).call<HelloAnswer>({ op: 'hello', name: 'b', version: '1' })
    expect(door).toEqual({
      trusted: ['192.0.2.0/24'],
      screened: false,
      rates: { connections: 600, messages: 2000, recipients: 10_000, unknown: 30 },
    })
  })

  it('to ask about them where there are lists', async () => {
    const link = linkWith({
      FACTEUR_DNSBL: 'bl.test',
      FACTEUR_CLIENT_RATES: 'off',
      FACTEUR_TRUSTED_NETWORKS: '2001:db8::/32',
    })
    const { door } = await link.call<HelloAnswer>({ op: 'hello', name: 'b', version: '1' })
    expect(door).toMatchObject({ trusted: ['2001:db8::/32'], screened: true, rates: { connections: 0, unknown: 0 } })
  })
})

describe('a client', () => {
  it('is judged by the lists of the settings, whose answers are remembered', async () => {
    const settings = { FACTEUR_DNSBL: 'bl.test,public.test=junk', FACTEUR_DNSWL: 'wl.test' }
    const link = linkWith(settings)
    expect(await judge(link, '198.51.100.7')).toMatchObject({ refusal: { code: 550, enhanced: '5.7.1' } })
    expect(await judge(link, '198.51.100.8')).toEqual({ welcome: true })
    expect(await judge(link, '198.51.100.9')).toEqual({})
    const before = asked.length
    expect(await judge(linkWith(settings), '198.51.100.7')).toMatchObject({ refusal: { code: 550 } })
    expect(asked.slice(before)).toEqual([])
  })

  it('costs no question where there are none', async () => {
    expect(await judge(await LinkClient.open(), '198.51.100.7')).toEqual({})
    expect(asked).toEqual([])
  })

  it('that a list wants in Junk has its mail there', async () => {
    const accountId = ids.alice as string
    const origin = { ...fromOutside, clientAddress: '198.51.100.20', screened: { junk: 'on a block list' } }
    const raw = message({ subject: 'listed', to: 'alice@door.test' })
    const link = await LinkClient.open()
    expect(await link.deliver(envelope('eve@outside.test', 'alice@door.test'), raw, origin)).toMatchObject({
      code: 250,
    })
    const answers = await jmap(basic('alice@door.test'), [
      ['Email/query', { accountId, filter: { subject: 'listed' } }, 'q'],
      [
        'Email/get',
        { accountId, properties: ['mailboxIds'], '#ids': { resultOf: 'q', name: 'Email/query', path: '/ids' } },
        'e',
      ],
      ['Mailbox/get', { accountId, properties: ['role'] }, 'm'],
    ])
    const [email] = resultOf<{ list: { mailboxIds: Record<string, true> }[] }>(answers, 'e').list
    const junk = resultOf<{ list: { id: string; role: string }[] }>(answers, 'm').list.find(
      ({ role }) => role === 'junk',
    )
    expect(Object.keys(email?.mailboxIds ?? {})).toEqual([junk?.id])
  })
})

it('whom a bridge turned away is in the metrics, by reasons that are known', async () => {
  const link = await LinkClient.open()
  expect(await link.call({ op: 'turned-away', counts: { list: 2, unknown: 5, made_up: 7 } })).toEqual({ ok: true })
  expect(await link.call({ op: 'turned-away', counts: { list: -1 } })).toEqual({ error: 'temporarily unable' })
  const headers = { Authorization: `Bearer ${adminToken}` }
  await vi.waitFor(async () => {
    const text = await (await request('/metrics', { headers })).text()
    expect(text).toContain('facteur_turned_away_total{why="list"} 2\nfacteur_turned_away_total{why="unknown"} 5\n')
    expect(text).not.toContain('made_up')
  })
})

describe('the greylist', () => {
  const newcomer = { ...fromOutside, clientAddress: '203.0.113.7' }

  it('puts a newcomer off and knows its network when it comes back, whichever isolate it comes to', async () => {
    const link = linkWith({ FACTEUR_GREYLIST: '1' })
    expect(await rcpt(link, newcomer)).toEqual({
      code: 451,
      enhanced: '4.7.1',
      text: 'Greylisted: please try again in 1 seconds',
    })
    const name = await shareWith('newcomer')
    // Time passes for the object: it wrote down when the newcomer came.
    await runInDurableObject(bindings.GREYLIST.getByName(name), (_, { storage }) => {
      storage.sql.exec('UPDATE newcomer SET at = at - 2000')
    })
    expect(await rcpt(linkWith({ FACTEUR_GREYLIST: '1' }), newcomer)).toMatchObject({ code: 250 })
    expect(await shareWith('familiar')).toBe(name)
    expect(await rcpt(link, { ...newcomer, clientAddress: '203.0.113.200' })).toMatchObject({ code: 250 })
  })

  it('asks nobody where the settings do not want it', async () => {
    expect(await rcpt(await LinkClient.open(), { ...newcomer, clientAddress: '198.51.100.66' })).toMatchObject({
      code: 250,
    })
  })
})

/** The one share that has something in this table. */
async function shareWith(table: string): Promise<string> {
  const found: string[] = []
  for (let share = 0; share < 8; share++) {
    const rows = await runInDurableObject(bindings.GREYLIST.getByName(String(share)), (_, { storage }) => {
      const exists = storage.sql.exec('SELECT 1 FROM sqlite_master WHERE name = ?', table).toArray().length
      return exists === 0 ? 0 : storage.sql.exec(`SELECT * FROM ${table}`).toArray().length
    })
    if (rows > 0) found.push(String(share))
  }
  expect(found).toHaveLength(1)
  return found[0] as string
}
