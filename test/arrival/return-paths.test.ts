import { expect, test } from 'vitest'
import type { Origin } from '../../src/arrival/index.ts'
import { checkRecipient } from '../../src/arrival/index.ts'
import { MemoryWorld } from '../../src/host/memory/world.ts'
import { ReturnPaths } from '../../src/routing/index.ts'
import { macOf } from '../routing/mac-of.ts'

const minute = 60_000
const fromOutside: Origin = { kind: 'smtp', clientAddress: '192.0.2.7', protocol: 'ESMTP', transactionId: 't1' }

function stage() {
  const world = new MemoryWorld()
  world.host('facteur.test', 'alice').setAlias('team', ['friend@elsewhere.test'])
  world.dns.set('outside.test', { A: ['192.0.2.7'] }).set('elsewhere.test', { A: ['192.0.2.8'] })
  const paths = new ReturnPaths({
    directory: world.ports.directory,
    clock: world.clock.now,
    mac: async (domain) => (domain === 'facteur.test' ? macOf(domain) : undefined),
  })
  world.ports.directory = paths.directory
  world.ports.returnPath = (reversePath, alias) => paths.onward(reversePath, alias)
  const send = (reversePath: string, to: string, origin = fromOutside) =>
    world.accept({
      envelope: { reversePath, recipients: [{ address: to }], smtputf8: false, body: '7BIT' },
      raw: new TextEncoder().encode(
        `From: ${origin.accountId === undefined ? 'eve@outside.test' : 'alice@facteur.test'}\r\nSubject: Hi\r\n\r\nHello\r\n`,
      ),
      origin,
    })
  const sent = () =>
    world.dialer.sent.map(({ request: { envelope } }) => [envelope.reversePath, envelope.recipients[0]?.address])
  return { world, send, sent }
}

test('what an alias sends on comes from its domain, so that SPF fits (RFC 7208 §2.4)', async () => {
  const { world, send, sent } = stage()
  await send('eve@outside.test', 'team@facteur.test')
  await world.runUntil(world.clock.now() + minute)
  expect(sent()).toEqual([
    [expect.stringMatching(/^SRS0=.*=outside\.test=eve@facteur\.test$/), 'friend@elsewhere.test'],
  ])
})

test('mail of our own people, and reports, keep their sender', async () => {
  const { world, send, sent } = stage()
  const alice: Origin = { ...fromOutside, kind: 'submission', accountId: 'alice' }
  await send('alice@facteur.test', 'team@facteur.test', alice)
  await send('', 'team@facteur.test')
  await world.runUntil(world.clock.now() + minute)
  expect(sent().map(([from]) => from)).toEqual(['alice@facteur.test', ''])
})

test('when it is refused there, the sender gets our report all the same', async () => {
  const { world, send, sent } = stage()
  world.dialer.answer = (recipient) =>
    recipient === 'friend@elsewhere.test'
      ? { status: 'bounced', reply: { code: 550, enhanced: '5.1.1', text: 'No such user' } }
      : { status: 'delivered' }
  await send('eve@outside.test', 'team@facteur.test')
  await world.runUntil(world.clock.now() + minute)
  expect(sent().at(-1)).toEqual(['', 'eve@outside.test'])
})

test('what comes back later finds the sender, and nobody else gets anything by such an address', async () => {
  const { world, send, sent } = stage()
  await send('eve@outside.test', 'team@facteur.test')
  await world.runUntil(world.clock.now() + minute)
  const path = sent()[0]?.[0] ?? ''
  const atRcpt = (recipient: string) => checkRecipient({ recipient, reversePath: '', origin: fromOutside }, world.ports)
  expect(await atRcpt(path)).toMatchObject({ code: 250 })
  expect(await atRcpt(path.replace('eve@', 'mallory@'))).toMatchObject({ code: 550, enhanced: '5.1.1' })
  expect(await send('', path)).toMatchObject({ code: 250 })
  await world.runUntil(world.clock.now() + minute)
  expect(sent().at(-1)).toEqual(['', 'eve@outside.test'])
})
