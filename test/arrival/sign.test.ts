/** What leaves the house is signed in its author's name, and nothing else is (RFC 6376 §5.1). */
import { describe, expect, test } from 'vitest'
import type { Origin } from '../../src/arrival/index.ts'
import { MemoryWorld } from '../../src/host/memory/world.ts'

const ourselves: Origin = { kind: 'internal', transactionId: 't2' }
const fromAlice: Origin = { kind: 'submission', protocol: 'ESMTPSA', accountId: 'alice', transactionId: 't1' }

/** A signer that signs for these domains and tells whom it was asked about. */
function stage(...domains: string[]) {
  const world = new MemoryWorld()
  world.host('facteur.test', 'alice', 'bob').setAlias('friend', ['friend@elsewhere.test'])
  world.dns.set('elsewhere.test', { A: ['192.0.2.8'] })
  const asked: string[] = []
  world.ports.signer = {
    async sign(domain) {
      asked.push(domain)
      return domains.includes(domain) ? [`DKIM-Signature: d=${domain}\r\n`] : []
    },
  }
  const send = async (to: string, options: { from?: string; origin?: Origin; reversePath?: string } = {}) => {
    const raw = `From: ${options.from ?? 'alice@facteur.test'}\r\nTo: ${to}\r\n\r\nHello\r\n`
    const reversePath = options.reversePath ?? 'alice@facteur.test'
    return world.accept({
      envelope: { reversePath, smtputf8: false, body: '7BIT', recipients: [{ address: to }] },
      raw: new TextEncoder().encode(raw),
      origin: options.origin ?? fromAlice,
    })
  }
  const sent = async () => {
    await world.runUntil(world.clock.now() + 1)
    return world.dialer.sent.map(({ raw }) => new TextDecoder().decode(raw))
  }
  return { world, asked, send, sent }
}

describe('outgoing mail', () => {
  test('has the signature on top', async () => {
    const { send, sent } = stage('facteur.test')
    await send('friend@elsewhere.test')
    expect((await sent())[0]).toMatch(/^DKIM-Signature: d=facteur\.test\r\nReceived: /)
  })

  test('is signed for the author, else for the envelope sender', async () => {
    const { send, sent, asked } = stage('facteur.test')
    await send('friend@elsewhere.test', { from: 'Alice <alice@Brand.example>', origin: ourselves })
    expect((await sent())[0]).toMatch(/^DKIM-Signature: d=facteur\.test/)
    expect(asked).toEqual(['brand.example', 'facteur.test'])
  })

  test('from a name below a domain that signs is signed by that domain (relaxed alignment, RFC 9989)', async () => {
    const { send, sent, asked } = stage('facteur.test')
    await send('friend@elsewhere.test', { from: 'mailer-daemon@mx.eu.facteur.test', origin: ourselves })
    expect((await sent())[0]).toMatch(/^DKIM-Signature: d=facteur\.test/)
    expect(asked).toEqual(['mx.eu.facteur.test', 'eu.facteur.test', 'facteur.test'])
  })

  test('is signed once, for the first author’s domain that signs here', async () => {
    const { send, asked } = stage('two.example', 'facteur.test')
    await send('friend@elsewhere.test', { from: 'a@one.example, b@two.example, c@facteur.test', origin: ourselves })
    expect(asked).toEqual(['one.example', 'two.example'])
  })

  test('goes out unsigned when no domain of it signs here', async () => {
    const { send, sent } = stage()
    await send('friend@elsewhere.test')
    expect((await sent())[0]).toMatch(/^Received: /)
  })

  test('waits while the keys cannot be read: unsigned it would be taken for a forgery', async () => {
    const { send, world } = stage()
    world.ports.signer = { sign: () => Promise.reject(new Error('the domain does not answer')) }
    expect(await send('friend@elsewhere.test')).toMatchObject({ code: 451 })
    expect(world.faults).toHaveLength(1)
  })

  test('of our own making is signed too: reports come from the null reverse-path', async () => {
    const { send, sent } = stage('facteur.test')
    await send('friend@elsewhere.test', { origin: ourselves, reversePath: '', from: 'mailer-daemon@facteur.test' })
    expect((await sent())[0]).toMatch(/^DKIM-Signature: d=facteur\.test/)
  })
})

describe('not signed', () => {
  test('mail that stays in the house', async () => {
    const { send, asked, world } = stage('facteur.test')
    await send('bob@facteur.test')
    expect(asked).toEqual([])
    expect(world.mailbox('bob').last).not.toContain('DKIM-Signature')
  })

  test('mail of strangers that an alias sends on: it is not ours to vouch for', async () => {
    const { send, sent, asked } = stage('facteur.test')
    const origin: Origin = { kind: 'smtp', clientAddress: '192.0.2.7', protocol: 'ESMTP', transactionId: 't3' }
    await send('friend@facteur.test', { origin, from: 'eve@facteur.test', reversePath: 'eve@outside.test' })
    expect(asked).toEqual([])
    expect((await sent())[0]).not.toContain('DKIM-Signature')
  })
})
