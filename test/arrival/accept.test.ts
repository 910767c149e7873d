import { describe, expect, test } from 'vitest'
import type { Origin } from '../../src/arrival/index.ts'
import { parseHeader, parseReport } from '../../src/format/index.ts'
import { MemoryWorld } from '../../src/host/memory/world.ts'
import type { Envelope, Recipient } from '../../src/protocol/smtp/index.ts'

const hour = 3_600_000
const bytes = (text: string) => new TextEncoder().encode(text)
const body = 'From: eve@outside.test\r\nTo: alice@facteur.test\r\nSubject: Hi\r\n\r\nHello\r\n'
const fromOutside: Origin = {
  kind: 'smtp',
  clientAddress: '192.0.2.7',
  helo: 'mail.outside.test',
  protocol: 'ESMTP',
  tls: { version: 'TLSv1.3', cipher: 'TLS_AES_128_GCM_SHA256' },
  transactionId: 't1',
}
const fromAlice: Origin = { ...fromOutside, kind: 'submission', accountId: 'alice' }
const byAlice = body.replace('eve@outside.test', 'alice@facteur.test')

function stage(options?: ConstructorParameters<typeof MemoryWorld>[0]): MemoryWorld {
  const world = new MemoryWorld(options)
  world.host('facteur.test', 'alice', 'bob')
  world.dns.set('outside.test', { A: ['192.0.2.7'] }).set('elsewhere.test', { A: ['192.0.2.8'] })
  return world
}

function envelope(recipients: (string | Recipient)[], rest: Partial<Envelope> = {}): Envelope {
  const list = recipients.map((recipient) => (typeof recipient === 'string' ? { address: recipient } : recipient))
  return { reversePath: 'eve@outside.test', smtputf8: false, body: '7BIT', recipients: list, ...rest }
}

const send = (
  world: MemoryWorld,
  recipients: (string | Recipient)[],
  origin = fromOutside,
  raw = body,
  rest?: Partial<Envelope>,
) => world.accept({ envelope: envelope(recipients, rest), raw: bytes(raw), origin })

describe('into a mailbox', () => {
  test('Return-Path, Delivered-To and Received on top, the message unchanged below (RFC 5321 §4.4)', async () => {
    const world = stage()
    expect(await send(world, ['Alice+news@facteur.test'])).toMatchObject({ code: 250, enhanced: '2.0.0' })
    const mail = world.mailbox('alice').last
    expect(mail.endsWith(body)).toBe(true)
    const { header } = parseHeader(bytes(mail))
    expect(header.fields.slice(0, 3).map(({ name }) => name.toLowerCase())).toEqual([
      'return-path',
      'delivered-to',
      'received',
    ])
    expect(header.first('return-path')?.trim()).toBe('<eve@outside.test>')
    expect(header.first('delivered-to')?.trim()).toBe('Alice+news@facteur.test')
    const received = header.first('received') ?? ''
    for (const part of [
      'from mail.outside.test',
      '[192.0.2.7]',
      'by mx.facteur.test',
      'with ESMTPS',
      'id t1',
      'for <Alice+news@facteur.test>',
      'TLSv1.3',
    ]) {
      expect(received).toContain(part)
    }
    expect(world.mailbox('alice').messages[0]).toMatchObject({
      detail: 'news',
      recipient: 'Alice+news@facteur.test',
      reversePath: 'eve@outside.test',
    })
    expect(world.queue('facteur.test').size).toBe(0)
  })

  test('with several recipients none is named, so that blind copies stay blind (RFC 5321 §7.2)', async () => {
    const world = stage()
    await send(world, ['alice@facteur.test', 'bob@facteur.test'])
    expect(parseHeader(bytes(world.mailbox('alice').last)).header.first('received')).not.toContain('for <')
    expect(world.mailbox('bob').last).not.toContain('alice@facteur.test\r\nReceived')
  })

  test('the same mailbox twice gets the message once', async () => {
    const world = stage()
    world.domain('facteur.test').setAlias('info', ['alice@facteur.test'])
    await send(world, ['info@facteur.test', 'alice@facteur.test', 'ALICE@facteur.test'])
    expect(world.mailbox('alice').messages).toHaveLength(1)
    expect(world.mailbox('alice').last).toContain(
      'Delivered-To: alice@facteur.test\r\nDelivered-To: info@facteur.test\r\n',
    )
  })

  test('by the envelope, never by the To header', async () => {
    const world = stage()
    await send(world, ['bob@facteur.test'])
    expect([world.mailbox('alice').messages.length, world.mailbox('bob').messages.length]).toEqual([0, 1])
  })

  test('postmaster without a domain is ours (RFC 5321 §4.5.1)', async () => {
    const world = stage()
    world.ports.postmasterDomain = 'facteur.test'
    expect(await send(world, ['Postmaster'])).toMatchObject({ code: 250 })
    expect(world.mailbox('alice').messages).toHaveLength(1)
  })
})

