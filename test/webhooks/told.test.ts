/** What a webhook is told besides the message: links to what is too long, and what the content scanner said. */
import { describe, expect, test } from 'vitest'
import { encodeUtf8, parseHeader } from '../../src/format/index.ts'
import type { Webhook } from '../../src/routing/index.ts'
import { WebhookAgent, type WebhookPorts } from '../../src/webhooks/index.ts'
import { spamOf } from '../../src/webhooks/spam-of.ts'

const now = Date.UTC(2026, 10, 23, 8)
const hour = 3_600_000
const mib = 1024 * 1024

const webhook: Webhook = {
  name: 'orders',
  url: 'https://shop.test/hook',
  secrets: [{ secret: `whsec_${btoa('a key of thirty-two octets in all')}`, created: 1 }],
  created: 1,
  keep: 72,
  events: [],
}

const links: NonNullable<WebhookPorts['links']> = async (queue) => async (entry, part, expires) =>
  `https://mail.test/${queue}/${entry}/${part}?expires=${expires}`

async function told(raw: string, more: Partial<WebhookPorts> & { keep?: number; answer?: number; event?: true } = {}) {
  const bodies: string[] = []
  const { keep = 72, answer = 200, event, ...ports } = more
  const agent = new WebhookAgent('orders', {
    find: async () => ({ ...webhook, keep }),
    stop: async () => undefined,
    post: async (_url, _headers, body) => {
      bodies.push(body)
      return answer
    },
    links,
    crypto: crypto.subtle,
    clock: () => now + 1,
    authservId: 'mx.facteur.test',
    ...ports,
  })
  const outcomes = await agent.deliver({
    id: 'q7',
    domain: 'orders.facteur.test.webhook.invalid',
    envelope: {
      reversePath: '',
      smtputf8: false,
      body: '8BITMIME',
      recipients: [{ address: 'sales@facteur.test' }],
      ...(event && { event: { id: 'evt_1', type: 'message.delivered' } }),
    },
    raw: encodeUtf8(raw),
  })
  const { data = {} } = JSON.parse(bodies[0] as string) as { data?: Record<string, unknown> }
  return { outcomes, data: data as unknown as Data, body: bodies[0] as string }
}

interface Data extends Record<string, unknown> {
  readonly attachments: readonly unknown[]
  readonly textLink: { readonly size: number }
}

const multipart = (...parts: string[]) =>
  `Content-Type: multipart/mixed; boundary=b\r\n\r\n${parts.map((part) => `--b\r\n${part}\r\n`).join('')}--b--\r\n`
const file = (size: number) =>
  `Content-Type: application/x\r\nContent-Disposition: attachment; filename=f\r\n\r\n${`${'x'.repeat(998)}\r\n`.repeat(size / 1_000)}`
const text = (subtype: string, size: number) =>
  `Content-Type: text/${subtype}; charset=utf-8\r\n\r\n${`${'é'.repeat(499)}\r\n`.repeat(size / 1_000)}`

/** In whole seconds, and not before the time is over. */
const expires = (now + 72 * hour + 1_000) / 1_000
const until = new Date(expires * 1_000).toISOString()
const to = (part: string) => `https://mail.test/orders.facteur.test.webhook.invalid/q7/${part}?expires=${expires}`

