import { describe, expect, test } from 'vitest'
import { type StsFetch, StsPolicies } from '../../src/delivery/index.ts'
import { formatStsPolicy, type StsPolicy } from '../../src/format/index.ts'
import { VirtualClock } from '../../src/host/memory/clock.ts'
import { MemoryDns } from '../../src/host/memory/dns.ts'

const day = 86_400_000
const policy: StsPolicy = { mode: 'enforce', mx: ['mx.there.test'], maxAge: 7 * 86_400 }

function setUp() {
  const clock = new VirtualClock()
  const dns = new MemoryDns()
  const stored = new Map<string, string>()
  const fetched: string[] = []
  const work: Promise<void>[] = []
  const host = { answer: { ok: true, text: formatStsPolicy(policy) } as StsFetch }
  const make = () =>
    new StsPolicies({
      dns,
      clock: clock.now,
      memory: { get: (domain) => stored.get(domain), set: (domain, text) => void stored.set(domain, text) },
      background: (task) => void work.push(task),
      async fetchPolicy(domain) {
        fetched.push(domain)
        return host.answer
      },
    })
  const announce = (id: string) => void dns.set('_mta-sts.there.test', { TXT: [`v=STSv1; id=${id};`] })
  const settled = async () => void (await Promise.all(work.splice(0)))
  return { clock, dns, stored, fetched, host, make, announce, settled, policies: make() }
}

const down: StsFetch = { ok: false, failure: 'sts-policy-fetch-error', reason: 'HTTP 503' }

describe('a policy (RFC 8461 §3.3, §5.1)', () => {
  test('is fetched when it is announced and first needed, and then kept', async () => {
    const { policies, announce, fetched, clock } = setUp()
    announce('1')
    expect(await policies.find('there.test')).toEqual({ policy })
    clock.moveTo(clock.now() + day / 2)
    expect(await policies.find('there.test')).toEqual({ policy })
    expect(fetched).toEqual(['there.test'])
  })

  test('is not asked for where none is announced', async () => {
    const { policies, fetched, stored } = setUp()
    expect(await policies.find('there.test')).toEqual({})
    expect([fetched, stored.size]).toEqual([[], 0])
  })

  test('outlives a restart, without another fetch', async () => {
    const { policies, make, announce, fetched } = setUp()
    announce('1')
    await policies.find('there.test')
    expect(await make().find('there.test')).toEqual({ policy })
    expect(fetched).toHaveLength(1)
  })

  test('is renewed in the background when its id changes, and nobody waits for that', async () => {
    const { policies, announce, host, settled } = setUp()
    announce('1')
    await policies.find('there.test')
    const changed: StsPolicy = { ...policy, mx: ['new.there.test'] }
    host.answer = { ok: true, text: formatStsPolicy(changed) }
    announce('2')
    expect(await policies.find('there.test')).toEqual({ policy })
    await settled()
    expect(await policies.find('there.test')).toEqual({ policy: changed })
  })

  test('is renewed once a day, so that it never ends while it is published', async () => {
    const { policies, announce, fetched, clock, settled } = setUp()
    announce('1')
    for (let days = 0; days < 30; days++) {
      expect(await policies.find('there.test')).toEqual({ policy })
      await settled()
      clock.moveTo(clock.now() + day + 1)
    }
    expect(fetched).toHaveLength(30)
  })

  test('stays in force while its host fails and its record is gone, until it ends (§10.2)', async () => {
    const { policies, dns, announce, host, clock, settled } = setUp()
    announce('1')
    await policies.find('there.test')
    host.answer = down
    announce('2')
    clock.moveTo(clock.now() + 3 * day)
    expect(await policies.find('there.test')).toEqual({ policy })
    await settled()
    expect(await policies.find('there.test')).toEqual({ policy })
    dns.zones.delete('_mta-sts.there.test')
    expect(await policies.find('there.test')).toEqual({ policy })
    dns.broken.add('_mta-sts.there.test')
    clock.moveTo(clock.now() + 3.9 * day)
    expect(await policies.find('there.test')).toEqual({ policy })
    clock.moveTo(clock.now() + 0.2 * day)
    expect(await policies.find('there.test')).toEqual({})
  })

  test('is not replaced by one that cannot be read', async () => {
    const { policies, announce, host, settled } = setUp()
    announce('1')
    await policies.find('there.test')
    host.answer = { ok: true, text: 'version: STSv1\nmode: none\n' }
    announce('2')
    await policies.find('there.test')
    await settled()
    expect(await policies.find('there.test')).toEqual({ policy })
  })

  test('of mode none takes the earlier one out of force (§8.3)', async () => {
    const { policies, announce, host, settled } = setUp()
    announce('1')
    await policies.find('there.test')
    host.answer = { ok: true, text: formatStsPolicy({ mode: 'none', mx: [], maxAge: 86_400 }) }
    announce('2')
    await policies.find('there.test')
    await settled()
    expect(await policies.find('there.test')).toEqual({})
  })
})

describe('a policy that cannot be had', () => {
  test.each<[string, StsFetch, object]>([
    ['its host fails', down, { type: 'sts-policy-fetch-error', reason: 'HTTP 503' }],
    [
      'its certificate is not trusted',
      { ok: false, failure: 'sts-webpki-invalid', reason: 'expired' },
      { type: 'sts-webpki-invalid', reason: 'expired' },
    ],
    [
      'it is malformed',
      { ok: true, text: '<html>' },
      { type: 'sts-policy-invalid', reason: 'a line of the policy is no field' },
    ],
  ])('%s: said so, and asked again after five minutes at the earliest', async (_, answer, failure) => {
    const { policies, announce, fetched, host, clock } = setUp()
    host.answer = answer
    announce('1')
    expect(await policies.find('there.test')).toEqual({ failure })
    clock.moveTo(clock.now() + 299_000)
    expect(await policies.find('there.test')).toEqual({ failure })
    expect(fetched).toHaveLength(1)
    clock.moveTo(clock.now() + 2_000)
    host.answer = { ok: true, text: formatStsPolicy(policy) }
    expect(await policies.find('there.test')).toEqual({ policy })
  })

  test('messages that come together share one fetch', async () => {
    const { policies, announce, fetched } = setUp()
    announce('1')
    await Promise.all(Array.from({ length: 5 }, () => policies.find('there.test')))
    expect(fetched).toHaveLength(1)
  })
})