test.each<[string, Partial<Origin>, boolean, string | undefined]>([
  ['plain', { protocol: 'SMTP', tls: undefined as never }, false, 'SMTP'],
  ['extended', { protocol: 'ESMTP', tls: undefined as never }, false, 'ESMTP'],
  ['TLS', {}, false, 'ESMTPS'],
  ['TLS and AUTH', { accountId: 'alice' }, false, 'ESMTPSA'],
  ['SMTPUTF8 (RFC 6531 §4.3)', {}, true, 'UTF8SMTPS'],
  ['SMTPUTF8 and AUTH', { accountId: 'alice' }, true, 'UTF8SMTPSA'],
  ['unknown', { protocol: undefined as never }, false, undefined],
])('the "with" keyword of %s (RFC 3848)', async (_name, change, smtputf8, keyword) => {
  const world = stage()
  const origin = { ...fromOutside, ...change }
  await world.accept({ envelope: envelope(['bob@facteur.test'], { smtputf8 }), raw: bytes(body), origin })
  const received = parseHeader(bytes(world.mailbox('bob').last)).header.first('received') ?? ''
  expect(/ with (\S+)/.exec(received)?.[1]).toBe(keyword)
})

describe('refused, and nothing kept', () => {
  test.each<[string, string[], Origin, number, string]>([
    ['an unknown user', ['nobody@facteur.test'], fromOutside, 550, '5.1.1'],
    ['relaying by a stranger', ['x@elsewhere.test'], fromOutside, 550, '5.7.1'],
    ['relaying by Email Routing', ['x@elsewhere.test'], { ...fromOutside, kind: 'email-routing' }, 550, '5.7.1'],
    ['a submission without authentication', ['x@elsewhere.test'], { ...fromOutside, kind: 'submission' }, 550, '5.7.1'],
    ['no recipient', [], fromOutside, 554, '5.5.1'],
    ['no address', ['nonsense'], fromOutside, 550, '5.1.3'],
  ])('%s', async (_name, recipients, origin, code, enhanced) => {
    const world = stage()
    expect(await send(world, recipients, origin)).toMatchObject({ code, enhanced })
    expect([world.dialer.sent.length, world.queue('elsewhere.test').size, world.faults.length]).toEqual([0, 0, 0])
  })

  test('a message with a hundred Received fields is in a loop (RFC 5321 §6.3)', async () => {
    const world = stage()
    const hops = 'Received: from a by b; Mon, 23 Nov 2026 08:00:00 +0000\r\n'
    expect(await send(world, ['alice@facteur.test'], fromOutside, hops.repeat(100) + body)).toMatchObject({
      code: 554,
      enhanced: '5.4.6',
    })
    expect(await send(world, ['alice@facteur.test'], fromOutside, hops.repeat(99) + body)).toMatchObject({ code: 250 })
  })

  test('a message that this mailbox had before is in a loop', async () => {
    const world = stage()
    const again = `Delivered-To: Alice@FACTEUR.test\r\n${body}`
    expect(await send(world, ['alice@facteur.test'], fromOutside, again)).toMatchObject({
      code: 554,
      enhanced: '5.4.6',
    })
    expect(await send(world, ['bob@facteur.test'], fromOutside, again)).toMatchObject({ code: 250 })
  })

  test('a mailbox that is full, alone: 5xx; that fails: 4xx; a directory that is away: 4xx', async () => {
    const world = stage()
    const alice = world.mailbox('alice')
    alice.refusal = { status: 'bounced', reply: { code: 552, enhanced: '5.2.2', text: 'Mailbox is full' } }
    expect(await send(world, ['alice@facteur.test'])).toMatchObject({ code: 552, enhanced: '5.2.2' })
    alice.refusal = new Error('the object is being moved')
    expect(await send(world, ['alice@facteur.test'])).toMatchObject({ code: 451, enhanced: '4.3.0' })
    world.directoryDown = true
    expect(await send(world, ['alice@facteur.test'])).toMatchObject({ code: 451, enhanced: '4.3.0' })
    expect(world.queue('facteur.test').size).toBe(0)
  })
})

