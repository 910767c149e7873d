/**
 * The law of the house, under random weather: what was accepted is in a mailbox, with the next hop, in a queue, or in a
 * report that says why. Mailboxes, directory, queues and the outside fail at random; objects restart at random.
 */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Origin } from '../../src/arrival/index.ts'
import { MemoryWorld } from '../../src/host/memory/world.ts'

const day = 24 * 3_600_000
const origin: Origin = { kind: 'submission', accountId: 'alice', transactionId: 't', protocol: 'ESMTP' }
const addresses = [
  'alice@facteur.test',
  'bob@facteur.test',
  'team@facteur.test',
  'fwd@facteur.test',
  'x@one.test',
  'y@one.test',
  'z@two.test',
  'nobody@facteur.test',
]
const domains = ['facteur.test', 'one.test', 'two.test']

function stage(): MemoryWorld {
  const world = new MemoryWorld({ delayNoticeAfter: 0 })
  const domain = world.host('facteur.test', 'alice', 'bob')
  domain.setAlias('team', ['alice@facteur.test', 'bob@facteur.test', 'z@two.test'])
  domain.setAlias('fwd', ['x@one.test'])
  for (const name of ['one.test', 'two.test']) world.dns.set(name, { A: ['192.0.2.1'] })
  return world
}

/** Where a marked message is to be found, for a recipient as the sender knows it. */
const places: Record<string, string[]> = {
  'alice@facteur.test': ['mailbox alice'],
  'bob@facteur.test': ['mailbox bob'],
  'team@facteur.test': ['mailbox alice', 'mailbox bob', 'outside z@two.test'],
  'fwd@facteur.test': ['outside x@one.test'],
  'x@one.test': ['outside x@one.test'],
  'y@one.test': ['outside y@one.test'],
  'z@two.test': ['outside z@two.test'],
  'nobody@facteur.test': [],
}

const weather = fc.record({
  aliceAway: fc.boolean(),
  bobFull: fc.boolean(),
  directoryDown: fc.boolean(),
  fullQueue: fc.option(fc.constantFrom(...domains), { nil: undefined }),
  outside: fc.constantFrom('delivered' as const, 'deferred' as const, 'bounced' as const),
  gateway: fc.boolean(),
  restart: fc.boolean(),
  hours: fc.integer({ min: 0, max: 30 }),
})
const mail = fc.uniqueArray(fc.constantFrom(...addresses), { minLength: 1, maxLength: 5 })

test('every accepted message ends somewhere, whatever fails on the way', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(weather, mail), { minLength: 1, maxLength: 8 }), async (steps) => {
      const world = stage()
      const accepted: { marker: string; recipients: string[] }[] = []
      for (const [index, [sky, recipients]] of steps.entries()) {
        world.mailbox('alice').refusal = sky.aliceAway ? new Error('away') : undefined
        world.mailbox('bob').refusal = sky.bobFull
          ? { status: 'bounced', reply: { code: 552, enhanced: '5.2.2', text: 'Full' } }
          : undefined
        world.directoryDown = sky.directoryDown
        world.fullQueues.clear()
        if (sky.fullQueue !== undefined) world.fullQueues.add(sky.fullQueue)
        world.dialer.answer = () => {
          if (!sky.gateway) throw new Error('no bridge')
          return { status: sky.outside }
        }
        const marker = `marker-${index}-`
        const raw = new TextEncoder().encode(`From: alice@facteur.test\r\nSubject: ${marker}\r\n\r\nHello\r\n`)
        const envelope = {
          reversePath: 'alice@facteur.test',
          smtputf8: false,
          body: '7BIT' as const,
          recipients: recipients.map((address) => ({ address })),
        }
        const reply = await world.accept({ envelope, raw, origin })
        if (reply.code === 250) accepted.push({ marker, recipients })
        if (sky.restart) for (const domain of domains) world.restart(domain)
        await world.runUntil(world.clock.now() + sky.hours * 3_600_000)
      }
      // The sky clears for reports and mailboxes; what still waits is delivered or given up.
      world.mailbox('alice').refusal = world.mailbox('bob').refusal = undefined
      world.directoryDown = false
      world.fullQueues.clear()
      world.dialer.answer = () => ({ status: 'delivered' })
      await world.runUntil(world.clock.now() + 6 * day)
      for (const domain of domains) expect(world.queue(domain).size).toBe(0)

      const found = foundIn(world)
      for (const { marker, recipients } of accepted) {
        for (const recipient of recipients) {
          const there = (places[recipient] as string[]).filter((place) =>
            found.some((one) => one.place === place && one.text.includes(marker)),
          )
          const expected = (places[recipient] as string[]).length
          // A report names each address that failed; together with the places reached, nothing is missing.
          const reports = found.filter(
            (one) =>
              one.place === 'mailbox alice' && one.text.includes('multipart/report') && one.text.includes(marker),
          )
          if (there.length < Math.max(1, expected)) expect(reports.length).toBeGreaterThan(0)
        }
      }
    }),
    { numRuns: 60 },
  )
})

/** Messages in mailboxes, and those that the outside took for good. */
function foundIn(world: MemoryWorld): { place: string; text: string }[] {
  const taken = world.events.flatMap((event) =>
    event.type === 'outcome' && event.outcome.status === 'delivered' ? [event.recipient] : [],
  )
  return [
    ...['alice', 'bob'].flatMap((id) =>
      world.mailbox(id).messages.map(({ raw }) => ({ place: `mailbox ${id}`, text: decode(raw) })),
    ),
    ...world.dialer.sent.flatMap(({ request, raw }) =>
      request.envelope.recipients
        .filter(({ address }) => taken.includes(address))
        .map(({ address }) => ({ place: `outside ${address}`, text: decode(raw) })),
    ),
  ]
}

test('without faults every place gets the message exactly once', async () => {
  await fc.assert(
    fc.asyncProperty(mail, async (recipients) => {
      const world = stage()
      const raw = new TextEncoder().encode('From: alice@facteur.test\r\nSubject: once-only\r\n\r\nHello\r\n')
      const envelope = {
        reversePath: 'alice@facteur.test',
        smtputf8: false,
        body: '7BIT' as const,
        recipients: recipients.map((address) => ({ address })),
      }
      const reply = await world.accept({ envelope, raw, origin })
      await world.runUntil(world.clock.now() + day)
      const found = foundIn(world)
        .filter(({ text }) => !text.includes('multipart/report'))
        .map(({ place }) => place)
      const expected = new Set(recipients.flatMap((recipient) => places[recipient] as string[]))
      expect(reply.code).toBe(expected.size > 0 ? 250 : 550)
      expect(found.sort()).toEqual([...expected].sort())
    }),
  )
})

function decode(raw: Uint8Array): string {
  return new TextDecoder().decode(raw)
}
