/** Recipients of one envelope that lead to the same place get one copy, and none of them is forgotten for it. */
import { describe, expect, test } from 'vitest'
import { accept } from '../../src/arrival/index.ts'
import { MemoryWorld } from '../../src/host/memory/world.ts'
import type { NotifyCondition, Recipient } from '../../src/protocol/smtp/index.ts'

const friend = 'friend@elsewhere.test'
const alias = 'friend@facteur.test'
const submission = { accountId: 'alice', tag: 'secret' }
const origin = { kind: 'jmap', accountId: 'alice', transactionId: 't1' } as const
const raw = new TextEncoder().encode('From: alice@facteur.test\r\nSubject: Hi\r\n\r\nHello\r\n')

function stage(): MemoryWorld {
  const world = new MemoryWorld()
  world.host('facteur.test', 'alice', 'bob').setAlias('friend', [friend])
  world.dns.set('elsewhere.test', { A: ['192.0.2.8'] }).set('moved.test', { A: ['192.0.2.9'] })
  return world
}

const notifying = (notify: NotifyCondition[] | undefined) => (notify === undefined ? {} : { notify })

const queued = (world: MemoryWorld, domain = 'elsewhere.test') =>
  world
    .queue(domain)
    .list()
    .flatMap((entry) => entry.recipients)

function submit(world: MemoryWorld, recipients: Recipient[]) {
  const envelope = { reversePath: 'alice@facteur.test', smtputf8: false, body: '7BIT', recipients, submission } as const
  return accept({ envelope, raw, origin }, world.ports)
}

async function send(world: MemoryWorld, recipients: Recipient[]): Promise<Recipient[]> {
  expect((await submit(world, recipients)).reply).toMatchObject({ code: 250 })
  return queued(world)
}

describe('an alias and the address that it leads to', () => {
  test.each([
    ['the alias first', [alias, friend]],
    ['the alias last', [friend, alias]],
  ])('are both named where the submission hears of the one copy: %s', async (_, addresses) => {
    const world = stage()
    const recipients = await send(
      world,
      addresses.map((address) => ({ address })),
    )
    expect(recipients).toMatchObject([{ address: friend, submitted: addresses }])
    await world.runUntil(world.clock.now())
    expect(world.dialer.sent).toHaveLength(1)
  })

  test('are both in the trace', async () => {
    const world = stage()
    const placed: string[] = []
    world.ports.trace = (events) => {
      for (const event of events) if (event.type === 'placed') placed.push(`${event.recipient} ${event.address ?? ''}`)
    }
    await send(world, [{ address: alias }, { address: friend }])
    expect(placed).toEqual([`${alias} ${friend}`, `${friend} `])
  })

  test('the address alone needs no such name, and nobody does whose message is no submission', async () => {
    expect(await send(stage(), [{ address: friend }])).not.toHaveProperty('0.submitted')
    const world = stage()
    const envelope = { reversePath: 'alice@facteur.test', smtputf8: false, body: '7BIT' } as const
    await world.accept({ envelope: { ...envelope, recipients: [{ address: alias }] }, raw, origin })
    expect(queued(world)[0]).not.toHaveProperty('submitted')
  })

  test('the names survive a mailbox that is full for now, whose queue routes again', async () => {
    const world = stage()
    world.domain('facteur.test').setAlias('robert', ['bob@facteur.test'])
    const reply = { code: 452, enhanced: '4.2.2', text: 'The mailbox is full' }
    world.mailbox('bob').refusal = { status: 'deferred', reply }
    const names = ['bob@facteur.test', 'robert@facteur.test']
    await send(
      world,
      [friend, ...names].map((address) => ({ address })),
    )
    expect(queued(world, 'facteur.test')).toMatchObject([{ address: names[0], submitted: names }])
    world.domain('facteur.test').removeAccount('bob')
    world.domain('facteur.test').setAlias('bob', ['bob@moved.test'])
    await world.runUntil(world.clock.now() + 30 * 60_000)
    const last = world.dialer.sent.at(-1)?.request.envelope
    expect(last?.recipients).toMatchObject([{ address: 'bob@moved.test', submitted: names }])
  })

  test.each<[string, (NotifyCondition[] | undefined)[], NotifyCondition[] | undefined]>([
    ['one who wants nothing and one who says nothing', [['NEVER'], undefined], ['FAILURE', 'DELAY']],
    ['one who wants failures and one who wants success', [['FAILURE'], ['SUCCESS']], ['SUCCESS', 'FAILURE']],
    ['two who want nothing', [['NEVER'], ['NEVER']], ['NEVER']],
    ['two who say nothing', [undefined, undefined], undefined],
  ])('is reported on as any of them asked (RFC 3461 §4.1): %s', async (_, [first, second], together) => {
    const recipients = [
      { address: alias, ...notifying(first) },
      { address: friend, ...notifying(second) },
    ]
    expect((await send(stage(), recipients))[0]?.notify).toEqual(together)
  })
})

describe('what rules do is not told to the submission', () => {
  test('neither of a copy, which the queue of its place keeps to itself', async () => {
    const world = stage()
    world.domain('facteur.test').setRules([{ name: 'keep', when: {}, do: { copy: [friend] } }], world.clock.now())
    const { reply, delivered } = await submit(world, [{ address: 'bob@facteur.test' }])
    expect([reply.code, delivered]).toEqual([250, ['bob@facteur.test']])
    expect(queued(world)).toMatchObject([{ address: friend, submitted: [] }])
  })

  test('nor that it was dropped: it is where it should be, and waits for nothing', async () => {
    const world = stage()
    world.domain('facteur.test').setRules([{ name: 'drop', when: {}, do: { discard: true } }], world.clock.now())
    const { reply, delivered } = await submit(world, [{ address: 'bob@facteur.test' }])
    expect([reply.code, delivered]).toEqual([250, ['bob@facteur.test']])
  })
})
