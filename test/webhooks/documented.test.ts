/** docs/webhooks.md, held against what is really sent. */
import { readFileSync } from 'node:fs'
import { Webhook as Receiver } from 'standardwebhooks'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { decodeUtf8, encodeUtf8 } from '../../src/format/index.ts'
import type { OutcomeNews } from '../../src/queue/index.ts'
import { Announcer, signedPath, WebhookAgent, watchOf } from '../../src/webhooks/index.ts'

const manual = readFileSync('docs/webhooks.md', 'utf8')
const place = 'orders.example.org.webhook.invalid'
const entry = 'hofccu1y5k'
const secret = 'whsec_ZmFjdGV1ciB0ZWxscyBwcm9ncmFtcyBvZiBtYWls'
const now = Date.UTC(2026, 10, 23, 9, 30, 2)

/** What a block of that language shows that holds `text`. */
function block(language: string, text: string): string {
  const blocks = [...manual.matchAll(/^```(\w+)\n([^]*?)^```$/gm)]
  const found = blocks.find(([, its, shown = '']) => its === language && shown.includes(text))
  if (found?.[2] === undefined) throw new Error(`docs/webhooks.md has no ${language} with ${text}`)
  return found[2]
}

const letter = [
  'Return-Path: <eve@shop.example>',
  'Authentication-Results: mail.example.org; spf=pass smtp.mailfrom=eve@shop.example; dkim=pass header.d=shop.example; dmarc=pass header.from=shop.example',
  'X-Rspamd: no action (1.3 / 15.0);',
  ' BAYES_SPAM=1.5',
  ' R_DKIM_ALLOW=-0.2',
  'Received: from mail.shop.example by mail.example.org with ESMTPS id mpe3x6s9ab; Mon, 23 Nov 2026 09:30:00 +0000',
  'From: =?utf-8?q?Ev=C3=A9?= <eve@shop.example>',
  'To: orders@example.org',
  'Subject: Order 7',
  'Date: Mon, 23 Nov 2026 10:29:58 +0100',
  'Message-ID: <7@shop.example>',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary=b',
  '',
  '--b',
  'Content-Type: text/plain; charset=utf-8',
  '',
  'Three, please.',
  '--b',
  'Content-Type: text/csv',
  'Content-Disposition: attachment; filename="order.csv"',
  '',
  'item,count',
  '--b',
  'Content-Type: application/zip',
  'Content-Disposition: attachment; filename="photos.zip"',
  '',
  `${`${'x'.repeat(998)}\r\n`.repeat(12_000)}--b--`,
  '',
].join('\r\n')

let headers: Record<string, string>
let body: string

beforeAll(async () => {
  const agent = new WebhookAgent('orders', {
    find: async () => ({
      name: 'orders',
      url: 'https://shop.example/mail',
      secrets: [{ secret, created: 1 }],
      created: 1,
      keep: 72,
      events: [],
    }),
    stop: async () => undefined,
    async post(_url, sent, text) {
      headers = sent
      body = text
      return 200
    },
    links: async () => async (id, part, expires) =>
      `https://mail.example.org${await signedPath({ place, entry: id, part }, expires, 'of the domain', crypto.subtle)}`,
    crypto: crypto.subtle,
    clock: () => now,
    authservId: 'mail.example.org',
  })
  await agent.deliver({
    id: entry,
    domain: place,
    envelope: {
      reversePath: '',
      smtputf8: false,
      body: '8BITMIME',
      transactionId: 'mpe3x6s9ab',
      recipients: [{ address: 'orders@example.org' }],
    },
    raw: encodeUtf8(letter),
  })
})

