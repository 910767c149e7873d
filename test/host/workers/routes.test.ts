import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type EgressRequest, EmailServiceAgent } from '../../../src/delivery/index.ts'
import type { DeliveryJob } from '../../../src/queue/index.ts'
import { emailService } from '../../../src/host/workers/email-service.ts'
import { forgetRoutes } from '../../../src/host/workers/outbound-routes.ts'
import { RegistryObject } from '../../../src/host/workers/index.ts'
import { admin, envelope, fromOutside, furnish, LinkClient, message } from './house.ts'
import { allTaken, dohAnswer, egressRequest, oneHost } from './outside.ts'

/** Answers of the bridge by the first target's host; it takes what is not named. */
let answers: Map<string, (request: EgressRequest) => Response>
let asked: EgressRequest[]
let link: LinkClient
let submission: object

beforeAll(async () => {
  const ids = await furnish('facteur.test', ['alice'])
  link = await LinkClient.open()
  submission = { ...fromOutside, kind: 'submission', protocol: 'ESMTPSA', accountId: ids.alice }
})

beforeEach(() => {
  answers = new Map()
  asked = []
  vi.stubGlobal('fetch', async (input: string | URL | Request, init?: RequestInit) => {
    const request = new Request(input, init)
    const url = new URL(request.url)
    if (url.hostname === 'doh.test') return dohAnswer(url, oneHost)
    const { request: head } = await egressRequest(request)
    asked.push(head)
    return answers.get(head.targets[0]?.host ?? '')?.(head) ?? allTaken(head)
  })
})

afterEach(() => {
  vi.unstubAllGlobals()
})

async function submit(to: string, transactionId: string): Promise<void> {
  const raw = message({ from: 'alice@facteur.test', to, subject: 'By a route' })
  const reply = await link.deliver(envelope('alice@facteur.test', to), raw, { ...submission, transactionId })
  expect(reply).toMatchObject({ code: 250 })
}

const hosts = () => asked.map(({ targets }) => `${targets[0]?.host}:${targets[0]?.port}`)

describe('mail to another domain', () => {
  it('goes by its route, and by the next way in it when the first one fails; the trace tells both', async () => {
    const put = await admin('PUT', '/routes/*.routed.test', { agents: ['smtp://first.test:2525', 'mx'] })
    expect(put).toMatchObject({ status: 200 })
    answers.set('first.test', () => new Response('no', { status: 503 }))
    await submit('you@a.routed.test', 'ROUTED1')
    await vi.waitFor(() => expect(hosts()).toEqual(['first.test:2525', 'a.routed.test:25']), { interval: 5 })
    await vi.waitFor(
      async () => {
        const { body } = await admin('GET', '/traces/ROUTED1')
        expect(body).toContainEqual(
          expect.objectContaining({
            type: 'attempt',
            status: 'delivered',
            agent: 'mx',
            earlier: [expect.stringMatching(/^smtp:\/\/first\.test:2525: Our own gateway .* 503/)],
          }),
        )
      },
      { interval: 20, timeout: 5_000 },
    )
  })

  it('waits with the reason of every way, which the queue shows', async () => {
    await admin('PUT', '/routes/stuck.test', { agents: ['smtp://first.test:2525', 'smtp://second.test:2525'] })
    for (const host of ['first.test', 'second.test']) answers.set(host, () => new Response(host, { status: 500 }))
    await submit('you@stuck.test', 'STUCK1')
    await vi.waitFor(
      async () => {
        const { body } = await admin('GET', '/queues/stuck.test')
        expect(body).toMatchObject([
          {
            recipients: [
              {
                agent: 'smtp://second.test:2525',
                diagnostic: expect.stringContaining('500: second.test'),
                earlier: [{ agent: 'smtp://first.test:2525', answer: expect.stringContaining('500: first.test') }],
              },
            ],
          },
        ])
      },
      { interval: 20, timeout: 5_000 },
    )
    await admin('POST', '/queues/stuck.test/delete', { all: true })
  })

  it('goes as it went while the registry does not answer, and as before once the route is removed', async () => {
    await admin('PUT', '/routes/kept.test', { agents: ['smtp://relay.test:2525'], sender: 'facteur.test' })
    await submit('one@kept.test', 'KEPT1')
    await vi.waitFor(() => expect(hosts()).toEqual(['relay.test:2525']), { interval: 5 })
    const read = vi.spyOn(RegistryObject.prototype, 'routes').mockRejectedValue(new Error('not now'))
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 })
    await submit('two@kept.test', 'KEPT2')
    await vi.waitFor(() => expect(hosts()).toEqual(['relay.test:2525', 'relay.test:2525']), { interval: 5 })
    expect(read).toHaveBeenCalled()
    read.mockRestore()
    vi.useRealTimers()
    forgetRoutes()
    expect(await admin('DELETE', '/routes/kept.test?sender=facteur.test')).toMatchObject({ status: 204 })
    await submit('three@kept.test', 'KEPT3')
    await vi.waitFor(() => expect(hosts().slice(2)).toEqual(['kept.test:25']), { interval: 5 })
  })

  it('costs one reading of the routes, however many messages go', async () => {
    forgetRoutes()
    const read = vi.spyOn(RegistryObject.prototype, 'routes')
    for (let n = 0; n < 5; n++) await submit(`you@many${n}.test`, `MANY${n}`)
    await vi.waitFor(() => expect(asked).toHaveLength(5), { interval: 5 })
    expect(read.mock.calls.length).toBeLessThanOrEqual(2)
    read.mockRestore()
  })
})

