import { expect, test } from 'vitest'
import type { Origin } from '../../src/arrival/index.ts'
import { MemoryWorld } from '../../src/host/memory/world.ts'

const stranger: Origin = { kind: 'smtp', clientAddress: '192.0.2.7', protocol: 'ESMTP', transactionId: 't1' }
const alice: Origin = { ...stranger, kind: 'submission', accountId: 'alice' }

/** The entry for elsewhere of a message that came with this field and this priority in its envelope. */
async function queued(origin: Origin, field: string, priority?: number) {
  const world = new MemoryWorld()
  world.host('facteur.test', 'alice')
  world.domain('facteur.test').setAlias('out', ['x@elsewhere.test'])
  const recipient = origin === alice ? 'x@elsewhere.test' : 'out@facteur.test'
  const reply = await world.accept({
    envelope: {
      reversePath: 'alice@facteur.test',
      recipients: [{ address: recipient }],
      smtputf8: false,
      body: '7BIT',
      ...(priority === undefined ? {} : { priority }),
    },
    raw: new TextEncoder().encode(`From: alice@facteur.test\r\n${field}Subject: Hi\r\n\r\nHello\r\n`),
    origin,
  })
  expect(reply.code).toBe(250)
  const queue = world.queue('elsewhere.test')
  const [entry] = queue.list()
  return { priority: entry?.priority, raw: new TextDecoder().decode(queue.raw(entry?.id ?? '')) }
}

test('a priority is kept with the message and in the trace (RFC 6710)', async () => {
  const { priority, raw } = await queued(alice, '', 4)
  expect(priority).toBe(4)
  expect(raw).toMatch(/^Received:[^;]*\r\n\tpriority 4;/)
})

test('a sender of ours may say it in the header, and the envelope counts more (RFC 6758)', async () => {
  expect((await queued(alice, 'MT-Priority: -2\r\n')).priority).toBe(-2)
  expect((await queued(alice, 'MT-Priority: -2\r\n', 3)).priority).toBe(3)
  for (const value of ['10', '-10', 'high', '+3', ''])
    expect((await queued(alice, `MT-Priority: ${value}\r\n`)).priority, value).toBe(0)
})

test('a stranger may not', async () => {
  const { priority, raw } = await queued(stranger, 'MT-Priority: 9\r\n')
  expect(priority).toBe(0)
  expect(raw).not.toContain('\tpriority')
})
