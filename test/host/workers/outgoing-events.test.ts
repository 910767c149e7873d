/** What becomes of mail that people and programs of a domain send, told to the domain's webhooks: real objects, all the way. */
import { runDurableObjectAlarm } from 'cloudflare:test'
import { Webhook as Receiver } from 'standardwebhooks'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { EgressRequest } from '../../../src/delivery/index.ts'
import { account, admin, envelope, fromOutside, furnish, LinkClient, message, request } from './house.ts'
import { allTaken, dohAnswer, egressRequest, oneHost } from './outside.ts'

interface Heard {
  readonly webhookId: string
  readonly type: string
  readonly data: Record<string, unknown>
}

let link: LinkClient
let ids: Record<string, string>
let secret: string
let token: string
let outside: (asked: EgressRequest) => Response
const heard: Heard[] = []
const sentOut: string[] = []

beforeAll(async () => {
  vi.stubGlobal('fetch', async (input: string | URL | Request, init?: RequestInit) => {
    const asked = new Request(input, init)
    if (asked.url.startsWith('https://doh.test/')) return dohAnswer(asked.url, oneHost)
    if (asked.url === 'https://crm.test/hook') {
      const body = await asked.text()
      const { type, data } = new Receiver(secret).verify(body, Object.fromEntries(asked.headers)) as Heard
      heard.push({ webhookId: asked.headers.get('webhook-id') ?? '', type: type.replace('message.', ''), data })
      return new Response(null, { status: 204 })
    }
    const { request: egress, raw } = await egressRequest(asked)
    sentOut.push(new TextDecoder().decode(raw))
    return outside(egress)
  })
  ids = await furnish('watched.test', ['alice', 'bob'])
  link = await LinkClient.open()
  await admin('PUT', '/aliases/team@watched.test', { targets: ['bob@watched.test', 'far@outside.test'] })
  const events = ['accepted', 'delivered', 'deferred', 'bounced', 'complained']
  const made = await admin('PUT', '/domains/watched.test/webhooks/crm', { url: 'https://crm.test/hook', events })
  secret = (made.body as { secret: string }).secret
  const scopes = ['messages:send', 'messages:read']
  token = ((await admin('POST', '/tokens', { name: 't', scopes, perMinute: 0 })).body as { token: string }).token
})

beforeEach(() => {
  heard.length = 0
  sentOut.length = 0
  outside = allTaken
})

afterAll(() => vi.unstubAllGlobals())