describe('some recipients succeed', () => {
  test('what fails for now waits in the queue of its domain, and is delivered once', async () => {
    const world = stage()
    world.mailbox('alice').refusal = new Error('away')
    world.domain('facteur.test').setAlias('both', ['alice@facteur.test', 'bob@facteur.test'])
    expect(await send(world, ['both@facteur.test'])).toMatchObject({ code: 250 })
    expect([world.mailbox('bob').messages.length, world.queue('facteur.test').size]).toEqual([1, 1])
    world.mailbox('alice').refusal = undefined
    await world.runUntil(world.clock.now() + hour)
    expect([
      world.mailbox('alice').messages.length,
      world.mailbox('bob').messages.length,
      world.queue('facteur.test').size,
    ]).toEqual([1, 1, 0])
    const { header } = parseHeader(world.mailbox('alice').messages[0]?.raw as Uint8Array)
    expect(header.all('delivered-to').map((value) => value.trim())).toEqual(['alice@facteur.test', 'both@facteur.test'])
    expect([header.all('received').length, header.all('return-path').length]).toEqual([1, 1])
  })

  test('what fails for good is reported to the sender (RFC 5321 §6.1)', async () => {
    const world = stage()
    world.mailbox('bob').refusal = {
      status: 'bounced',
      reply: { code: 552, enhanced: '5.2.2', text: 'Mailbox is full' },
    }
    const raw = body.replace('eve@outside.test', 'alice@facteur.test')
    const reply = await send(world, ['bob@facteur.test', 'x@elsewhere.test', 'gone@facteur.test'], fromAlice, raw, {
      reversePath: 'alice@facteur.test',
    })
    expect(reply).toMatchObject({ code: 250 })
    await world.runUntil(world.clock.now() + hour)
    expect(world.dialer.sent).toHaveLength(1)
    const report = parseReport(world.mailbox('alice').messages[0]?.raw as Uint8Array)
    expect(report?.recipients).toMatchObject([
      { finalRecipient: 'gone@facteur.test', action: 'failed', status: '5.1.1' },
      { finalRecipient: 'bob@facteur.test', action: 'failed', status: '5.2.2' },
    ])
    expect(world.mailbox('alice').last).toContain('Return-Path: <>')
    expect([world.queue('facteur.test').size, world.queue('elsewhere.test').size]).toEqual([0, 0])
  })

  test('a dead target of an alias is reported, the others are served', async () => {
    const world = stage()
    world.domain('facteur.test').setAlias('team', ['alice@facteur.test', 'left@facteur.test'])
    await send(world, ['team@facteur.test'])
    await world.runUntil(world.clock.now() + hour)
    expect(world.mailbox('alice').messages).toHaveLength(1)
    const report = parseReport(world.dialer.sent[0]?.raw as Uint8Array)
    expect(report?.recipients).toMatchObject([{ finalRecipient: 'left@facteur.test', status: '5.1.1' }])
    expect(world.dialer.sent[0]?.request.envelope).toMatchObject({
      reversePath: '',
      recipients: [{ address: 'eve@outside.test' }],
    })
  })

  test('a queue that cannot take its part makes it a 451: doubled rather than lost', async () => {
    const world = stage()
    world.fullQueues.add('elsewhere.test')
    expect(await send(world, ['bob@facteur.test', 'x@elsewhere.test'], fromAlice, byAlice)).toMatchObject({ code: 451 })
    expect(world.faults).toHaveLength(1)
    world.fullQueues.clear()
    expect(await send(world, ['bob@facteur.test', 'x@elsewhere.test'], fromAlice, byAlice)).toMatchObject({ code: 250 })
    await world.runUntil(world.clock.now())
    expect([world.mailbox('bob').messages.length, world.dialer.sent.length]).toEqual([2, 1])
  })
})

