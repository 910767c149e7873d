import { describe, expect, test } from 'vitest'
import { EmailServiceAgent } from '../../src/delivery/index.ts'
import { decodeUtf8, deliveredTo, encodeUtf8, parseHeader } from '../../src/format/index.ts'
import type { DeliveryJob } from '../../src/queue/index.ts'

const text = (fields: readonly string[]) =>
  [...fields, 'Message-ID: <1@here.test>', '', 'Hello, Wörld.', ''].join('\r\n')
const letter = text(['From: Me <me@here.test>', 'To: you@there.test', 'Subject: Hello'])

interface Sent {
  from: string
  to: string
  raw: Uint8Array
}

/** `refuse`: an error's code by recipient. */
function service(refuse: Readonly<Record<string, string>> = {}, hosted = ['here.test']) {
  const sent: Sent[] = []
  const agent = new EmailServiceAgent({
    service: {
      async send(message) {
        const code = refuse[message.to]
        if (code !== undefined) throw Object.assign(new Error('as the service says'), { code })
        sent.push(message)
      },
    },
    directory: { lookup: async (domain) => ({ kind: hosted.includes(domain) ? 'unknown' : 'foreign' }) },
    clock: () => 5,
  })
  return { agent, sent }
}

function job(raw: string, recipients: string[] = ['you@there.test'], more: object = {}): DeliveryJob {
  const envelope = {
    reversePath: 'bounces@here.test',
    smtputf8: false,
    body: '8BITMIME' as const,
    recipients: recipients.map((address) => ({ address })),
    ...more,
  }
  return { id: '1', domain: 'there.test', envelope, raw: encodeUtf8(raw) }
}

