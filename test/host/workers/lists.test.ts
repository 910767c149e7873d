/** A distribution list from its making to its members, here and elsewhere, and out of it again. */
import { runDurableObjectAlarm } from 'cloudflare:test'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import type { EgressRequest } from '../../../src/delivery/index.ts'
import {
  admin,
  basic,
  bindings,
  envelope,
  fromOutside,
  furnish,
  LinkClient,
  message,
  request,
  subjects,
} from './house.ts'
import { allTaken, dohAnswer, egressRequest, oneHost } from './outside.ts'

const dev = 'dev@facteur.test'
let link: LinkClient
let ids: Record<string, string>
const sent: { request: EgressRequest; text: string }[] = []

beforeAll(async () => {
  ids = await furnish('facteur.test', ['alice', 'olga'])
  link = await LinkClient.open()
  vi.stubGlobal('fetch', async (input: string | URL | Request, init?: RequestInit) => {
    const asked = new Request(input, init)
    if (new URL(asked.url).hostname === 'doh.test') return dohAnswer(asked.url, oneHost)
    const { request: egress, raw } = await egressRequest(asked)
    sent.push({ request: egress, text: new TextDecoder().decode(raw) })
    return allTaken(egress)
  })
  expect((await admin('PUT', `/lists/${dev}`, { owners: ['olga@facteur.test'], name: 'Developers' })).status).toBe(200)
  const members = ['alice@facteur.test', 'bert@elsewhere.test']
  expect((await admin('POST', `/lists/${dev}/members`, { members })).body).toEqual({ added: 2 })
})

beforeEach(() => {
  sent.length = 0
})

afterAll(() => {
  vi.unstubAllGlobals()
})

const post = async (from: string, subject: string) =>
  link.deliver(envelope(from, dev), message({ from, to: dev, subject }), fromOutside)

/** Lets the list go on until nothing is on its way. */
async function settle(): Promise<void> {
  const { listId } = (await bindings.DOMAIN.getByName('facteur.test').list('dev'))!
  await vi.waitFor(
    async () => {
      await runDurableObjectAlarm(bindings.LIST.getByName(listId))
      const { body } = await admin('GET', `/lists/${dev}/posts`)
      expect((body as { done?: number }[]).every(({ done }) => done !== undefined)).toBe(true)
    },
    { interval: 10, timeout: 5_000 },
  )
}

test('a post of a member comes to a mailbox here and to a server elsewhere', async () => {
  expect(await post('bert@elsewhere.test', 'Hello developers')).toMatchObject({ code: 250 })
  await settle()
  expect(await subjects(ids.alice as string, basic('alice@facteur.test'))).toContain('Hello developers')
  await vi.waitFor(() => expect(sent).toHaveLength(1), { interval: 5 })
  const [{ request: egress, text }] = sent as [(typeof sent)[number]]
  expect(egress.envelope.recipients).toMatchObject([{ address: 'bert@elsewhere.test' }])
  expect(egress.envelope.reversePath).toMatch(/^dev-bounces\+2-[0-9a-z]{16}@facteur\.test$/)
  expect(text).toContain('List-Id: "Developers" <dev.facteur.test>')
  expect(text).toMatch(/^DKIM-Signature: [^]*d=facteur\.test/m)
  expect(text).toContain('From: "bert at elsewhere.test via Developers"')
})

test('others are refused in the dialogue', async () => {
  expect(await post('eve@outside.test', 'Buy')).toMatchObject({ code: 550, enhanced: '5.7.1' })
})

test('mail that comes back is counted for the member it came back from', async () => {
  await post('bert@elsewhere.test', 'Bounce me')
  await settle()
  await vi.waitFor(() => expect(sent).toHaveLength(1), { interval: 5 })
  const { reversePath } = sent[0]!.request.envelope
  const report = [
    'From: MAILER-DAEMON@elsewhere.test',
    'Content-Type: multipart/report; report-type=delivery-status; boundary=b',
    '',
    '--b',
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns; mx.elsewhere.test',
    '',
    'Final-Recipient: rfc822; bert@elsewhere.test',
    'Action: failed',
    'Status: 5.1.1',
    '',
    '--b--',
    '',
  ].join('\r\n')
  expect(await link.deliver(envelope('', reversePath), new TextEncoder().encode(report), fromOutside)).toMatchObject({
    code: 250,
  })
  const { body } = await admin('GET', `/lists/${dev}/members`)
  expect(body).toMatchObject([
    { address: 'alice@facteur.test', bounces: 0 },
    { address: 'bert@elsewhere.test', bounces: 1 },
  ])
})

test('one click leaves (RFC 8058): the link alone shows a page, the POST does it', async () => {
  await post('bert@elsewhere.test', 'Leave me')
  await settle()
  await vi.waitFor(() => expect(sent).toHaveLength(1), { interval: 5 })
  const token = /^dev-bounces\+([0-9a-z-]+)@/.exec(sent[0]!.request.envelope.reversePath)![1]!
  const path = `/lists/unsubscribe?list=${encodeURIComponent(dev)}&token=${token}`
  const shown = await request(path)
  expect([shown.status, await shown.text()]).toEqual([200, expect.stringContaining('method="post"')])
  const active = async () => ((await admin('GET', `/lists/${dev}`)).body as { active: number }).active
  expect(await active()).toBe(2)
  const body = 'List-Unsubscribe=One-Click'
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
  expect((await request(path, { method: 'POST', headers, body })).status).toBe(200)
  expect(await active()).toBe(1)
  expect((await request(path, { method: 'POST', headers, body })).status).toBe(200)
})

test('what is in the link is shown as text', async () => {
  const page = await (
    await request(`/lists/unsubscribe?list=${encodeURIComponent('<script>alert(1)</script>')}`)
  ).text()
  expect(page).not.toContain('<script>')
})