describe('to the outside', () => {
  test('one queue entry a domain, recipients together, blind to each other', async () => {
    const world = stage()
    const recipients = ['x@elsewhere.test', 'y@Elsewhere.test', 'z@outside.test']
    expect(await send(world, recipients, fromAlice, byAlice)).toMatchObject({ code: 250 })
    await world.runUntil(world.clock.now())
    expect(
      world.dialer.sent.map(({ request }) => request.envelope.recipients.map(({ address }) => address).join()).sort(),
    ).toEqual(['x@elsewhere.test,y@elsewhere.test', 'z@outside.test'])
    const text = new TextDecoder().decode(world.dialer.sent[0]?.raw)
    expect(text).toContain('with ESMTPSA')
    expect(text).not.toMatch(/Return-Path|Delivered-To/)
  })

  test('an alias may lead out, and leaves its mark against loops', async () => {
    const world = stage()
    world.domain('facteur.test').setAlias('fwd', ['carol@elsewhere.test'])
    const notify = ['SUCCESS' as const]
    await send(world, [{ address: 'fwd@facteur.test', notify }])
    await world.runUntil(world.clock.now())
    const [sent] = world.dialer.sent
    expect(sent?.request.envelope.recipients).toEqual([
      { address: 'carol@elsewhere.test', notify, orcpt: 'rfc822;fwd@facteur.test' },
    ])
    const text = new TextDecoder().decode(sent?.raw)
    expect(text).toContain('Delivered-To: fwd@facteur.test\r\n')
    expect(await send(world, ['fwd@facteur.test'], fromOutside, text)).toMatchObject({ code: 554, enhanced: '5.4.6' })
  })
})

describe('submission (RFC 6409 §8)', () => {
  test('gets a Date and a Message-ID when it has none', async () => {
    const world = stage()
    await send(world, ['bob@facteur.test'], fromAlice, byAlice)
    const { header } = parseHeader(bytes(world.mailbox('bob').last))
    expect(header.first('message-id')).toMatch(/<m\d+@mx\.facteur\.test>/)
    expect(header.first('date')).toContain('23 Nov 2026')
    expect(header.has('sender')).toBe(false)
  })

  test('keeps what it has; mail from outside is left alone', async () => {
    const world = stage()
    const complete = `Date: Mon, 1 Jan 2024 00:00:00 +0000\r\nMessage-ID: <mine@x>\r\n${byAlice}`
    await send(world, ['bob@facteur.test'], fromAlice, complete)
    expect(world.mailbox('bob').last.endsWith(complete)).toBe(true)
    expect(parseHeader(bytes(world.mailbox('bob').last)).header.all('date')).toHaveLength(1)
    await send(world, ['bob@facteur.test'])
    expect(parseHeader(bytes(world.mailbox('bob').last)).header.has('date')).toBe(false)
  })
})

const reportTo = async (world: MemoryWorld) => {
  await world.runUntil(world.clock.now() + hour)
  return world.dialer.sent.map(({ raw }) =>
    parseReport(raw)?.recipients.map(({ action, finalRecipient }) => `${action} ${finalRecipient}`),
  )
}

describe('success reports (RFC 3461 §5.2)', () => {
  const notify = ['SUCCESS' as const]
  test('"delivered" for a mailbox, only where asked', async () => {
    const world = stage()
    await send(world, [{ address: 'alice@facteur.test', notify }, 'bob@facteur.test'])
    expect(await reportTo(world)).toEqual([['delivered alice@facteur.test']])
    expect(world.mailbox('alice').messages).toHaveLength(1)
  })

  test('"expanded" for an alias of many, whose parts are not asked again (§5.2.7.3)', async () => {
    const world = stage()
    world.domain('facteur.test').setAlias('all', ['alice@facteur.test', 'bob@facteur.test'])
    await send(world, [{ address: 'all@facteur.test', notify }])
    expect(await reportTo(world)).toEqual([['expanded all@facteur.test']])
  })

  test('a report that cannot be queued does not make the sender send again', async () => {
    const world = stage()
    world.fullQueues.add('facteur.test')
    expect(await send(world, [{ address: 'alice@facteur.test', notify }])).toMatchObject({ code: 250 })
    expect(world.faults).toHaveLength(1)
  })
})