describe('Cloudflare Email Service', () => {
  test('gets a message for each recipient, from its author: it takes no other sender', async () => {
    const { agent, sent } = service()
    const outcomes = await agent.deliver(job(letter, ['you@there.test', 'she@there.test']))
    expect(outcomes).toEqual(
      ['you@there.test', 'she@there.test'].map((recipient) => ({
        recipient,
        status: 'delivered',
        enhanced: '2.0.0',
        remoteMta: 'Cloudflare Email Service',
        success: 'relayed',
        at: 5,
      })),
    )
    expect(sent.map(({ from, to }) => [from, to])).toEqual([
      ['me@here.test', 'you@there.test'],
      ['me@here.test', 'she@there.test'],
    ])
    expect(decodeUtf8(sent[0]?.raw ?? new Uint8Array())).toBe(letter)
  })

  test('does not get the fields that it writes itself, nor Bcc; the body stays as it is', async () => {
    const { agent, sent } = service()
    const dressed = text([
      'Return-Path: <me@here.test>',
      'Received: from a by b;\r\n Mon, 16 Nov 2026 10:00:00 +0000',
      'DKIM-Signature: v=1; d=here.test;\r\n\tb=abc',
      'From: Me <me@here.test>',
      'ARC-Seal: i=1',
      'To: you@there.test',
      'bcc: secret@there.test',
      'TLS-Required: No',
      'Subject: Hello',
    ])
    await agent.deliver(job(dressed))
    expect(decodeUtf8(sent[0]?.raw ?? new Uint8Array())).toBe(letter)
  })

  test('passes on by which aliases the message came, so that a loop through others ends (RFC 9228)', async () => {
    const { agent, sent } = service()
    await agent.deliver(job(text(['Delivered-To: team@here.test', 'From: me@here.test'])))
    const { header } = parseHeader(sent[0]?.raw ?? new Uint8Array())
    expect(header.has('delivered-to')).toBe(false)
    expect(deliveredTo(header)).toEqual(['team@here.test'])
  })

  test.each([
    ['E_RECIPIENT_SUPPRESSED', { status: 'bounced', enhanced: '5.7.1' }],
    ['E_DELIVERY_FAILED', { status: 'bounced', enhanced: '5.0.0' }],
    ['E_CONTENT_TOO_LARGE', { status: 'bounced', enhanced: '5.3.4', unfit: true }],
    ['E_HEADER_NOT_ALLOWED', { status: 'bounced', enhanced: '5.6.0', unfit: true }],
    ['E_VALIDATION_ERROR', { status: 'bounced', enhanced: '5.6.0', unfit: true }],
    ['E_RECIPIENT_NOT_ALLOWED', { status: 'deferred', enhanced: '4.7.1' }],
    ['E_SENDER_NOT_VERIFIED', { status: 'deferred', enhanced: '4.7.1' }],
    ['E_RATE_LIMIT_EXCEEDED', { status: 'deferred', enhanced: '4.3.2', site: true }],
    ['E_DAILY_LIMIT_EXCEEDED', { status: 'deferred', enhanced: '4.3.2', site: true }],
    ['E_INTERNAL_SERVER_ERROR', { status: 'deferred', enhanced: '4.3.0', site: true }],
    ['E_SOMETHING_NEW', { status: 'deferred', enhanced: '4.3.0' }],
  ])('%s means %j', async (code, meaning) => {
    const { agent } = service({ 'you@there.test': code })
    const [outcome] = await agent.deliver(job(letter))
    expect(outcome).toMatchObject({ ...meaning, diagnostic: `Cloudflare Email Service: ${code}: as the service says` })
    if (!('unfit' in meaning)) expect(outcome).not.toHaveProperty('unfit')
  })

  test('mail of strangers that it refuses can never go this way; that of ours waits until the domain is set up', async () => {
    const { agent } = service({ 'you@there.test': 'E_SENDER_DOMAIN_NOT_AVAILABLE' }, [])
    expect(await agent.deliver(job(letter))).toMatchObject([{ status: 'bounced', enhanced: '5.7.1', unfit: true }])
  })

  test('an error without a code is put off, in its own words', async () => {
    const agent = new EmailServiceAgent({
      service: { send: () => Promise.reject(new Error('email to you@there.test not allowed')) },
      directory: { lookup: () => Promise.reject(new Error('not asked')) },
      clock: () => 0,
    })
    const diagnostic = 'Cloudflare Email Service: email to you@there.test not allowed'
    expect(await agent.deliver(job(letter))).toMatchObject([{ status: 'deferred', enhanced: '4.3.0', diagnostic }])
  })

  test('is not asked further once it says that it takes no more today', async () => {
    const many = Array.from({ length: 20 }, (_, n) => `r${n}@there.test`)
    const { agent, sent } = service({ 'r2@there.test': 'E_DAILY_LIMIT_EXCEEDED' })
    const outcomes = await agent.deliver(job(letter, many))
    expect(outcomes.map(({ recipient }) => recipient)).toEqual(many)
    expect(sent.map(({ to }) => to)).toEqual([
      'r0@there.test',
      'r1@there.test',
      'r3@there.test',
      'r4@there.test',
      'r5@there.test',
    ])
    expect(outcomes.slice(6).every(({ status, site }) => status === 'deferred' && site === true)).toBe(true)
  })

  test.each([
    ['has no author', text(['To: you@there.test']), {}, '5.6.0'],
    ['has two authors', text(['From: a@here.test, b@here.test']), {}, '5.6.0'],
    ['has two From fields', text(['From: a@here.test', 'From: b@here.test']), {}, '5.6.0'],
    ['must go over verified TLS (RFC 8689 §4.2.1)', letter, { requireTls: true }, '5.7.30'],
    ['is larger than it ever takes', `${letter}${'x'.repeat(26 * 1024 * 1024)}`, {}, '5.3.4'],
  ])('does not get what %s: another agent may have it', async (_, raw, more, enhanced) => {
    const { agent, sent } = service()
    expect(await agent.deliver(job(raw, undefined, more))).toMatchObject([{ status: 'bounced', enhanced, unfit: true }])
    expect(sent).toEqual([])
  })

  test('says that nobody watches the time from there on (RFC 2852)', async () => {
    const by = { by: { seconds: 60, mode: 'N' } }
    expect(await service().agent.deliver(job(letter, undefined, by))).toMatchObject([{ untimed: true }])
  })
})
