/** One signed POST for a message (Standard Webhooks 1.0), verified as receivers verify it. */
import { Webhook as Receiver } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import { encodeUtf8 } from '../../src/format/index.ts'
import type { Envelope } from '../../src/protocol/smtp/index.ts'
import type { DeliveryJob } from '../../src/queue/index.ts'
import type { Webhook } from '../../src/routing/index.ts'
import { WebhookAgent } from '../../src/webhooks/index.ts'

const secret = `whsec_${btoa('a key of thirty-two octets in all')}`
const older = `whsec_${btoa('the key of the year before that!')}`

const envelope: Envelope = {
  reversePath: '',
  smtputf8: false,
  body: '8BITMIME',
  transactionId: 't1',
  recipients: [{ address: 'sales@facteur.test' }],
}

class World {
  readonly requests: { url: string; headers: Record<string, string>; body: string }[] = []
  readonly stopped: string[] = []
  webhook: Webhook | undefined = {
    name: 'orders',
    url: 'https://shop.test/hook?x=1',
    secrets: [{ secret, created: 1 }],
    created: 1,
    keep: 0,
    events: [],
  }
  answer: number | Error = 200
  now = Date.now()
  readonly agent = new WebhookAgent('orders', {
    find: async (domain, name) => (domain === 'facteur.test' && name === 'orders' ? this.webhook : undefined),
    stop: async (domain, name) => void this.stopped.push(`${name} of ${domain}`),
    post: async (url, headers, body) => {
      this.requests.push({ url, headers, body })
      if (this.answer instanceof Error) throw this.answer
      return this.answer
    },
    crypto: crypto.subtle,
    clock: () => this.now,
    authservId: 'mx.facteur.test',
  })

  deliver(raw: string, job: Partial<DeliveryJob> = {}) {
    return this.agent.deliver({
      id: 'q7',
      domain: 'orders.facteur.test.webhook.invalid',
      envelope,
      raw: encodeUtf8(raw),
      ...job,
    })
  }

  headers(at = 0): Record<string, string> {
    return this.requests[at]!.headers
  }

  body(at = 0): string {
    return this.requests[at]!.body
  }

  data(): Record<string, unknown> {
    return (JSON.parse(this.body()) as { data: Record<string, unknown> }).data
  }
}

const letter = [
  'Return-Path: <eve@outside.test>',
  'Delivered-To: sales@facteur.test',
  'Authentication-Results: mx.facteur.test; spf=pass smtp.mailfrom=eve@outside.test; dkim=fail; dkim=pass; dmarc=pass',
  'Received: from a by b; Mon, 23 Nov 2026 08:00:00 +0000',
  'Authentication-Results: mx.facteur.test; spf=fail',
  'From: =?utf-8?q?Ev=C3=A9?= <eve@outside.test>',
  'To: Team: a@facteur.test, "B" <b@facteur.test>;, sales@facteur.test',
  'Subject: Order 7',
  'Message-ID: <7@outside.test>',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary=b',
  '',
  '--b',
  'Content-Type: text/html; charset=utf-8',
  '',
  '<p>Three, please.</p>',
  '--b',
  'Content-Type: application/pdf; name="order.pdf"',
  'Content-Disposition: attachment; filename="order.pdf"',
  'Content-Transfer-Encoding: base64',
  '',
  'JVBERi0=',
  '--b--',
  '',
].join('\r\n')

const part = (name: string, size: number) =>
  `--b\r\nContent-Type: application/x; name=${name}\r\nContent-Disposition: attachment\r\n\r\n${'x'.repeat(size)}\r\n`

describe('the request', () => {
  test('is signed such that the public library takes it, and no other body', async () => {
    const world = new World()
    expect(await world.deliver(letter)).toMatchObject([
      { recipient: 'sales@facteur.test', status: 'delivered', remoteMta: 'shop.test' },
    ])
    expect(world.requests[0]!.url).toBe('https://shop.test/hook?x=1')
    expect(world.headers()['Content-Type']).toBe('application/json')
    const receiver = new Receiver(secret)
    expect(receiver.verify(world.body(), world.headers())).toMatchObject({ type: 'message.received' })
    expect(() => receiver.verify(`${world.body()} `, world.headers())).toThrow()
    expect(() => new Receiver(older).verify(world.body(), world.headers())).toThrow()
  })

  test('is signed by both secrets while receivers change over', async () => {
    const world = new World()
    world.webhook = {
      ...world.webhook!,
      secrets: [
        { secret, created: 2 },
        { secret: older, created: 1 },
      ],
    }
    await world.deliver(letter)
    for (const key of [secret, older]) expect(new Receiver(key).verify(world.body(), world.headers())).toBeDefined()
  })

  test('has the same id each time the same message is sent', async () => {
    const world = new World()
    world.answer = new Error('connection refused')
    await world.deliver(letter)
    await world.deliver(letter)
    await world.deliver(letter, { id: 'q8', envelope: { ...envelope, transactionId: 't2' } })
    expect([0, 1, 2].map((at) => world.headers(at)['webhook-id'])).toEqual(['msg_t1', 'msg_t1', 'msg_t2'])
  })

  test('tells the same each time: when the message came, and not when it was tried', async () => {
    const world = new World()
    world.answer = 503
    await world.deliver(letter)
    world.now += 3_600_000
    await world.deliver(letter)
    expect(world.body(1)).toBe(world.body(0))
    expect(world.headers(1)['webhook-timestamp']).not.toBe(world.headers(0)['webhook-timestamp'])
    expect(JSON.parse(world.body())).toMatchObject({ timestamp: '2026-11-23T08:00:00.000Z' })
  })
})

