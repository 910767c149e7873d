/** Webhooks that watch what people of their domain send: who hears of what, in which order, and what is held back for them. */
import { describe, expect, test } from 'vitest'
import type { Origin } from '../../src/arrival/index.ts'
import { MemoryWorld } from '../../src/host/memory/world.ts'
import type { Envelope, Recipient } from '../../src/protocol/smtp/index.ts'
import type { TraceEvent } from '../../src/trace/index.ts'
import { outgoingEvents, type OutgoingEvent } from '../../src/routing/index.ts'

const queue = 'crm.facteur.test.webhook.invalid'
const byAlice: Origin = { kind: 'submission', accountId: 'alice', protocol: 'ESMTPSA', transactionId: 't1aaaaaaa' }
const letter =
  'From: alice@facteur.test\r\nSubject: =?utf-8?q?H=C3=A9?=\r\nMessage-ID: <l1@facteur.test>\r\n\r\nHello\r\n'

function stage(events: readonly OutgoingEvent[] = outgoingEvents): MemoryWorld {
  const world = new MemoryWorld()
  const domain = world.host('facteur.test', 'alice', 'bob')
  domain.webhooks?.set('crm', { url: 'https://crm.test/', events }, 'whsec_a', 1)
  domain.setAlias('team', ['alice@facteur.test', 'bob@facteur.test'])
  domain.setAlias('spread', ['bob@facteur.test', 'far@there.test'])
  world.dns.set('there.test', { MX: [{ preference: 0, exchange: 'mx.there.test' }] })
  world.dns.set('mx.there.test', { A: ['192.0.2.9'] })
  return world
}

async function send(
  world: MemoryWorld,
  to: readonly (string | Recipient)[],
  more: { envelope?: Partial<Envelope>; origin?: Origin; committed?: boolean; raw?: string } = {},
) {
  const { envelope, origin = byAlice, committed = false, raw = letter } = more
  return world.accept({
    envelope: {
      reversePath: 'alice@facteur.test',
      smtputf8: false,
      body: '7BIT',
      recipients: to.map((address) => (typeof address === 'string' ? { address } : address)),
      ...envelope,
    },
    raw: new TextEncoder().encode(raw),
    origin,
    committed,
  })
}

/** What waits for the program, in order: the program itself cannot be reached in this world. */
function waiting(world: MemoryWorld) {
  return world
    .queue(queue)
    .list()
    .map(({ id, line, envelope }) => {
      const { type, data } = JSON.parse(new TextDecoder().decode(world.queue(queue).raw(id))) as {
        type: string
        data: Record<string, unknown>
      }
      return { id: envelope.event?.id, line, type: type.replace('message.', ''), data }
    })
}

const kinds = (world: MemoryWorld) =>
  waiting(world).map(({ type, data }) => [type, data['recipient']].filter(Boolean).join(' '))

/** Of what is told of a message to a mailbox here. */
async function idsOf(fullQueue?: string) {
  const world = stage()
  if (fullQueue !== undefined) world.fullQueues.add(fullQueue)
  expect(await send(world, ['bob@facteur.test'])).toMatchObject({ code: 250 })
  await settle(world)
  return waiting(world).map(({ id }) => id)
}

/** Lets queues hand over what they owe. */
const settle = (world: MemoryWorld) => world.runUntil(world.clock.now() + 1_000)

