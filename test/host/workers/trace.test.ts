/** What became of a message, as an administrator reads it: in by SMTP, out through a queue, and counted. */
import { runDurableObjectAlarm } from 'cloudflare:test'
import { beforeAll, expect, test, vi } from 'vitest'
import { admin, adminToken, bindings, envelope, fromOutside, furnish, LinkClient, message, request } from './house.ts'
import { dohAnswer, oneHost } from './outside.ts'

interface Step {
  readonly type: string
  readonly [fact: string]: unknown
}

let link: LinkClient
let ids: Record<string, string>

beforeAll(async () => {
  ids = await furnish('facteur.test', ['alice'])
  link = await LinkClient.open()
  vi.stubGlobal('fetch', outside)
})

/** One host for every domain, which puts the first attempt off and takes the second. */
let attempts = 0
async function outside(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const asked = new Request(input, init)
  if (new URL(asked.url).hostname === 'doh.test') return dohAnswer(asked.url, oneHost)
  await asked.arrayBuffer()
  const late = attempts++ === 0
  const reply = late ? { code: 451, text: 'greylisted' } : { code: 250, text: 'taken' }
  const status = late ? 'deferred' : 'delivered'
  const tls = { version: 'TLSv1.3', cipher: 'TLS_AES_128_GCM_SHA256' }
  const recipients = [
    { recipient: 'friend@elsewhere.test', status, reply, remoteMta: 'mx.elsewhere.test', tls, at: Date.now() },
  ]
  return Response.json({ recipients, remote: 'mx.elsewhere.test' })
}

/** The trace once it has so many steps: events are on their way for a moment. */
async function trace(id: string, steps: number): Promise<Step[]> {
  return vi.waitFor(
    async () => {
      const { status, body } = await admin('GET', `/traces/${id}`)
      expect(status).toBe(200)
      expect(body).toHaveLength(steps)
      return body as Step[]
    },
    { interval: 20, timeout: 5_000 },
  )
}

test('a message into a mailbox: what came, what was said, where it is', async () => {
  const raw = message({ subject: 'Secret plans', id: 'known' })
  await link.deliver(envelope('eve@outside.test', 'alice@facteur.test'), raw, { ...fromOutside, transactionId: 'tin' })
  const steps = await trace('tin', 2)
  expect(steps[0]).toMatchObject({
    type: 'arrived',
    source: 'smtp',
    client: '192.0.2.1',
    helo: 'mx.outside.test',
    sender: 'eve@outside.test',
    recipients: ['alice@facteur.test'],
    size: raw.length,
    messageId: 'known@outside.test',
    reply: '250 2.0.0 Message taken as tin',
  })
  expect(steps[1]).toMatchObject({
    type: 'placed',
    recipient: 'alice@facteur.test',
    place: { kind: 'mailbox', accountId: ids.alice },
    status: 'delivered',
  })
  expect(JSON.stringify(steps)).not.toContain('Secret plans')
})

test('a message that is refused: by whom, and with which words', async () => {
  const refused = { ...fromOutside, transactionId: 'trefused' }
  await link.deliver(envelope('eve@outside.test', 'nobody@facteur.test'), message({ subject: 'x' }), refused)
  expect((await trace('trefused', 1))[0]).toMatchObject({ reply: '550 5.1.1 No such user here' })
})

test('a message out: queued, put off, taken, with host, TLS and replies', async () => {
  const submission = { ...fromOutside, kind: 'submission', accountId: ids.alice, transactionId: 'tout' }
  const raw = message({ from: 'alice@facteur.test', to: 'friend@elsewhere.test', subject: 'x' })
  await link.deliver(envelope('alice@facteur.test', 'friend@elsewhere.test'), raw, submission)
  await trace('tout', 3)
  const queue = bindings.QUEUE.getByName('elsewhere.test')
  await queue.retry()
  await runDurableObjectAlarm(queue)
  const steps = await trace('tout', 4)
  expect(steps.map(({ type, status }) => [type, status])).toEqual([
    ['arrived', undefined],
    ['placed', 'queued'],
    ['attempt', 'deferred'],
    ['attempt', 'delivered'],
  ])
  expect(steps[1]).toMatchObject({ place: { kind: 'queue', domain: 'elsewhere.test', entry: expect.any(String) } })
  expect(steps[2]).toMatchObject({ reply: '451 greylisted', host: 'mx.elsewhere.test', attempts: 1 })
  expect(steps[3]).toMatchObject({ reply: '250 taken', tls: 'TLSv1.3 TLS_AES_128_GCM_SHA256', attempts: 2 })
})

test('messages are found by their addresses', async () => {
  const { body } = await admin('GET', '/traces?to=friend@elsewhere.test&days=1')
  expect((body as Step[]).map(({ id }) => id)).toEqual(['tout'])
  expect((await admin('GET', '/traces')).status).toBe(400)
  expect((await admin('GET', '/traces/unheard-of')).status).toBe(404)
})

test('/metrics is for whoever holds a token', async () => {
  expect((await request('/metrics')).status).toBe(401)
  const response = await request('/metrics', { headers: { Authorization: `Bearer ${adminToken}` } })
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  const text = await response.text()
  expect(text).toContain('facteur_arrivals_total{source="smtp",outcome="accepted"} 1\n')
  expect(text).toContain('facteur_arrivals_total{source="smtp",outcome="rejected"} 1\n')
  expect(text).toContain('facteur_attempts_total{status="delivered",tls="yes"} 1\n')
})
