/** Webhooks that rules tell of a message: each once, before anything else is done with it, and unknown to its sender. */
import { describe, expect, test } from 'vitest'
import type { Origin } from '../../src/arrival/index.ts'
import { MemoryWorld } from '../../src/host/memory/world.ts'
import type { QueuedEntry } from '../../src/queue/index.ts'
import type { Actions, Rule } from '../../src/routing/index.ts'

const queue = 'orders.facteur.test.webhook.invalid'
const fromOutside: Origin = { kind: 'smtp', clientAddress: '192.0.2.7', protocol: 'ESMTP', transactionId: 't1' }
const letter = 'From: eve@outside.test\r\nTo: alice@facteur.test\r\nSubject: Order\r\n\r\nHello\r\n'

function stage(actions: Actions, ...more: Rule[]): MemoryWorld {
  const world = new MemoryWorld()
  world
    .host('facteur.test', 'alice', 'bob')
    .setRules([{ name: 'tell', when: { not: { recipient: 'bob' } }, do: actions }, ...more], world.clock.now())
  world.dns.set('outside.test', { A: ['192.0.2.7'] })
  return world
}

const send = (world: MemoryWorld, ...to: string[]) =>
  world.accept({
    envelope: {
      reversePath: 'eve@outside.test',
      smtputf8: false,
      body: '7BIT',
      envid: 'e1',
      recipients: to.map((name) => ({ address: `${name}@facteur.test`, notify: ['SUCCESS', 'FAILURE'] as const })),
    } as never,
    raw: new TextEncoder().encode(letter),
    origin: fromOutside,
  })

const events = (world: MemoryWorld): QueuedEntry[] => world.queue(queue).list()
const inbox = (world: MemoryWorld, name = 'alice') => world.mailbox(name).messages.length

describe('a webhook', () => {
  test('is told besides the mailbox', async () => {
    const world = stage({ webhook: ['orders'] })
    expect(await send(world, 'alice')).toMatchObject({ code: 250 })
    expect(inbox(world)).toBe(1)
    const [event, ...others] = events(world)
    expect(others).toEqual([])
    expect(event).toMatchObject({
      envelope: { reversePath: '', transactionId: 't1', ways: ['webhook:orders'] },
      recipients: [{ address: 'alice@facteur.test' }],
    })
    expect(event!.envelope).not.toHaveProperty('envid')
  })

  test('is told in place of a mailbox, for an address that nobody has', async () => {
    const world = stage({ webhook: ['orders'], discard: true })
    expect(await send(world, 'orders+7')).toMatchObject({ code: 250 })
    expect(events(world)).toMatchObject([{ recipients: [{ address: 'orders+7@facteur.test' }] }])
  })

  test('hears nothing of mail that is refused', async () => {
    const world = stage({ webhook: ['orders'] })
    expect(await send(world, 'nobody')).toMatchObject({ code: 550 })
    const refusing = stage({ webhook: ['orders'] }, { name: 'no', do: { reject: { text: 'No' } } })
    expect(await send(refusing, 'alice')).toMatchObject({ code: 550 })
    expect([events(world), events(refusing)]).toEqual([[], []])
  })

  test('is told once of a message for several', async () => {
    const world = stage({ webhook: ['orders'], discard: true })
    await send(world, 'a', 'b', 'bob')
    expect(events(world)).toMatchObject([
      { recipients: [{ address: 'a@facteur.test' }, { address: 'b@facteur.test' }] },
    ])
  })

  test('is told once, also where a rule makes a copy for the same domain', async () => {
    const world = stage({ webhook: ['orders'], copy: ['bob@facteur.test'] })
    await send(world, 'alice')
    expect(events(world)).toHaveLength(1)
    expect([inbox(world), inbox(world, 'bob')]).toEqual([1, 1])
  })

  test('does not change what the sender hears of success (RFC 3461 §5.2.7)', async () => {
    const world = stage({ webhook: ['orders'] })
    await send(world, 'alice')
    await world.runUntil(world.clock.now() + 1_000)
    const reports = world.dialer.sent.map(({ raw }) => new TextDecoder().decode(raw))
    expect(reports).toHaveLength(1)
    expect(reports[0]).toContain('Action: delivered')
  })
})

describe('what cannot be queued for a webhook', () => {
  test('is not taken at all, so that it comes again as a whole', async () => {
    const world = stage({ webhook: ['orders'] })
    world.fullQueues.add(queue)
    expect(await send(world, 'alice')).toMatchObject({ code: 451 })
    expect(inbox(world)).toBe(0)
    world.fullQueues.clear()
    expect(await send(world, 'alice')).toMatchObject({ code: 250 })
    expect([inbox(world), events(world).length]).toEqual([1, 1])
  })

  test('and cannot be refused any more, as a held message, is tried again, webhook and all', async () => {
    const world = stage({ webhook: ['orders'] })
    world.fullQueues.add(queue)
    const envelope = {
      reversePath: 'bob@facteur.test',
      smtputf8: false,
      body: '7BIT',
      recipients: [{ address: 'alice@facteur.test' }],
    } as const
    const origin: Origin = { kind: 'submission', accountId: 'bob', transactionId: 't2' }
    const raw = new TextEncoder().encode(letter.replace('eve@outside.test', 'bob@facteur.test'))
    await world.accept({
      envelope: { ...envelope, recipients: [...envelope.recipients] },
      raw,
      origin,
      committed: true,
    })
    expect(inbox(world)).toBe(0)
    world.fullQueues.clear()
    await world.runUntil(world.clock.now() + 3_600_000)
    expect([inbox(world), events(world).length]).toEqual([1, 1])
  })
})

