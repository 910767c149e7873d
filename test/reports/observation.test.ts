import { beforeEach, describe, expect, test } from 'vitest'
import { prependFields } from '../../src/format/index.ts'
import { observe } from '../../src/reports/index.ts'
import { client, fromOutside, fromRouting, letterFrom, VerifyingWorld } from '../arrival/verifying.ts'

const rua = 'rua=mailto:r@reports.test'
const broken = (domain: string) => `DKIM-Signature: v=1; a=rsa-sha256; d=${domain}; s=k; h=from; bh=AAAA; b=AAAA\r\n`

let world: VerifyingWorld

beforeEach(() => {
  world = new VerifyingWorld()
})

function observed() {
  const [judgement, reply] = world.judged.at(-1) ?? expect.fail('nothing was judged')
  return observe(judgement, reply)
}

describe('a message is told of (RFC 9990 §3.1.1)', () => {
  test('that passed, with the policy as it is published', async () => {
    world.publish('shop.test', `p=reject; sp=quarantine; adkim=s; fo=d:1:x; ${rua}!1m`)
    await world.send(letterFrom('shop.test'), fromOutside, 'news@shop.test')
    expect(observed()).toEqual({
      at: world.clock.now(),
      policy: {
        domain: 'shop.test',
        discovery: 'treewalk',
        policy: 'reject',
        subdomainPolicy: 'quarantine',
        nonexistentPolicy: 'quarantine',
        failureOptions: 'd:1',
        dkimAlignment: 'strict',
        spfAlignment: 'relaxed',
        testing: false,
      },
      uris: [{ uri: 'mailto:r@reports.test', limit: 1024 * 1024 }],
      row: {
        source: client,
        disposition: 'pass',
        dkim: false,
        spf: true,
        reasons: [],
        headerFrom: 'shop.test',
        envelopeFrom: 'shop.test',
        dkimResults: [],
        spfResults: [{ domain: 'shop.test', scope: 'mfrom', result: 'pass' }],
      },
    })
  })

  test('that was refused by the policy', async () => {
    world.publish('shop.test', `p=reject; ${rua}`, 'v=spf1 -all')
    await world.send(letterFrom('shop.test'), fromOutside, 'x@shop.test')
    expect(world.judged.at(-1)?.[1].code).toBe(550)
    expect(observed()?.row).toMatchObject({
      disposition: 'reject',
      spf: false,
      reasons: [],
      spfResults: [{ result: 'fail', comment: expect.any(String) as string }],
    })
  })

  test('for which the policy was not followed, with the reason (§3.1.6)', async () => {
    world.publish('shop.test', `p=reject; ${rua}`, 'v=spf1 -all')
    await world.send(letterFrom('shop.test', 'List-Id: <l.test>\r\n'), fromOutside, 'x@l.test')
    expect(observed()?.row).toMatchObject({ disposition: 'quarantine', reasons: [{ type: 'mailing_list' }] })
  })

  test('whose policy is only tried out (t=y)', async () => {
    world.publish('shop.test', `p=quarantine; t=y; ${rua}`, 'v=spf1 -all')
    await world.send(letterFrom('shop.test'))
    expect(observed()).toMatchObject({
      policy: { testing: true },
      row: { disposition: 'none', reasons: [{ type: 'policy_test_mode' }] },
    })
  })

  test('for which nothing was followed because the DNS did not answer', async () => {
    world.publish('shop.test', `p=reject; ${rua}`)
    world.dns.broken.add('shop.test')
    await world.send(letterFrom('shop.test'), fromOutside, 'x@shop.test')
    expect(observed()?.row).toMatchObject({
      disposition: 'none',
      reasons: [{ type: 'other' }],
      spfResults: [{ result: 'temperror' }],
    })
  })

  test('under the domain whose record holds for it, which may be one above', async () => {
    world.publish('shop.test', `p=none; ${rua}`)
    await world.send(letterFrom('news.shop.test'))
    expect(observed()).toMatchObject({ policy: { domain: 'shop.test' }, row: { headerFrom: 'news.shop.test' } })
  })

  test('of which the null reverse-path says nothing: the host stands in its place (RFC 7208 §2.4)', async () => {
    world.publish('shop.test', `p=none; ${rua}`).dns.set('mail.outside.test', { TXT: ['v=spf1 a -all'], A: [client] })
    await world.send(letterFrom('shop.test'), fromOutside, '')
    expect(observed()?.row).toMatchObject({
      envelopeFrom: '',
      spfResults: [{ domain: 'mail.outside.test', scope: 'mfrom', result: 'pass' }],
    })
  })

  test('with its signatures, those that pass first', async () => {
    world.publish('shop.test', `p=none; ${rua}`)
    const raw = prependFields(new TextEncoder().encode(letterFrom('shop.test')), [
      broken('a.test'),
      broken('shop.test'),
    ])
    await world.send(raw)
    const [judgement, reply] = world.judged.at(-1) ?? expect.fail('nothing was judged')
    judgement.dkim = judgement.dkim.map((one) => (one.domain === 'shop.test' ? { ...one, status: 'pass' } : one))
    const { row } = observe(judgement, reply) ?? expect.fail('not observed')
    expect(row.dkimResults.map(({ domain, selector, result }) => [domain, selector, result])).toEqual([
      ['shop.test', 'k', 'pass'],
      ['a.test', 'k', expect.stringMatching(/error|fail|neutral/)],
    ])
  })
})

describe('a message is not told of', () => {
  test('whose domain asks for no reports', async () => {
    world.publish('shop.test', 'p=reject')
    await world.send(letterFrom('shop.test'), fromOutside, 'x@shop.test')
    expect(observed()).toBeUndefined()
  })

  test('whose domain wants them by other means than mail', async () => {
    world.publish('shop.test', 'p=reject; rua=https://shop.test/reports')
    await world.send(letterFrom('shop.test'))
    expect(observed()).toBeUndefined()
  })

  test('whose domain has no record', async () => {
    await world.send(letterFrom('shop.test'))
    expect(observed()).toBeUndefined()
  })

  test('of which no address is known', async () => {
    world.publish('shop.test', `p=none; ${rua}`)
    await world.send(letterFrom('shop.test'), fromRouting)
    expect(observed()).toBeUndefined()
  })

  test('that was put off: it comes again, and is counted then', async () => {
    world.publish('shop.test', `p=none; ${rua}`)
    await world.send(letterFrom('shop.test'))
    const [judgement] = world.judged.at(-1) ?? expect.fail('nothing was judged')
    expect(observe(judgement, { code: 451 })).toBeUndefined()
    expect(observe(judgement, { code: 250 })).toBeDefined()
  })
})