describe('what it tells', () => {
  test('envelope, header, text, attachments, and what was found about the sender', async () => {
    const world = new World()
    await world.deliver(letter)
    expect(world.data()).toMatchObject({
      id: 't1',
      sender: 'eve@outside.test',
      recipients: ['sales@facteur.test'],
      from: [{ name: 'Evé', address: 'eve@outside.test' }],
      to: [
        { name: '', address: 'a@facteur.test' },
        { name: 'B', address: 'b@facteur.test' },
        { name: '', address: 'sales@facteur.test' },
      ],
      cc: [],
      subject: 'Order 7',
      messageId: '<7@outside.test>',
      html: expect.stringContaining('Three, please.'),
      attachments: [{ name: 'order.pdf', type: 'application/pdf', size: 5, isInline: false, content: 'JVBERi0=' }],
      authentication: { spf: 'pass', dkim: 'pass', dmarc: 'pass' },
      size: letter.length,
    })
  })

  test('of a message without anything', async () => {
    const world = new World()
    await world.deliver('\r\n')
    expect(world.data()).toMatchObject({
      sender: '',
      from: [],
      subject: '',
      text: null,
      html: null,
      attachments: [],
      authentication: null,
    })
  })

  const nested = Array.from(
    { length: 300 },
    (_, depth) => `Content-Type: multipart/mixed; boundary=b${depth}\r\n\r\n--b${depth}\r\n`,
  )
  test.each([
    ['nested 300 deep', nested.join('')],
    ['with a header of 3 MB', `X-Long: ${'x'.repeat(3_000_000)}\r\n\r\nHello.\r\n`],
  ])('of a message that cannot be read, its header: it does not stop those behind it (%s)', async (_, rest) => {
    const world = new World()
    const head = 'From: Eve <eve@outside.test>\r\nSubject: Order 7\r\nMIME-Version: 1.0\r\n'
    expect(await world.deliver(`${head}${rest}`)).toMatchObject([{ status: 'delivered' }])
    expect(world.data()).toMatchObject({
      from: [{ name: 'Eve', address: 'eve@outside.test' }],
      subject: 'Order 7',
      text: null,
      attachments: [],
      problem: expect.stringMatching(/^Maximum/),
    })
  })

  test('a text of 11 MiB is left to the mailbox', async () => {
    const world = new World()
    await world.deliver(`Subject: Long\r\n\r\n${`${'x'.repeat(998)}\r\n`.repeat(11 * 1_049)}`)
    expect(world.data()).toMatchObject({ subject: 'Long', text: null, problem: 'The text is longer than 10 MiB' })
    expect(world.body().length).toBeLessThan(10_000)
  })

  test('large attachments by name alone', async () => {
    const world = new World()
    const head = 'Content-Type: multipart/mixed; boundary=b\r\n\r\n'
    await world.deliver(`${head}${part('big', 11 * 1024 * 1024)}${part('small', 10)}--b--\r\n`)
    const attachments = world.data()['attachments'] as { name: string; content?: string; isOmitted?: boolean }[]
    expect(attachments.map(({ name, isOmitted, content }) => [name, isOmitted, content?.length])).toEqual([
      ['big', true, undefined],
      ['small', undefined, expect.any(Number)],
    ])
  })
})

describe('what is not taken is tried again', () => {
  test.each([
    [500, 'shop.test answered HTTP 500', true],
    [404, 'shop.test answered HTTP 404', false],
    [302, 'shop.test answered HTTP 302', false],
    [new Error('connection refused'), 'shop.test cannot be reached: connection refused', true],
  ])('%s', async (answer, diagnostic, site) => {
    const world = new World()
    world.answer = answer
    expect(await world.deliver(letter)).toMatchObject([{ status: 'deferred', diagnostic, site }])
    expect(world.requests).toHaveLength(1)
  })

  test('410: it is gone, and nothing is sent until somebody starts it again', async () => {
    const world = new World()
    world.answer = 410
    expect(await world.deliver(letter)).toMatchObject([{ status: 'deferred' }])
    expect(world.stopped).toEqual(['orders of facteur.test'])
    world.webhook = { ...world.webhook!, stopped: 5 }
    expect(await world.deliver(letter)).toMatchObject([
      { status: 'deferred', diagnostic: 'The webhook "orders" is stopped' },
    ])
    expect(world.requests).toHaveLength(1)
  })

  test('a webhook that is removed meanwhile', async () => {
    const world = new World()
    world.webhook = undefined
    expect(await world.deliver(letter)).toMatchObject([
      { status: 'deferred', enhanced: '4.3.5', diagnostic: 'facteur.test has no webhook "orders"' },
    ])
  })
})
