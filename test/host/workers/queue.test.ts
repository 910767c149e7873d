import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { EgressRequest } from '../../../src/delivery/index.ts'
import {
  account,
  admin,
  basic,
  bindings,
  envelope,
  fromOutside,
  furnish,
  jmap,
  LinkClient,
  message,
  resultOf,
  subjects,
} from './house.ts'
import { dohAnswer, egressRequest } from './outside.ts'

interface Attempt {
  readonly request: EgressRequest
  readonly message: string
}

/** A bridge's egress and a DNS resolver in place of the network. */
class Outside {
  readonly attempts: Attempt[] = []
  answer: (request: EgressRequest) => { status: string; code: number; text: string } | Error = () => ({
    status: 'delivered',
    code: 250,
    text: 'taken',
  })
  readonly fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init)
    const url = new URL(request.url)
    if (url.hostname === 'doh.test') return dohAnswer(url, withMx)
    if (url.href !== 'http://bridge.test/egress') throw new Error(`unexpected request to ${url.href}`)
    expect(request.headers.get('authorization')).toBe('Bearer bridge-secret-of-the-tests')
    const { request: head, raw } = await egressRequest(request)
    this.attempts.push({ request: head, message: new TextDecoder().decode(raw) })
    const answer = this.answer(head)
    if (answer instanceof Error) throw answer
    const recipients = head.envelope.recipients.map(({ address }) => ({
      recipient: address,
      status: answer.status,
      reply: { code: answer.code, text: answer.text },
      remoteMta: 'mx.remote.test',
      at: Date.now(),
    }))
    return Response.json({ recipients, remote: 'mx.remote.test' })
  }

  /** Until there have been `count` attempts. They are made by an object, whose promises a test may not await. */
  async attempted(count: number): Promise<void> {
    await vi.waitFor(() => expect(this.attempts).toHaveLength(count), { interval: 5 })
  }
}

/** Every domain has one MX, `mx.<domain>`, at 203.0.113.25. */
function withMx(name: string, type: string): unknown[] {
  if (type === 'MX') return [{ preference: 10, exchange: `mx.${name}` }]
  return type === 'A' ? ['203.0.113.25'] : []
}

let outside: Outside
let link: LinkClient
let ids: Record<string, string>
let submission: object

beforeAll(async () => {
  ids = await furnish('facteur.test', ['alice'])
  link = await LinkClient.open()
  submission = { ...fromOutside, kind: 'submission', protocol: 'ESMTPSA', accountId: ids.alice }
})

beforeEach(() => {
  outside = new Outside()
  vi.stubGlobal('fetch', outside.fetch)
})

afterEach(() => {
  vi.unstubAllGlobals()
})

async function submit(to: string, subject: string, more: object = {}): Promise<void> {
  const raw = message({ from: 'alice@facteur.test', to, subject })
  const reply = await link.deliver(envelope('alice@facteur.test', to), raw, { ...submission, ...more })
  expect(reply).toMatchObject({ code: 250 })
}

function queue(domain: string) {
  return bindings.QUEUE.getByName(domain)
}

interface WaitingShown {
  readonly id: string
  readonly recipients: readonly { readonly address: string }[]
}

/** Who waits for many.test. */
async function addresses(query: string): Promise<(string | undefined)[]> {
  const { body } = await admin('GET', `/queues/many.test${query}`)
  return (body as WaitingShown[]).map(({ recipients }) => recipients[0]?.address)
}

/** Until no attempt is under way. */
async function settled(domain: string): Promise<void> {
  await vi.waitFor(async () => expect((await queue(domain).list()).some((entry) => entry.active)).toBe(false), {
    interval: 5,
  })
}