describe('routes', () => {
  it('are set, asked and removed over HTTP', async () => {
    expect(await admin('PUT', '/routes/over.test', { agents: ['smtps://relay.test'] })).toMatchObject({ status: 200 })
    const list = await admin('GET', '/routes')
    expect(list.body).toContainEqual({ recipient: 'over.test', agents: ['smtps://relay.test'] })
    const choice = await admin('GET', '/route?recipient=x%40over.test&sender=alice%40facteur.test')
    expect(choice.body).toMatchObject({ agents: ['smtps://relay.test'], route: { recipient: 'over.test' } })
    expect((await admin('GET', '/agents')).body).toMatchObject([{ name: 'mx' }])
    expect(await admin('DELETE', '/routes/over.test')).toMatchObject({ status: 204 })
    expect(await admin('DELETE', '/routes/over.test')).toMatchObject({ status: 404 })
    expect(await admin('PUT', '/routes/over.test', { agents: ['nobody'] })).toMatchObject({ status: 400 })
  })
})

function letterJob(raw: string, to = 'you@there.test'): DeliveryJob {
  const addressed = envelope('bounces@facteur.test', to)
  const bytes = new TextEncoder().encode(raw.replaceAll('\n', '\r\n'))
  return { id: '1', domain: 'there.test', envelope: addressed, raw: bytes }
}

describe('Cloudflare Email Service by its local binding', () => {
  const { TEST_EMAIL } = env as unknown as { TEST_EMAIL: SendEmail }
  const agent = new EmailServiceAgent({
    service: emailService(TEST_EMAIL),
    directory: { lookup: async () => ({ kind: 'unknown' }) },
    clock: () => 0,
  })
  const letter = 'From: Alice <alice@facteur.test>\nMessage-ID: <1@facteur.test>\nSubject: Grüße\n\nHello, Wörld.\n'

  it('takes a message as we hand it over, Received fields and signature or not', async () => {
    const dressed = `Received: from a by b; Mon, 16 Nov 2026 10:00:00 +0000\nDKIM-Signature: v=1; b=x\n${letter}`
    expect(await agent.deliver(letterJob(dressed))).toMatchObject([{ status: 'delivered', success: 'relayed' }])
  })

  it('puts off what the binding does not allow, in its words', async () => {
    expect(await agent.deliver(letterJob(letter, 'nobody@there.test'))).toMatchObject([
      { status: 'deferred', diagnostic: expect.stringContaining('email to nobody@there.test not allowed') },
    ])
  })
})