describe('a message that people of the domain send', () => {
  test('to a mailbox here: accepted, then delivered, all in one line', async () => {
    const world = stage()
    expect(await send(world, ['bob@facteur.test'])).toMatchObject({ code: 250 })
    await settle(world)
    expect(kinds(world)).toEqual(['accepted', 'delivered bob@facteur.test'])
    const [accepted, delivered] = waiting(world)
    expect(accepted).toMatchObject({
      line: 'alice-t1aaaaaaa',
      data: {
        id: 'alice-t1aaaaaaa',
        messageId: '<l1@facteur.test>',
        sender: 'alice@facteur.test',
        recipients: ['bob@facteur.test'],
        subject: 'Hé',
      },
    })
    expect(delivered).toMatchObject({ line: 'alice-t1aaaaaaa', data: { isFinal: true } })
    expect(delivered?.id).not.toBe(accepted?.id)
    expect(world.queue('facteur.test').size).toBe(0)
  })

  test('without a Message-ID is told under the one that it gets', async () => {
    const world = stage()
    await send(world, ['bob@facteur.test'], { raw: 'From: alice@facteur.test\r\n\r\nHello\r\n' })
    const { messageId } = waiting(world)[0]!.data as { messageId: string }
    expect(new TextDecoder().decode(world.mailbox('bob').messages[0]?.raw)).toContain(`Message-ID: ${messageId}\r\n`)
  })

  test('whose Message-ID names nothing is told without one', async () => {
    const world = stage()
    await send(world, ['bob@facteur.test'], { raw: 'From: alice@facteur.test\r\nMessage-ID: <>\r\n\r\nHello\r\n' })
    expect(waiting(world)[0]?.data['messageId']).toBeNull()
  })

  test('is in the trace under the Message-ID that it gets, so that what comes back is known', async () => {
    const world = stage()
    const steps: TraceEvent[] = []
    world.ports.trace = (events) => void steps.push(...events)
    await send(world, ['bob@facteur.test'], { raw: 'From: alice@facteur.test\r\n\r\nHello\r\n' })
    const { messageId } = waiting(world)[0]!.data as { messageId: string }
    expect(steps[0]).toMatchObject({ type: 'arrived', messageId: messageId.slice(1, -1) })
  })

  test('elsewhere: accepted is first in line, before anybody there is asked', async () => {
    const world = stage()
    await send(world, ['x@there.test'])
    expect(kinds(world)).toEqual(['accepted'])
    await settle(world)
    expect(kinds(world)).toEqual(['accepted', 'delivered x@there.test'])
  })

  test('to an alias: under the name that the sender wrote, once all of it is there', async () => {
    const world = stage()
    await send(world, ['team@facteur.test'])
    await settle(world)
    expect(kinds(world)).toEqual(['accepted', 'delivered team@facteur.test'])
    const other = stage()
    await send(other, ['spread@facteur.test'])
    await settle(other)
    expect(kinds(other)).toEqual(['accepted', 'delivered spread@facteur.test'])
  })

  test('to nobody: a recipient who is refused beside others has bounced', async () => {
    const world = stage()
    await send(world, ['bob@facteur.test', 'nobody@facteur.test'])
    await settle(world)
    expect(kinds(world).toSorted()).toEqual(['accepted', 'bounced nobody@facteur.test', 'delivered bob@facteur.test'])
    expect(kinds(world)[0]).toBe('accepted')
  })

  test('that is held is accepted when it is taken', async () => {
    const world = stage()
    await send(world, ['bob@facteur.test'], { envelope: { hold: { seconds: 3_600 } } })
    await settle(world)
    expect(kinds(world)).toEqual(['accepted'])
    await world.runUntil(world.clock.now() + 3_600_000)
    expect(kinds(world)).toEqual(['accepted', 'delivered bob@facteur.test'])
  })

  test('that is held for an alias elsewhere is told by the queue it goes to, and not by the one it waited in', async () => {
    const world = stage()
    await send(world, ['spread@facteur.test'], { envelope: { hold: { seconds: 3_600 } } })
    await world.runUntil(world.clock.now() + 3_600_000 + 1_000)
    expect(kinds(world)).toEqual(['accepted', 'delivered spread@facteur.test'])
  })

  test('of which a report of success is wanted is told once', async () => {
    const world = stage()
    await send(world, [{ address: 'bob@facteur.test', notify: ['SUCCESS'] }])
    await settle(world)
    expect(kinds(world)).toEqual(['accepted', 'delivered bob@facteur.test'])
    expect(world.mailbox('alice').messages).toHaveLength(1)
  })

  test('is told of though the queue that was to tell is full, under the id that this would have told', async () => {
    const ids = await idsOf('facteur.test')
    expect(ids).toHaveLength(2)
    expect(ids).toEqual(await idsOf())
  })

  test('that no mailbox takes now, and programs have heard of, waits here and not with its sender', async () => {
    const world = stage()
    world.mailbox('bob').refusal = new Error('the account cannot be reached')
    expect(await send(world, ['bob@facteur.test'])).toMatchObject({ code: 250 })
    await settle(world)
    expect(kinds(world)).toEqual(['accepted', 'deferred bob@facteur.test'])
  })

  test('and that a rule drops is delivered as far as its sender may know', async () => {
    const world = stage()
    world.domain('facteur.test').setRules([{ name: 'no', when: { recipient: 'bob' }, do: { discard: true } }], 1)
    await send(world, ['bob@facteur.test'])
    await settle(world)
    expect(kinds(world)).toEqual(['accepted', 'delivered bob@facteur.test'])
    expect(world.mailbox('bob').messages).toEqual([])
  })

  test('and that a rule copies is told of once', async () => {
    const world = stage()
    world.domain('facteur.test').setRules([{ name: 'archive', do: { copy: ['far@there.test'] } }], 1)
    await send(world, ['bob@facteur.test'])
    await settle(world)
    expect(kinds(world)).toEqual(['accepted', 'delivered bob@facteur.test'])
  })

  test.each([
    ['at once', {}],
    ['when its time comes', { hold: { seconds: 60 } }],
  ])('to an alias of which a rule drops one part, and another leads nowhere, has bounced: %s', async (_, envelope) => {
    const world = stage()
    const domain = world.domain('facteur.test')
    domain.setAlias('half', ['bob@facteur.test', 'gone@facteur.test'])
    domain.setRules([{ name: 'no', when: { recipient: 'bob' }, do: { discard: true } }], 1)
    await send(world, ['half@facteur.test'], { envelope })
    await world.runUntil(world.clock.now() + 61_000)
    expect(kinds(world)).toEqual(['accepted', 'bounced half@facteur.test'])
    expect(world.mailbox('alice').last).toContain('Final-Recipient: rfc822; gone@facteur.test')
  })

  test.each([
    ['a mailbox', 'bob@facteur.test', {}],
    ['an alias', 'team@facteur.test', {}],
    ['what a rule drops', 'bob@facteur.test', { discard: true as const }],
  ])('that waited, and that a rule copies then, is told of once: for %s', async (_, to, action) => {
    const world = stage()
    world.domain('facteur.test').setRules([{ name: 'archive', do: { copy: ['far@there.test'], ...action } }], 1)
    await send(world, [to], { envelope: { hold: { seconds: 60 } } })
    await world.runUntil(world.clock.now() + 61_000)
    expect(kinds(world)).toEqual(['accepted', `delivered ${to}`])
  })
})