/** Handed over again after it was held, so that it can be refused no more. */
const held = async (world: MemoryWorld, ...to: string[]) => {
  const recipients = to.map((name) => ({ address: `${name}@facteur.test` }))
  await world.accept({
    envelope: { reversePath: 'bob@facteur.test', smtputf8: false, body: '7BIT', recipients },
    raw: new TextEncoder().encode(letter.replace('eve@outside.test', 'bob@facteur.test')),
    origin: { kind: 'submission', accountId: 'bob', transactionId: 't2' },
    committed: true,
  })
}

describe('what cannot be queued for a webhook while it waits for a hosted domain', () => {
  test('waits as one for each recipient, and is lost to none of several places however often that fails', async () => {
    const world = stage({ webhook: ['orders'], copy: ['bob@facteur.test'] })
    world.fullQueues.add(queue)
    await held(world, 'alice')
    await world.runUntil(world.clock.now() + 600_000)
    expect(world.queue('facteur.test').list()).toMatchObject([{ recipients: [{ address: 'alice@facteur.test' }] }])
    expect([inbox(world), inbox(world, 'bob')]).toEqual([0, 0])
    world.fullQueues.clear()
    await world.runUntil(world.clock.now() + 3_600_000)
    expect([inbox(world), inbox(world, 'bob'), events(world).length]).toEqual([1, 1, 1])
  })

  test('says nothing yet of a target that does not exist, and then once (RFC 3464)', async () => {
    const tells: Rule = {
      name: 'team',
      when: { recipient: 'alice' },
      do: { redirect: ['bob@facteur.test', 'no@facteur.test'] },
    }
    const world = stage({ webhook: ['orders'] }, tells)
    world.fullQueues.add(queue)
    await held(world, 'alice')
    await world.runUntil(world.clock.now() + 600_000)
    expect(inbox(world, 'bob')).toBe(0)
    world.fullQueues.clear()
    await world.runUntil(world.clock.now() + 3_600_000)
    // The message, and the report of the target.
    expect([inbox(world, 'bob'), events(world).length]).toEqual([2, 1])
  })
})

test('a list that is full hears rules once: they are not asked again when it is tried again', async () => {
  const world = stage({ webhook: ['orders'], copy: ['bob@facteur.test'] })
  world.domain('facteur.test').setList('dev', 'l-dev', ['alice@facteur.test'])
  let isFull = true
  const mailboxes = world.ports.mailbox.bind(world.ports)
  world.ports.mailbox = (id) =>
    id !== 'l-dev'
      ? mailboxes(id)
      : {
          deliver: async () => [
            isFull ? { status: 'deferred', reply: { code: 452, text: 'Full' } } : { status: 'delivered' },
          ],
        }
  expect(await send(world, 'dev')).toMatchObject({ code: 250 })
  isFull = false
  await world.runUntil(world.clock.now() + 3_600_000)
  expect(world.queue('facteur.test').list()).toEqual([])
  expect([inbox(world, 'bob'), events(world).length]).toEqual([1, 1])
})

test('a rule that sends the mail elsewhere is not asked again where its queue was full for a moment', async () => {
  const ways = ['smtp://old.facteur.test:25?tls=none']
  const world = stage({ webhook: ['orders'], copy: ['bob@facteur.test'], relay: ways })
  const queues = world.ports.queue.bind(world.ports)
  let failures = 1
  world.ports.queue = (domain) => ({
    enqueue: async (entry) => {
      if (domain === 'facteur.test' && failures-- > 0) throw new Error('full')
      return queues(domain).enqueue(entry)
    },
  })
  expect(await send(world, 'alice')).toMatchObject({ code: 250 })
  expect(world.queue('facteur.test').list()).toMatchObject([
    { envelope: { ways }, recipients: [{ address: 'alice@facteur.test' }] },
  ])
  await world.runUntil(world.clock.now() + 3_600_000)
  expect(world.dialer.sent.map(({ request }) => request.envelope.recipients[0]?.address)).toContain(
    'alice@facteur.test',
  )
  expect([inbox(world, 'bob'), events(world).length]).toEqual([1, 1])
})

test('what a webhook never takes stays where the operator finds it, and goes out again', async () => {
  const world = stage({ webhook: ['orders'], discard: true })
  await send(world, 'orders')
  await world.runUntil(world.clock.now() + 6 * 24 * 3_600_000)
  const [event] = events(world)
  expect(event).toMatchObject({ status: 'frozen' })
  expect(world.dialer.sent).toEqual([])
  world.queue(queue).release(event!.id)
  expect(events(world)).toMatchObject([{ status: 'waiting' }])
})