describe('a destination queue', () => {
  it('attempts a message at once through the bridge, to the hosts that DNS names', async () => {
    await submit('x@remote.test', 'Out')
    await outside.attempted(1)
    await settled('remote.test')
    const { request, message: sent } = outside.attempts[0] as Attempt
    expect(request).toMatchObject({
      hostname: 'mail.facteur.test',
      envelope: { reversePath: 'alice@facteur.test', recipients: [{ address: 'x@remote.test' }] },
      targets: [{ host: 'mx.remote.test', port: 25, addresses: ['203.0.113.25'], tls: 'opportunistic' }],
    })
    expect(sent).toContain('Subject: Out\r\n')
    expect(await queue('remote.test').list()).toEqual([])
    expect(await admin('GET', '/queues')).toMatchObject({ body: [] })
  })

  it('keeps a message that a 4xx put off, tells the administrator, and sends it when its alarm rings', async () => {
    outside.answer = () => ({ status: 'deferred', code: 451, text: 'come back later' })
    await submit('x@slow.test', 'Slow')
    await outside.attempted(1)
    await settled('slow.test')
    const [listed] = (await admin('GET', '/queues/slow.test')).body as { id: string }[]
    expect(listed).toMatchObject({
      reversePath: 'alice@facteur.test',
      held: false,
      recipients: [{ address: 'x@slow.test', attempts: 1, diagnostic: expect.stringContaining('come back later') }],
    })
    expect((await admin('GET', '/queues')).body).toMatchObject([{ domain: 'slow.test', waiting: 1, held: 0 }])

    outside.answer = () => ({ status: 'delivered', code: 250, text: 'taken' })
    expect((await admin('POST', '/queues/slow.test/retry')).body).toEqual({ retried: 1 })
    await outside.attempted(2)
    await settled('slow.test')
    expect(await queue('slow.test').list()).toEqual([])
    // Told when the end is written down, which is a moment later.
    await vi.waitFor(async () => expect((await admin('GET', '/queues')).body).toEqual([]), { interval: 5 })
  })

  it('has an alarm while something waits, and survives its ringing early', async () => {
    outside.answer = () => new Error('the bridge is down')
    await submit('x@down.test', 'Down')
    await outside.attempted(1)
    await settled('down.test')
    const alarm = await runInDurableObject(queue('down.test'), (_, state) => state.storage.getAlarm())
    expect(alarm).toBeGreaterThan(Date.now())
    expect(await runDurableObjectAlarm(queue('down.test'))).toBe(true)
    expect(await queue('down.test').list()).toHaveLength(1)
    const again = await runInDurableObject(queue('down.test'), (_, state) => state.storage.getAlarm())
    expect(again).toBeGreaterThan(Date.now())
  })

  it('obeys hold, release and delete', async () => {
    outside.answer = () => ({ status: 'deferred', code: 421, text: 'busy' })
    await submit('x@held.test', 'Held')
    await outside.attempted(1)
    await settled('held.test')
    const [entry] = (await admin('GET', '/queues/held.test')).body as { id: string }[]
    const path = `/queues/held.test/${entry?.id}`
    expect(await admin('POST', `${path}/hold`)).toMatchObject({ status: 204 })
    expect(await admin('GET', path)).toMatchObject({ body: { held: true } })
    expect(await admin('POST', `${path}/retry`)).toMatchObject({ status: 409 })
    expect(await admin('POST', `${path}/release`)).toMatchObject({ status: 204 })
    expect(await admin('DELETE', path)).toMatchObject({ status: 204 })
    expect(await admin('GET', path)).toMatchObject({ status: 404 })
    expect(await admin('POST', '/queues/held.test/zzz/hold')).toMatchObject({ status: 404 })
  })

  it('obeys what is said of many messages at once, and limits', async () => {
    outside.answer = () => ({ status: 'deferred', code: 451, text: 'later' })
    for (const name of ['a', 'b', 'c']) await submit(`${name}@many.test`, 'Many')
    await outside.attempted(3)
    await settled('many.test')
    expect(await addresses('?recipient=b@many.test')).toEqual(['b@many.test'])
    expect(await addresses('?olderThan=3600')).toEqual([])
    expect(await admin('GET', '/queues/many.test?status=odd')).toMatchObject({ status: 400 })
    expect(await admin('POST', '/queues/many.test/hold', { recipient: 'a@many.test' })).toMatchObject({
      body: { held: 1 },
    })
    const { body: queues } = await admin('GET', '/queues')
    expect(queues).toContainEqual({
      domain: 'many.test',
      waiting: 2,
      held: 1,
      frozen: 0,
      kept: 0,
      oldest: expect.any(Number),
    })
    expect(await admin('POST', '/queues/many.test/delete', {})).toMatchObject({ status: 400 })
    expect(await admin('POST', '/queues/many.test/delete', { status: 'held' })).toMatchObject({ body: { deleted: 1 } })
    expect(await addresses('')).toEqual(['b@many.test', 'c@many.test'])
    expect(await admin('PUT', '/queues/many.test/limits', { perMinute: 0 })).toMatchObject({ status: 400 })
    expect(await admin('PUT', '/queues/many.test/limits', { perMinute: 1, concurrency: 2 })).toMatchObject({
      status: 204,
    })
    expect(await admin('GET', '/queues/many.test/limits')).toMatchObject({ body: { perMinute: 1, concurrency: 2 } })
    outside.answer = () => ({ status: 'delivered', code: 250, text: 'taken' })
    expect(await admin('POST', '/queues/many.test/retry')).toMatchObject({ body: { retried: 2 } })
    await outside.attempted(4)
    await vi.waitFor(async () => expect(await addresses('')).toHaveLength(1))
    expect(await admin('POST', '/queues/many.test/delete', { all: true })).toMatchObject({ body: { deleted: 1 } })
  })

  it('is one to the operator where it is several objects', async () => {
    outside.answer = () => ({ status: 'deferred', code: 451, text: 'later' })
    const names = Array.from({ length: 12 }, (_, i) => `u${i}@busy.test`)
    for (const name of names) await submit(name, 'Busy', { transactionId: `t-${name}` })
    await outside.attempted(12)
    await Promise.all(['busy.test', 'busy.test~1', 'busy.test~2'].map(settled))
    const sizes = await Promise.all(
      ['busy.test', 'busy.test~1', 'busy.test~2'].map(async (name) => (await queue(name).summary()).waiting),
    )
    expect([sizes.reduce((sum, size) => sum + size, 0), sizes.filter((size) => size > 0).length]).toEqual([12, 3])
    const listed = (await admin('GET', '/queues/busy.test')).body as WaitingShown[]
    expect(listed.map(({ recipients }) => recipients[0]?.address)).toEqual(names)
    const { body: rest } = await admin('GET', `/queues/busy.test?after=${listed[4]?.id}`)
    expect(rest).toEqual(listed.slice(5))
    expect((await admin('GET', '/queues')).body).toContainEqual(
      expect.objectContaining({ domain: 'busy.test', waiting: 12 }),
    )
    const further = listed.find(({ id }) => id.endsWith('~2'))
    expect(await admin('POST', `/queues/busy.test/${further?.id}/hold`)).toMatchObject({ status: 204 })
    expect(await admin('GET', `/queues/busy.test/${further?.id}`)).toMatchObject({
      body: { id: further?.id, held: true, recipients: further?.recipients },
    })
    expect(await admin('PUT', '/queues/busy.test/limits', { perMinute: 2 })).toMatchObject({ status: 400 })
    expect(await admin('PUT', '/queues/busy.test/limits', { concurrency: 7 })).toMatchObject({ status: 204 })
    expect(await queue('busy.test~2').limits()).toEqual({ concurrency: 2 })
    expect((await admin('GET', '/queues/busy.test/limits')).body).toEqual({ perMinute: null, concurrency: 7 })
    outside.answer = () => ({ status: 'delivered', code: 250, text: 'taken' })
    expect((await admin('POST', '/queues/busy.test/retry')).body).toEqual({ retried: 11 })
    await outside.attempted(23)
    expect(await admin('DELETE', `/queues/busy.test/${further?.id}`)).toMatchObject({ status: 204 })
    await vi.waitFor(async () =>
      expect((await admin('GET', '/queues')).body).not.toContainEqual(expect.objectContaining({ domain: 'busy.test' })),
    )
  })

  it('returns a report to the sender for a 5xx (RFC 3464)', async () => {
    outside.answer = () => ({ status: 'bounced', code: 550, text: 'no such user' })
    await submit('x@hard.test', 'Hard')
    await outside.attempted(1)
    await settled('hard.test')
    const found = await subjects(ids.alice as string, basic('alice@facteur.test'))
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(/deliver/i)
    expect(await queue('hard.test').list()).toEqual([])
    expect(await account(ids.alice as string).usage()).toMatchObject({ messages: 1 })
  })
})