describe('links', () => {
  test('lead to the message as it came, which is kept as long', async () => {
    const raw = 'Subject: Hello\r\n\r\nHello.\r\n'
    const { data, outcomes } = await told(raw)
    expect(data['raw']).toEqual({ url: to('raw'), expires: until, size: raw.length })
    expect(outcomes).toMatchObject([{ status: 'delivered', keepUntil: expires * 1_000 }])
  })

  test('lead to each attachment that has no room any more, by its place', async () => {
    const { data } = await told(multipart(file(1_000), file(11 * mib), file(2_000), file(11 * mib)))
    expect(data.attachments).toMatchObject([
      { size: expect.any(Number), content: expect.any(String) },
      { isOmitted: true, url: to('1'), urlExpires: until },
      { content: expect.any(String) },
      { isOmitted: true, url: to('3'), urlExpires: until },
    ])
    expect(data.attachments[0]).not.toHaveProperty('url')
    expect(data.attachments[1]).not.toHaveProperty('content')
  })

  test('lead to a text and HTML that are too long', async () => {
    const { data } = await told(multipart(text('plain', 21 * mib), text('html', 21 * mib)))
    expect(data).toMatchObject({
      text: null,
      html: null,
      textLink: { url: to('text'), expires: until, size: expect.any(Number) },
      htmlLink: { url: to('html'), expires: until, size: expect.any(Number) },
      problem: 'The text is longer than 10 MiB',
    })
    expect(data.textLink.size).toBeGreaterThan(19 * mib)
  })

  test('lead to no text where there is none', async () => {
    const { data } = await told('Subject: Hello\r\n\r\nHello.\r\n')
    expect(Object.keys(data).filter((name) => name.endsWith('Link'))).toEqual([])
  })

  test.each<[string, Parameters<typeof told>[1]]>([
    ['nobody has said by which URL we are reached', { links: async () => undefined }],
    ['the webhook wants nothing to be kept', { keep: 0 }],
  ])('are left out where %s, and then nothing is kept', async (_, more) => {
    const { data, outcomes } = await told(multipart(file(11 * mib)), more)
    expect(data).not.toHaveProperty('raw')
    expect(data.attachments).toMatchObject([{ isOmitted: true }])
    expect(data.attachments[0]).not.toHaveProperty('url')
    expect(outcomes[0]).not.toHaveProperty('keepUntil')
  })

  test('are none in what is no message', async () => {
    const { body, outcomes } = await told('{"type":"message.delivered"}', { event: true })
    expect(body).not.toContain('https://mail.test/')
    expect(outcomes[0]).not.toHaveProperty('keepUntil')
  })

  test('what was not taken is kept by its own right: it waits', async () => {
    const { outcomes } = await told('Subject: Hello\r\n\r\n', { answer: 503 })
    expect(outcomes).toMatchObject([{ status: 'deferred' }])
    expect(outcomes[0]).not.toHaveProperty('keepUntil')
  })
})

const spam = (...lines: string[]) => spamOf(parseHeader(encodeUtf8(`${lines.join('\r\n')}\r\n\r\n`)).header)

describe('what the content scanner said', () => {
  test('action, scores and what told most, from the field that we wrote', () => {
    expect(
      spam(
        'Return-Path: <eve@outside.test>',
        'X-Rspamd: add header (7.3 / 15.0);',
        ' BAYES_SPAM=5.1',
        ' R_DKIM_ALLOW=-0.2',
        'Received: from a by b; Mon, 23 Nov 2026 08:00:00 +0000',
      ),
    ).toEqual({
      action: 'add header',
      score: 7.3,
      required: 15,
      symbols: { BAYES_SPAM: 5.1, R_DKIM_ALLOW: -0.2 },
    })
  })

  test.each([
    ['X-Rspamd: no action (-0.5 / 15.0)', { action: 'no action', score: -0.5, required: 15, symbols: {} }],
    ['X-Rspamd: no action (? / ?)', { action: 'no action', score: null, required: null, symbols: {} }],
    ['x-rspamd: no action (0.0 / 6.0); A=1.0', { action: 'no action', score: 0, required: 6, symbols: { A: 1 } }],
    ['X-Rspamd: nonsense', null],
    ['X-Rspamd: no action (1.0 / 15.0); A=1.0; B=2.0', null],
    ['Subject: none', null],
  ])('%s', (line, verdict) => expect(spam(line)).toEqual(verdict))

  test('a stranger’s own word, below our Received, is not believed', () => {
    expect(spam('Received: from a by b', 'X-Rspamd: no action (-9.0 / 15.0)')).toBeNull()
  })

  test('is in what is told', async () => {
    const { data } = await told('X-Rspamd: no action (1.5 / 15.0)\r\nReceived: from a by b\r\nSubject: Hello\r\n\r\n')
    expect(data['spam']).toEqual({ action: 'no action', score: 1.5, required: 15, symbols: {} })
    expect((await told('Subject: Hello\r\n\r\n')).data['spam']).toBeNull()
  })
})
