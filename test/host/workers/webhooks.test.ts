/** From a message to a program elsewhere: rule, queue, signed request; and again when the program was down. */
import { Webhook as Receiver } from 'standardwebhooks'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { admin, basic, envelope, fromOutside, furnish, LinkClient, message, subjects } from './house.ts'

const requests: { url: string; headers: Headers; body: string }[] = []
let answer: () => Response
let secret: string
let link: LinkClient
let ids: Record<string, string>

beforeAll(async () => {
  ids = await furnish('hooked.test', ['alice'])
  link = await LinkClient.open()
  vi.stubGlobal('fetch', async (input: string | URL | Request, init?: RequestInit) => {
    const asked = new Request(input, init)
    if (new URL(asked.url).hostname !== 'shop.test') return new Response(null, { status: 400 })
    requests.push({ url: asked.url, headers: asked.headers, body: await asked.text() })
    return answer()
  })
  const made = await admin('PUT', '/domains/hooked.test/webhooks/orders', { url: 'https://shop.test/hook' })
  secret = (made.body as { secret: string }).secret
  const rules = [{ name: 'tell', do: { webhook: ['orders'] } }]
  expect(await admin('PUT', '/domains/hooked.test/rules', { rules })).toMatchObject({ status: 200 })
})

beforeEach(() => {
  requests.length = 0
  answer = () => new Response(null, { status: 204 })
})

afterAll(() => {
  vi.unstubAllGlobals()
})

const deliver = (subject: string) =>
  link.deliver(
    envelope('eve@outside.test', 'alice@hooked.test'),
    message({ to: 'alice@hooked.test', subject }),
    fromOutside,
  )

const queue = '/queues/orders.hooked.test.webhook.invalid'

test('a message comes to the mailbox and to the program, signed', async () => {
  expect(await deliver('Order 7')).toMatchObject({ code: 250 })
  await vi.waitFor(() => expect(requests).toHaveLength(1), { interval: 5 })
  const [{ url, headers, body }] = requests as [(typeof requests)[number]]
  expect(url).toBe('https://shop.test/hook')
  expect(new Receiver(secret).verify(body, Object.fromEntries(headers))).toMatchObject({
    type: 'message.received',
    data: {
      sender: 'eve@outside.test',
      recipients: ['alice@hooked.test'],
      subject: 'Order 7',
      text: expect.any(String),
    },
  })
  expect(await subjects(ids.alice as string, basic('alice@hooked.test'))).toContain('Order 7')
})

test('what the program did not take comes again with the same id', async () => {
  answer = () => new Response('busy', { status: 503 })
  await deliver('Order 8')
  await vi.waitFor(() => expect(requests).toHaveLength(1), { interval: 5 })
  await vi.waitFor(async () => {
    expect((await admin('GET', queue)).body).toMatchObject([
      { reversePath: '', recipients: [{ diagnostic: expect.stringContaining('HTTP 503') }] },
    ])
  })
  answer = () => new Response(null, { status: 200 })
  await admin('POST', `${queue}/retry`)
  await vi.waitFor(() => expect(requests).toHaveLength(2), { interval: 5 })
  const [first, second] = requests.map(({ headers }) => headers.get('webhook-id'))
  expect(second).toBe(first)
  await vi.waitFor(async () => expect((await admin('GET', queue)).body).toEqual([]))
})

test('410 stops it until it is set again', async () => {
  answer = () => new Response(null, { status: 410 })
  await deliver('Order 9')
  await vi.waitFor(async () =>
    expect((await admin('GET', '/domains/hooked.test/webhooks')).body).toMatchObject([{ stopped: expect.any(Number) }]),
  )
  answer = () => new Response(null, { status: 200 })
  await admin('PUT', '/domains/hooked.test/webhooks/orders', { url: 'https://shop.test/other' })
  await admin('POST', `${queue}/retry`)
  await vi.waitFor(() => expect(requests.at(-1)?.url).toBe('https://shop.test/other'), { interval: 5 })
})

const tried = () => admin('POST', '/domains/hooked.test/webhooks/orders/test')

test('who sets one up tries it: signed like all others, and told once', async () => {
  await admin('PUT', '/domains/hooked.test/webhooks/orders', { url: 'https://shop.test/hook' })
  expect(await tried()).toMatchObject({ status: 200, body: { isTaken: true } })
  expect(requests.map(({ body, headers }) => new Receiver(secret).verify(body, Object.fromEntries(headers)))).toEqual([
    { type: 'webhook.test', timestamp: expect.any(String) as string, data: { domain: 'hooked.test', name: 'orders' } },
  ])
  answer = () => new Response(null, { status: 500 })
  expect(await tried()).toMatchObject({ body: { isTaken: false, problem: 'shop.test answered HTTP 500' } })
  expect(requests).toHaveLength(2)
})