describe('a JMAP submission', () => {
  const alice = basic('alice@facteur.test')

  /** The submission made for a message to these recipients. */
  async function send(to: string, parameters: object | null = null): Promise<string> {
    const accountId = ids.alice
    const asked = await jmap(alice, [
      ['Identity/get', { accountId, ids: null }, 'i'],
      ['Mailbox/query', { accountId, filter: { role: 'drafts' } }, 'm'],
    ])
    const identityId = resultOf<{ list: { id: string }[] }>(asked, 'i').list[0]?.id
    const drafts = resultOf<{ ids: string[] }>(asked, 'm').ids[0] as string
    const email = {
      mailboxIds: { [drafts]: true },
      from: [{ email: 'alice@facteur.test' }],
      to: [{ email: to }],
      subject: 'Tracked',
      sentAt: '2026-11-23T12:00:00Z',
      bodyValues: { b: { value: 'Hello' } },
      textBody: [{ partId: 'b', type: 'text/plain' }],
    }
    const envelope = { mailFrom: { email: 'alice@facteur.test', parameters }, rcptTo: [{ email: to }] }
    const answers = await jmap(alice, [
      ['Email/set', { accountId, create: { e: email } }, 'e'],
      ['EmailSubmission/set', { accountId, create: { s: { emailId: '#e', identityId, envelope } } }, 's'],
    ])
    return resultOf<{ created: Record<string, { id: string }> }>(answers, 's').created.s?.id as string
  }

  interface Shown {
    readonly undoStatus: string
    readonly dsnBlobIds: string[]
    readonly deliveryStatus: Record<string, { delivered: string; smtpReply: string }> | null
  }

  async function shown(id: string): Promise<Shown> {
    const answers = await jmap(alice, [['EmailSubmission/get', { accountId: ids.alice, ids: [id] }, 'g']])
    return resultOf<{ list: Shown[] }>(answers, 'g').list[0] as Shown
  }

  it('hears from the queue that the next host took the message (RFC 8621 §7)', async () => {
    const id = await send('x@remote.test')
    await vi.waitFor(async () => {
      const status = (await shown(id)).deliveryStatus?.['x@remote.test']
      expect(status).toMatchObject({ delivered: 'unknown', smtpReply: expect.stringMatching(/^250 /) })
    })
    const head = JSON.stringify(outside.attempts[0]?.request.envelope)
    expect(head).toContain('"envid"')
  })

  it('hears of a deferral, then of the failure, and of the report that came back', async () => {
    outside.answer = () => ({ status: 'deferred', code: 451, text: 'later' })
    const id = await send('x@fickle.test')
    await vi.waitFor(async () =>
      expect((await shown(id)).deliveryStatus?.['x@fickle.test']).toMatchObject({
        delivered: 'queued',
        smtpReply: expect.stringContaining('later'),
      }),
    )
    await settled('fickle.test')
    outside.answer = () => ({ status: 'bounced', code: 550, text: 'never' })
    await admin('POST', '/queues/fickle.test/retry')
    await vi.waitFor(async () => {
      const { deliveryStatus, dsnBlobIds } = await shown(id)
      expect(deliveryStatus?.['x@fickle.test']).toMatchObject({ delivered: 'no' })
      expect(dsnBlobIds).toHaveLength(1)
    })
    await settled('fickle.test')
    expect(await queue('fickle.test').list()).toEqual([])
  })

  it('that is held goes when the alarm of the account rings, in another life of it too (RFC 4865)', async () => {
    const id = await send('alice@facteur.test', { HOLDFOR: '1' })
    expect(await shown(id)).toMatchObject({ undoStatus: 'pending', deliveryStatus: null })
    const object = account(ids.alice as string)
    const alarm = await runInDurableObject(object, (_, state) => state.storage.getAlarm())
    expect(alarm).toBeGreaterThan(Date.now() - 2_000)
    await evictDurableObject(object)
    await vi.waitFor(
      async () =>
        expect(await shown(id)).toMatchObject({
          undoStatus: 'final',
          deliveryStatus: { 'alice@facteur.test': { delivered: 'yes' } },
        }),
      { timeout: 5_000, interval: 50 },
    )
  })
})