async function send(to: string[], more: object = {}): Promise<string> {
  const response = await request('/v1/messages', {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}` },
    body: JSON.stringify({ from: 'alice@watched.test', to, subject: 'News', text: 'Hello', copy: false, ...more }),
  })
  expect(response.status).toBe(202)
  return (await response.json<{ id: string }>()).id
}

const told = (id: string) => heard.filter(({ data }) => data['id'] === id)
const kinds = (id: string) => told(id).map(({ type, data }) => [type, data['recipient']].filter(Boolean).join(' '))

async function hears(id: string, ...expected: string[]): Promise<void> {
  await vi.waitFor(() => expect(kinds(id)).toEqual(expected), { interval: 10, timeout: 10_000 })
}

const shown = async (id: string) => {
  const response = await request(`/v1/messages/${id}`, { headers: { Authorization: `Bearer ${token}` } })
  return response.json<{ status?: unknown }>()
}

/** Sends a message to somebody elsewhere who takes it, and waits until its trace can be read. */
async function sendAway(to: string): Promise<string> {
  const id = await send([to])
  await hears(id, 'accepted', `delivered ${to}`)
  await vi.waitFor(async () => expect(await shown(id)).toMatchObject({ status: 'sent' }), { interval: 20 })
  return id
}

describe('a program that watches mail from its domain hears', () => {
  it('that a message is accepted, and that it is in a mailbox here', async () => {
    const id = await send(['bob@watched.test'])
    await hears(id, 'accepted', 'delivered bob@watched.test')
    expect(told(id)).toMatchObject([
      {
        data: {
          sender: 'alice@watched.test',
          recipients: ['bob@watched.test'],
          subject: 'News',
          messageId: expect.stringMatching(/^<.+@watched\.test>$/) as string,
        },
      },
      { data: { isFinal: true } },
    ])
    expect(new Set(told(id).map(({ webhookId }) => webhookId)).size).toBe(2)
  })

  it('what other servers say, recipient by recipient', async () => {
    outside = ({ envelope: { recipients } }) =>
      Response.json({
        remote: 'mx.remote.test',
        recipients: recipients.map(({ address }) => ({
          recipient: address,
          status: address.startsWith('gone') ? 'bounced' : 'delivered',
          reply: address.startsWith('gone')
            ? { code: 550, enhanced: '5.1.1', text: 'No such user' }
            : { code: 250, enhanced: '2.0.0', text: 'Ok' },
          at: Date.now(),
        })),
      })
    const id = await send(['gone@outside.test', 'there@outside.test'])
    await hears(id, 'accepted', 'bounced gone@outside.test', 'delivered there@outside.test')
    expect(told(id)[1]).toMatchObject({ data: { status: '5.1.1', reply: '550 5.1.1 No such user', attempts: 1 } })
  })

  it('of an alias only under its own name, and of each place it leads to', async () => {
    const id = await send(['team@watched.test'])
    await hears(id, 'accepted', 'delivered team@watched.test')
  })

  it('that a message was put off, and that the operator removed it', async () => {
    outside = ({ envelope: { recipients } }) =>
      Response.json({
        remote: 'mx.remote.test',
        recipients: recipients.map(({ address }) => ({
          recipient: address,
          status: 'deferred',
          reply: { code: 451, enhanced: '4.7.1', text: 'Greylisted' },
          at: Date.now(),
        })),
      })
    const id = await send(['x@slow.test'])
    await hears(id, 'accepted', 'deferred x@slow.test')
    const [entry] = (await admin('GET', '/queues/slow.test')).body as { id: string }[]
    expect(await admin('DELETE', `/queues/slow.test/${entry?.id}`)).toMatchObject({ status: 204 })
    await hears(id, 'accepted', 'deferred x@slow.test', 'bounced x@slow.test')
    expect(told(id).at(-1)).toMatchObject({ data: { cause: 'The operator removed it from the queue' } })
  })

  it('of what people submit by SMTP and JMAP just the same, and of what comes from outside nothing', async () => {
    const accountId = ids['alice'] as string
    const origin = { ...fromOutside, kind: 'submission' as const, accountId, transactionId: 'smtp00000001-1' }
    const raw = message({ from: 'alice@watched.test', to: 'bob@watched.test', subject: 'By SMTP' })
    expect(await link.deliver(envelope('alice@watched.test', 'bob@watched.test'), raw, origin)).toMatchObject({
      code: 250,
    })
    await hears(`${accountId}-smtp00000001-1`, 'accepted', 'delivered bob@watched.test')
    heard.length = 0
    await link.deliver(
      envelope('eve@outside.test', 'bob@watched.test'),
      message({ to: 'bob@watched.test', subject: 'From outside' }),
      fromOutside,
    )
    const id = await send(['bob@watched.test'])
    await hears(id, 'accepted', 'delivered bob@watched.test')
    expect(heard).toHaveLength(2)
  })

  it('of a scheduled message under the id that the API gave, when its time has come', async () => {
    const id = await send(['bob@watched.test'], { sendAt: Date.now() + 400 })
    expect(id).toMatch(/-S\d+$/)
    await vi.waitFor(async () => expect(await runDurableObjectAlarm(account(ids['alice'] as string))).toBe(true), {
      interval: 100,
      timeout: 5_000,
    })
    await hears(id, 'accepted', 'delivered bob@watched.test')
  })

  it('the id by which the API shows what became of it', async () => {
    const id = await send(['bob@watched.test'])
    await hears(id, 'accepted', 'delivered bob@watched.test')
    await vi.waitFor(async () =>
      expect(await shown(id)).toMatchObject({
        recipients: [{ address: 'bob@watched.test', status: 'delivered' }],
        // What programs were told is no business of the sender's.
        steps: [{ type: 'arrived' }, { type: 'placed' }],
      }),
    )
  })
})

/** RFC 5965 and RFC 3464: what another server sends about a message of ours, long after. */
function report(type: 'feedback-report' | 'delivery-status', facts: string[]): Uint8Array {
  const original = (sentOut.at(-1) ?? '').split('\r\n\r\n')[0] ?? ''
  return new TextEncoder().encode(
    [
      'From: postmaster@outside.test',
      'To: alice@watched.test',
      `Content-Type: multipart/report; report-type=${type}; boundary=b`,
      '',
      '--b',
      `Content-Type: message/${type}`,
      '',
      ...facts,
      '',
      '--b',
      'Content-Type: text/rfc822-headers',
      '',
      original,
      '',
      '--b--',
      '',
    ].join('\r\n'),
  )
}

const complaint = (recipient: string) =>
  report('feedback-report', ['Feedback-Type: abuse', 'User-Agent: x', 'Version: 1', `Original-Rcpt-To: ${recipient}`])

describe('reports that come long after the message went', () => {
  it('a complaint by a recipient is told, and one in the name of somebody else is not', async () => {
    const id = await sendAway('angry@outside.test')
    for (const recipient of ['bystander@outside.test', 'angry@outside.test']) {
      await link.deliver(envelope('fbl@outside.test', 'alice@watched.test'), complaint(recipient), fromOutside)
    }
    await hears(id, 'accepted', 'delivered angry@outside.test', 'complained angry@outside.test')
    expect(told(id).at(-1)).toMatchObject({ data: { feedbackType: 'abuse', sender: 'alice@watched.test' } })
    const suppressed = await account(ids['alice'] as string).suppressions()
    expect(suppressed.filter(({ reason }) => reason === 'complained')).toMatchObject([
      { address: 'angry@outside.test' },
    ])
  })

  it('a message that another server took and returns has bounced; told once, however often it says so', async () => {
    const id = await sendAway('full@outside.test')
    const facts = [
      'Reporting-MTA: dns; mx.outside.test',
      '',
      'Final-Recipient: rfc822; full@outside.test',
      'Action: failed',
      'Status: 5.2.2',
      'Diagnostic-Code: smtp; 552 5.2.2 Mailbox full',
    ]
    const raw = report('delivery-status', facts)
    await link.deliver(envelope('', 'alice@watched.test'), raw, fromOutside)
    await hears(id, 'accepted', 'delivered full@outside.test', 'bounced full@outside.test')
    expect(told(id).at(-1)).toMatchObject({
      data: { status: '5.2.2', reply: '552 5.2.2 Mailbox full', host: 'mx.outside.test' },
    })
    await link.deliver(envelope('', 'alice@watched.test'), raw, fromOutside)
    await vi.waitFor(() => expect(told(id)).toHaveLength(4), { interval: 10 })
    expect(told(id)[3]?.webhookId).toBe(told(id)[2]?.webhookId)
  })

  it('of a message that the account never sent nobody hears', async () => {
    const id = await sendAway('x@outside.test')
    const forged = new TextDecoder()
      .decode(complaint('x@outside.test'))
      .replace(/id [\w-]+/, 'id 00000000000000000')
      .replace(/^Message-ID: .*$/m, 'Message-ID: <forged@watched.test>')
    const toAlice = envelope('fbl@outside.test', 'alice@watched.test')
    await link.deliver(toAlice, new TextEncoder().encode(forged), fromOutside)
    const other = await sendAway('y@outside.test')
    await link.deliver(toAlice, complaint('y@outside.test'), fromOutside)
    await hears(other, 'accepted', 'delivered y@outside.test', 'complained y@outside.test')
    expect(kinds(id)).toEqual(['accepted', 'delivered x@outside.test'])
  })
})
