import { expect, test } from 'vitest'
import type { Origin } from '../../src/arrival/index.ts'
import { MemoryWorld } from '../../src/host/memory/world.ts'
import type { Hold } from '../../src/protocol/smtp/index.ts'

const hour = 3_600_000
const alice: Origin = {
  kind: 'submission',
  accountId: 'alice',
  clientAddress: '192.0.2.7',
  protocol: 'ESMTPSA',
  transactionId: 't1',
}

function stage() {
  const world = new MemoryWorld()
  world.host('facteur.test', 'alice', 'bob')
  world.dns.set('elsewhere.test', { A: ['192.0.2.8'] })
  const send = (hold: Hold, recipients: string[], origin = alice) =>
    world.accept({
      envelope: {
        reversePath: 'alice@facteur.test',
        recipients: recipients.map((address) => ({ address })),
        smtputf8: false,
        body: '7BIT',
        hold,
      },
      raw: new TextEncoder().encode('From: alice@facteur.test\r\nSubject: Later\r\n\r\nHello\r\n'),
      origin,
    })
  return { world, send, start: world.clock.now() }
}

test('a submission that is to go later waits in queues, here and elsewhere, and goes then (RFC 4865)', async () => {
  const { world, send, start } = stage()
  const reply = await send({ seconds: 7_200 }, ['bob@facteur.test', 'x@elsewhere.test'])
  expect(reply).toMatchObject({ code: 250, text: expect.stringContaining('held until 2026-11-23T10:00:00Z') })
  await world.runUntil(start + 2 * hour - 1)
  expect([world.mailbox('bob').messages.length, world.dialer.sent.length]).toEqual([0, 0])
  await world.runUntil(start + 2 * hour)
  expect([world.mailbox('bob').messages.length, world.dialer.sent.map(({ at }) => at)]).toEqual([1, [start + 2 * hour]])
  expect(world.dialer.sent[0]?.request.envelope.hold).toBeUndefined()
})

test('a time that is over, or a stranger who asks, holds nothing back', async () => {
  const { world, send, start } = stage()
  await send({ until: start }, ['bob@facteur.test'])
  await send({ seconds: 60 }, ['bob@facteur.test'], { kind: 'smtp', protocol: 'ESMTP', transactionId: 't2' })
  expect(world.mailbox('bob').messages.length).toBe(2)
})

test('it can be canceled, and its time in the queue begins with its release', async () => {
  const { world, send, start } = stage()
  await send({ seconds: 86_400 }, ['x@elsewhere.test'])
  await send({ seconds: 86_400 }, ['y@elsewhere.test'])
  const queue = world.queue('elsewhere.test')
  const [first, second] = queue.list()
  expect(queue.delete(first?.id ?? '')).toBe(1)
  expect((second?.expires ?? 0) - start).toBe(6 * 24 * hour)
  await world.runUntil(start + 25 * hour)
  expect(world.dialer.sent.map(({ request }) => request.envelope.recipients[0]?.address)).toEqual(['y@elsewhere.test'])
})

test('who is unknown now is refused now', async () => {
  const { world, send, start } = stage()
  expect((await send({ seconds: 60 }, ['nobody@facteur.test'])).code).toBe(550)
  expect((await send({ seconds: 60 }, ['nobody@facteur.test', 'bob@facteur.test'])).code).toBe(250)
  await world.runUntil(start + hour)
  expect([world.mailbox('bob').messages.length, world.mailbox('alice').messages.length]).toEqual([1, 1])
})
