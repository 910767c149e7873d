/** What an alias passes on from outside is sealed with what was found when it came (RFC 8617 §5.1). */
import { beforeAll, describe, expect, test } from 'vitest'
import type { SealingPort } from '../../src/arrival/index.ts'
import { sealArc, validateArc } from '../../src/protocol/arc/index.ts'
import { readSignedMessage } from '../../src/protocol/dkim/index.ts'
import { newSigner, type Signer } from '../protocol/dkim/world.ts'
import { fromAlice, fromOutside, letterFrom, VerifyingWorld } from './verifying.ts'

let keys: Signer
beforeAll(async () => {
  keys = await newSigner('rsa-sha256')
})

/** Two hosted domains with aliases that lead outside; `asked` are the domains that sealed. */
function stage() {
  const world = new VerifyingWorld().publish('example.com', 'p=reject')
  world.host('facteur.test').setAlias('friend', ['friend@elsewhere.test'])
  world
    .host('facteur.test')
    .setAlias('more', ['a@elsewhere.test', 'b@elsewhere.test', 'c@other.test', 'alice@facteur.test'])
  world.host('second.test').setAlias('there', ['friend@facteur.test'])
  for (const name of ['elsewhere.test', 'other.test']) world.dns.set(name, { A: ['192.0.2.8'] })
  for (const name of ['facteur.test', 'second.test'])
    world.dns.set(`rsa._domainkey.${name}`, { TXT: [keys.records['rsa']!] })
  const asked: string[] = []
  const sealer: SealingPort = {
    async seal(domain, raw, found, now) {
      asked.push(domain)
      const options = { ...found, domain, key: keys.keys[0]!, now }
      return (await sealArc(readSignedMessage(raw), options, crypto.subtle)) ?? []
    },
  }
  world.ports.sealer = sealer
  const sent = async () => {
    await world.runUntil(world.clock.now() + 1)
    return world.dialer.sent.map(({ raw }) => raw)
  }
  const chainOf = (raw: Uint8Array) =>
    validateArc(readSignedMessage(raw), { now: world.clock.now() }, { dns: world.dns, crypto: crypto.subtle })
  return { world, asked, sent, chainOf }
}

const text = (raw: Uint8Array | undefined) => new TextDecoder().decode(raw)
const letter = letterFrom('example.com')

describe('a message that an alias sends on', () => {
  test('carries a valid chain that tells what was found', async () => {
    const { world, sent, chainOf } = stage()
    await world.send(letter, fromOutside, 'boss@example.com', 'friend@facteur.test')
    const [raw] = await sent()
    expect(await chainOf(raw!)).toMatchObject({ status: 'pass', instances: 1, sealers: ['facteur.test'] })
    expect(text(raw)).toMatch(
      /^Delivered-To: friend@facteur\.test\r\nARC-Seal: i=1; .*\r\n[^]*^ARC-Authentication-Results: i=1; mx\.facteur\.test;[^]*^\s*dmarc=pass/m,
    )
  })

  test('continues the chain it came with', async () => {
    const first = stage()
    await first.world.send(letter, fromOutside, 'boss@example.com', 'friend@facteur.test')
    const [once] = await first.sent()
    const { world, sent, chainOf } = stage()
    world.host('facteur.test').setAlias('other', ['c@other.test'])
    await world.send(once!, fromOutside, 'boss@example.com', 'other@facteur.test')
    expect(await chainOf((await sent())[0]!)).toMatchObject({ status: 'pass', instances: 2 })
  })

  test('a chain that came broken is said to be broken, and ends there (§5.1.2)', async () => {
    const { world, sent } = stage()
    await world.send(letter, fromOutside, 'boss@example.com', 'friend@facteur.test')
    const broken = text((await sent())[0]).replace('Subject: Hi', 'Subject: Ho')
    const next = stage()
    next.world.host('facteur.test').setAlias('other', ['c@other.test'])
    await next.world.send(broken, fromOutside, 'boss@example.com', 'other@facteur.test')
    const [failed] = await next.sent()
    expect(text(failed)).toContain('ARC-Seal: i=2; a=rsa-sha256; cv=fail;')
    const last = stage()
    last.world.host('facteur.test').setAlias('last', ['d@other.test'])
    await last.world.send(failed!, fromOutside, 'boss@example.com', 'last@facteur.test')
    expect(text((await last.sent())[0])).not.toContain('ARC-Seal: i=3')
  })

  test('is sealed in the name of the alias that leads outside, once for all it leads to', async () => {
    const { world, asked, sent, chainOf } = stage()
    await world.send(letter, fromOutside, 'boss@example.com', 'there@second.test', 'more@facteur.test')
    expect(asked).toEqual(['facteur.test'])
    for (const raw of await sent()) expect(await chainOf(raw)).toMatchObject({ status: 'pass', instances: 1 })
    expect(world.dialer.sent.map(({ request }) => request.envelope.recipients.length)).toEqual([1, 2, 1])
    expect(world.mailbox('alice').last).not.toContain('ARC-Seal')
  })
})

describe('nothing is sealed', () => {
  test('that stays in the house', async () => {
    const { world, asked } = stage()
    await world.send(letter, fromOutside, 'boss@example.com', 'alice@facteur.test')
    expect(asked).toEqual([])
  })

  test('that our own people send: it is signed', async () => {
    const { world, asked } = stage()
    await world.send(letterFrom('facteur.test'), fromAlice, 'alice@facteur.test', 'friend@facteur.test')
    expect(asked).toEqual([])
  })

  test('when nothing was judged', async () => {
    const { world, asked } = stage()
    await world.send(letter, { ...fromOutside, clientAddress: '127.0.0.1' }, 'x@example.com', 'friend@facteur.test')
    expect(asked).toEqual([])
  })
})

test('a seal that cannot be made keeps no message back, and the operator hears of it', async () => {
  const { world, sent } = stage()
  world.ports.sealer = { seal: () => Promise.reject(new Error('no keys')) }
  expect(await world.send(letter, fromOutside, 'boss@example.com', 'friend@facteur.test')).toMatchObject({ code: 250 })
  expect(text((await sent())[0])).toContain('Subject: Hi')
  expect(world.faults).toEqual([new Error('no keys')])
})
