/** What verifying does when something does not work: never against the message. */
import { describe, expect, test } from 'vitest'
import { parseNetworks, type Verifier } from '../../src/arrival/index.ts'
import type { DnsAnswer } from '../../src/protocol/dns/index.ts'
import { fromOutside, letterFrom, VerifyingWorld } from './verifying.ts'

/** A DNS that answers nobody until it is told to. */
class SlowDns {
  waiting: (() => void)[] = []
  readonly resolve = async (): Promise<DnsAnswer<never>> => {
    await new Promise<void>((answer) => this.waiting.push(answer))
    return { status: 'nxdomain', ttl: 60, authentic: false }
  }
}

/** All promises that can go on have gone on. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('a DNS that does not answer', () => {
  test('is waited for until the time is over; the message is taken, in doubt', async () => {
    const world = new VerifyingWorld({ dns: new SlowDns() })
    const reply = world.send(letterFrom('example.com'), fromOutside, 'boss@example.com')
    await settled()
    expect(world.mailbox('alice').messages).toEqual([])
    world.timeIsOver()
    expect(await reply).toMatchObject({ code: 250 })
    expect(world.judgement).toMatchObject({
      disposition: 'none',
      iprev: { status: 'temperror' },
      spf: { status: 'temperror' },
      dmarc: { status: 'temperror' },
    })
  })

  test('is asked everything that can be asked at once', async () => {
    const dns = new SlowDns()
    const world = new VerifyingWorld({ dns })
    const signed = 'DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=a; h=from; bh=YQ==; b=YQ==\r\n'
    const sealed =
      'ARC-Seal: i=1; a=rsa-sha256; cv=none; d=s.test; s=k; b=YQ==\r\n' +
      'ARC-Message-Signature: i=1; a=rsa-sha256; c=relaxed/relaxed; d=s.test; s=k; h=from; bh=YQ==; b=YQ==\r\n' +
      'ARC-Authentication-Results: i=1; s.test; dmarc=pass\r\n'
    const raw = `${sealed}${signed}${signed.replace('s=a', 's=b')}${letterFrom('example.com')}`
    const reply = world.send(raw, fromOutside, 'boss@outside.test')
    await settled()
    // iprev, SPF, two keys, one seal, DMARC.
    expect(dns.waiting).toHaveLength(6)
    world.timeIsOver()
    expect(await reply).toMatchObject({ code: 250 })
    // Late is late: nothing more is asked.
    expect(dns.waiting).toHaveLength(6)
  })

  test('does not make messages wait for one another', async () => {
    const dns = new SlowDns()
    const world = new VerifyingWorld({ dns })
    const replies = Array.from({ length: 8 }, (_, n) =>
      world.send(letterFrom(`d${n}.test`), fromOutside, `e@d${n}.test`),
    )
    await settled()
    expect(dns.waiting).toHaveLength(8 * 3)
    while (dns.waiting.length > 0) {
      for (const answer of dns.waiting.splice(0)) answer()
      await settled()
    }
    expect((await Promise.all(replies)).map(({ code }) => code)).toEqual(Array(8).fill(250))
  })

  test('for the policy is a doubt, for the keys of the author too (RFC 9989 §5.3)', async () => {
    const world = new VerifyingWorld().publish('example.com', 'p=reject', 'v=spf1 -all')
    world.dns.broken.add('_dmarc.example.com')
    expect(await world.send(letterFrom('example.com'))).toMatchObject({ code: 250 })
    world.dns.broken.clear()
    world.dns.broken.add('a._domainkey.example.com')
    const signed = 'DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=a; h=from; bh=YQ==; b=YQ==\r\n'
    expect(await world.send(`${signed}${letterFrom('example.com')}`)).toMatchObject({ code: 250 })
    expect(world.judged.map(([{ dmarc }]) => dmarc.status)).toEqual(['temperror', 'temperror'])
    expect(await world.send(letterFrom('example.com'))).toMatchObject({ code: 550 })
  })

  test('whatever came of it, the timer is taken back', async () => {
    const world = new VerifyingWorld().publish('example.com', 'p=reject', 'v=spf1 -all')
    await world.send(letterFrom('example.com'))
    await world.send(letterFrom('plain.test'))
    expect(world.cancelled).toBe(2)
  })
})

test('a fault of ours is told to the operator, and the message is taken without a judgement', async () => {
  const world = new VerifyingWorld()
  const broken: Verifier = {
    authservId: 'mx.facteur.test',
    trusts: () => false,
    judge: () => Promise.reject(new Error('a bug')),
  }
  world.ports.verifier = broken
  const forged = 'Authentication-Results: mx.facteur.test; dmarc=pass\r\n'
  expect(await world.send(letterFrom('example.com', forged))).toMatchObject({ code: 250 })
  expect(world.faults).toEqual([new Error('a bug')])
  expect(world.mailbox('alice').last).not.toContain('Authentication-Results')
  expect(world.judged).toEqual([])
})

describe('networks of an operator (RFC 4632 §3.1)', () => {
  test.each([
    ['none', 0],
    ['', 0],
    ['127.0.0.1', 1],
    ['127.0.0.0/8, ::1,2001:db8::/32', 3],
    ['0.0.0.0/0', 1],
  ])('%j', (text, count) => expect(parseNetworks(text)).toHaveLength(count))

  test.each(['10.0.0.0/33', '::/129', '10.0.0/8', 'localhost', '10.0.0.0/', '10.0.0.0/8/8', '127.0.0.1,', 'none,::1'])(
    '%j is none',
    (text) => expect(parseNetworks(text)).toBeUndefined(),
  )
})