describe('nobody hears', () => {
  test('of what comes from outside or is refused', async () => {
    const world = stage()
    const outside: Origin = { kind: 'smtp', clientAddress: '192.0.2.7', protocol: 'ESMTP', transactionId: 't2' }
    await send(world, ['bob@facteur.test'], { origin: outside })
    expect(await send(world, ['nobody@facteur.test'])).toMatchObject({ code: 550 })
    await settle(world)
    expect(world.queue(queue).size).toBe(0)
  })

  test('of events that were not asked for: no row of a queue is written for them', async () => {
    const world = stage(['bounced'])
    await send(world, ['bob@facteur.test'])
    await settle(world)
    expect([world.queue(queue).size, world.queue('facteur.test').size]).toEqual([0, 0])
    expect(world.events).toEqual([])
  })

  test.each([
    ['for elsewhere', 'x@there.test', {}],
    ['for a mailbox here', 'bob@facteur.test', {}],
    ['that is to be held', 'bob@facteur.test', { hold: { seconds: 3_600 } }],
  ])(
    'of a message %s that could not be announced: its sender keeps it, and nothing of it is anywhere (RFC 5321 §6.1)',
    async (_, to, envelope) => {
      const world = stage()
      world.fullQueues.add(queue)
      expect(await send(world, [to], { envelope })).toMatchObject({ code: 451 })
      expect([world.queue('there.test').size, world.queue('facteur.test').size]).toEqual([0, 0])
      expect(world.mailbox('bob').messages).toEqual([])
    },
  )
})