describe('the example', () => {
  test('is what is sent', () => {
    expect(JSON.parse(block('json', 'message.received'))).toEqual(JSON.parse(body))
  })

  test('comes with the header fields that are shown, and they verify', () => {
    const shown = Object.fromEntries(
      [...block('http', 'webhook-id').matchAll(/^([\w-]+): (.*)$/gm)].map(([, name = '', value]) => [name, value]),
    )
    const signature = headers['webhook-signature']
    expect(shown).toMatchObject({ ...headers, 'webhook-signature': signature?.replace(/,.*/, ',…') })
    expect(signature).toMatch(/^v1,/)
    // The library looks at the clock.
    vi.useFakeTimers({ now, toFake: ['Date'] })
    try {
      expect(new Receiver(secret).verify(body, headers)).toEqual(JSON.parse(body))
    } finally {
      vi.useRealTimers()
    }
  })
})

/** Members in the first column of a section's table. */
function membersIn(heading: string): Set<string> {
  const section = manual.split(/^#+ /m).find((text) => text.startsWith(heading)) ?? ''
  const columns = [...section.matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm)].map(([, names = '']) => names)
  return new Set(columns.flatMap((names) => [...names.matchAll(/`(\w+)`/g)].map(([, name = '']) => name)))
}

describe('the tables', () => {
  test('have each member of a message', () => {
    const { data } = JSON.parse(body) as { data: object }
    // These stand only where something is too long, or wrong.
    const seldom = ['textLink', 'htmlLink', 'problem']
    expect(membersIn('The message')).toEqual(new Set([...Object.keys(data), ...seldom]))
  })

  test('have each member of an attachment', () => {
    const { data } = JSON.parse(body) as { data: { attachments: object[] } }
    expect(membersIn('Attachments')).toEqual(new Set(data.attachments.flatMap(Object.keys)))
  })
})

describe('events of mail that is sent', () => {
  const at = Date.UTC(2026, 10, 23, 9, 30, 4)
  const kinds = ['accepted', 'deferred', 'delivered', 'bounced', 'complained'] as const
  const watch = watchOf('example.org', [{ name: 'orders', events: kinds }], {
    id: 'a8k2m4q6s8-uw2rj4drpge',
    messageId: '8@example.org',
    sender: 'orders@example.org',
  })!
  const told: { type: string; data: object }[] = []

  beforeAll(async () => {
    const announcer = new Announcer({
      digest: async () => 'x',
      queue: () => ({
        async enqueue({ raw }) {
          told.push(JSON.parse(decodeUtf8(raw)) as (typeof told)[number])
          return { id: 'x' }
        },
      }),
    })
    const outcome = { enhanced: '5.1.1', reply: '550 5.1.1 No such user', remoteMta: 'mx.shop.example', at }
    const news = (status: OutcomeNews['status'], more: object): OutcomeNews => ({
      recipients: ['eve@shop.example'],
      address: 'eve@shop.example',
      status,
      attempts: 2,
      outcome: { status, ...outcome, tls: { version: 'TLSv1.3' }, ...more },
      next: at + 1,
      mark: 'x',
    })
    const envelope = { reversePath: '', smtputf8: false, body: '7BIT', watch } as const
    const all = [news('bounced', {}), news('deferred', { cause: 'There is no answer' }), news('delivered', {})]
    await announcer.news({ domain: 'shop.example', envelope, news: all })
    const recipients = ['eve@shop.example']
    await announcer.accepted(watch, undefined, { at, recipients, size: 1, subject: 'Order 7' })
    const complaint = {
      kind: 'complained',
      at,
      recipient: 'eve@shop.example',
      data: { feedbackType: 'abuse' },
    } as const
    await announcer.reported(watch, undefined, complaint)
  })

  test('are as the example shows', () => {
    expect(JSON.parse(block('json', 'message.bounced'))).toEqual(told.find(({ type }) => type === 'message.bounced'))
  })

  test('have each member of the table', () => {
    expect(membersIn('Members of events')).toEqual(new Set(told.flatMap(({ data }) => Object.keys(data))))
  })

  test('have each type of the table', () => {
    const types = [...manual.matchAll(/^\| `(message\.\w+)` \|/gm)].map(([, type]) => type)
    expect(new Set(types)).toEqual(new Set(told.map(({ type }) => type)))
  })
})
