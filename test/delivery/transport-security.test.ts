import { describe, expect, test } from 'vitest'
import { MxAgent, type StsFetch, StsPolicies, type TlsSessionResult } from '../../src/delivery/index.ts'
import { encodeUtf8, formatStsPolicy, type StsMode } from '../../src/format/index.ts'
import { VirtualClock } from '../../src/host/memory/clock.ts'
import { MemoryDialer, type RemoteAnswer } from '../../src/host/memory/dialer.ts'
import { MemoryDns } from '../../src/host/memory/dns.ts'
import { seededRandom } from '../../src/host/memory/random.ts'
import type { TlsaRecord } from '../../src/protocol/dns/index.ts'
import type { Envelope } from '../../src/protocol/smtp/index.ts'
import type { DeliveryJob } from '../../src/queue/index.ts'

const key = new Uint8Array(32).fill(7)
const record = (usage: number, selector = 1, matchingType = 1, certificate = key): TlsaRecord => ({
  usage,
  selector,
  matchingType,
  certificate,
})
const data = btoa(String.fromCharCode(...key))

/** there.test with mx1 and mx2, answers signed. */
function setUp(options: { dane?: boolean } = {}) {
  const clock = new VirtualClock()
  const dns = new MemoryDns()
  const dialer = new MemoryDialer(clock.now)
  const noted: TlsSessionResult[] = []
  const host: { answer: StsFetch } = { answer: { ok: false, failure: 'sts-policy-fetch-error', reason: 'none' } }
  const sts = new StsPolicies({
    dns,
    clock: clock.now,
    memory: { get: () => undefined, set: () => undefined },
    background: () => undefined,
    fetchPolicy: async () => host.answer,
  })
  const agent = new MxAgent({
    dns,
    dialer,
    sts,
    dane: options.dane ?? true,
    random: seededRandom(),
    clock: clock.now,
    hostname: 'mx.facteur.test',
    tlsResults: (_, results) => void noted.push(...results),
  })
  const exchange = [10, 20].map((preference, at) => ({ preference, exchange: `mx${at + 1}.there.test` }))
  dns.set('there.test', { MX: exchange }).set('mx1.there.test', { A: ['192.0.2.1'] })
  dns.set('mx2.there.test', { A: ['192.0.2.2'] })
  const sign = (...names: string[]) => {
    for (const name of names) dns.signed.add(name)
  }
  const tlsa = (mx: string, ...records: TlsaRecord[]) => {
    dns.set(`_25._tcp.${mx}`, { TLSA: records })
    sign(`_25._tcp.${mx}`)
  }
  sign('there.test', 'mx1.there.test', 'mx2.there.test', '_25._tcp.mx1.there.test', '_25._tcp.mx2.there.test')
  const policy = (mode: StsMode, ...mx: string[]) => {
    dns.set('_mta-sts.there.test', { TXT: ['v=STSv1; id=1;'] })
    host.answer = { ok: true, text: formatStsPolicy({ mode, mx, maxAge: 86_400 }) }
  }
  const deliver = (envelope: Partial<Envelope> = {}, header = '') =>
    agent.deliver(job('there.test', envelope, header)).then(([outcome]) => outcome)
  const targets = () => dialer.sent[0]?.request.targets.map(({ host: name, tls, dane }) => ({ name, tls, dane }))
  return { dns, dialer, host, noted, agent, sign, tlsa, policy, deliver, targets }
}

function job(domain: string, envelope: Partial<Envelope> = {}, header = ''): DeliveryJob {
  return {
    id: '1',
    domain,
    raw: encodeUtf8(`${header}Subject: x\r\n\r\nhello\r\n`),
    envelope: {
      reversePath: 'a@facteur.test',
      smtputf8: false,
      body: '7BIT',
      recipients: [{ address: `x@${domain}` }],
      ...envelope,
    },
  }
}

const names = ['mx1.there.test', 'there.test']
const opportunistic = { tls: 'opportunistic', dane: undefined }
const tlsFailed: RemoteAnswer = { status: 'deferred', enhanced: '4.7.5', diagnostic: 'TLS handshake failed' }

describe('DANE (RFC 7672)', () => {
  test.each([2, 3])('usage %i is handed to the dialer, with the names it may be for (§3.2.2)', async (usage) => {
    const { tlsa, deliver, targets } = setUp()
    tlsa('mx1.there.test', record(usage))
    await deliver()
    expect(targets()).toEqual([
      {
        name: 'mx1.there.test',
        tls: 'dane',
        dane: { records: [{ usage, selector: 1, matchingType: 1, data }], names },
      },
      { name: 'mx2.there.test', ...opportunistic },
    ])
  })

  test.each<[string, (scene: ReturnType<typeof setUp>) => unknown]>([
    ['the MX records are not authentic (§2.2.1)', ({ dns }) => dns.signed.delete('there.test')],
    ['the addresses are not (§2.2.2)', ({ dns }) => dns.signed.delete('mx1.there.test')],
    ['the TLSA records are not (§2.2.2)', ({ dns }) => dns.signed.delete('_25._tcp.mx1.there.test')],
  ])('is nothing where %s', async (_, spoil) => {
    const scene = setUp()
    scene.tlsa('mx1.there.test', record(3))
    spoil(scene)
    await scene.deliver()
    expect(scene.targets()?.[0]).toMatchObject(opportunistic)
  })

  test('is not asked about where it could not count: no more questions for a zone without DNSSEC', async () => {
    const { dns, deliver } = setUp()
    dns.signed.delete('there.test')
    await deliver()
    expect(dns.asked.filter((question) => question.startsWith('TLSA'))).toEqual([])
  })

  test('is nothing where the resolver is not trusted', async () => {
    const { tlsa, deliver, targets } = setUp({ dane: false })
    tlsa('mx1.there.test', record(3))
    await deliver()
    expect(targets()?.[0]).toMatchObject(opportunistic)
  })

  test.each<[string, TlsaRecord]>([
    ['usage 0 (§3.1.3)', record(0)],
    ['usage 1 (§3.1.3)', record(1)],
    ['selector 2', record(3, 2)],
    ['matching type 3', record(3, 1, 3)],
    ['a SHA-256 digest of 31 octets', record(3, 1, 1, key.subarray(1))],
    ['a SHA-512 digest of 32 octets', record(3, 1, 2)],
    ['no data', record(3, 0, 0, new Uint8Array())],
  ])('with %s alone asks for TLS of any kind (§2.2)', async (_, unusable) => {
    const { tlsa, deliver, targets } = setUp()
    tlsa('mx1.there.test', unusable)
    await deliver()
    expect(targets()?.[0]).toMatchObject({ tls: 'encrypted', dane: undefined })
  })

  test('of records that can and cannot be used the former count; of digests the strongest (RFC 7671 §9)', async () => {
    const { tlsa, deliver, targets } = setUp()
    const long = new Uint8Array(64).fill(1)
    tlsa('mx1.there.test', record(1), record(3), record(3, 1, 2, long), record(2), record(3, 0, 0, long))
    await deliver()
    const kinds = targets()?.[0]?.dane?.records.map((kept) => [kept.usage, kept.selector, kept.matchingType])
    expect(kinds).toEqual([
      [3, 1, 2],
      [2, 1, 1],
      [3, 0, 0],
    ])
  })

  test('a host whose records cannot be looked up is not used, another one is (§2.1.2)', async () => {
    const { dns, deliver, targets, noted } = setUp()
    dns.broken.add('_25._tcp.mx1.there.test')
    expect(await deliver()).toMatchObject({ status: 'delivered' })
    expect(targets()?.map(({ name }) => name)).toEqual(['mx2.there.test'])
    expect(noted).toMatchObject([{ policy: { type: 'tlsa' }, problem: 'dnssec-invalid', mx: 'mx1.there.test' }])
  })

  test('mail waits while no host can be used', async () => {
    const { dns, dialer, deliver } = setUp()
    dns.broken.add('_25._tcp.mx1.there.test').add('_25._tcp.mx2.there.test')
    expect(await deliver()).toMatchObject({ status: 'deferred', enhanced: '4.7.5' })
    expect(dialer.sent).toEqual([])
  })

  test('wins over MTA-STS: a host outside of that policy is used by its records (RFC 8461 §2)', async () => {
    const { tlsa, policy, deliver, targets } = setUp()
    tlsa('mx1.there.test', record(3))
    policy('enforce', 'mx2.there.test')
    await deliver()
    expect(targets()).toMatchObject([
      { name: 'mx1.there.test', tls: 'dane' },
      { name: 'mx2.there.test', tls: 'required' },
    ])
  })

  test('the diagnostic says who wants verified TLS', async () => {
    const { tlsa, dialer, deliver } = setUp()
    tlsa('mx1.there.test', record(3))
    dialer.answer = () => tlsFailed
    const { status, diagnostic } = (await deliver()) ?? {}
    expect(status).toBe('deferred')
    expect(diagnostic).toBe('TLS handshake failed (TLSA records of there.test ask for verified TLS)')
  })
})

describe('MTA-STS (RFC 8461 §5)', () => {
  test('enforce: hosts of the policy only, with verified TLS', async () => {
    const { policy, deliver, targets, noted, dialer } = setUp()
    policy('enforce', 'mx2.there.test')
    dialer.answer = () => ({
      status: 'delivered',
      remoteMta: 'mx2.there.test',
      tls: { verified: true, verifiedBy: 'pkix' },
    })
    expect(await deliver()).toMatchObject({ status: 'delivered', tls: { verifiedBy: 'mta-sts' } })
    expect(targets()).toEqual([{ name: 'mx2.there.test', tls: 'required', dane: undefined }])
    expect(noted).toMatchObject([{ policy: { type: 'sts' }, problem: 'validation-failure', mx: 'mx1.there.test' }])
  })

  test('enforce: mail waits when no host is in the policy, and the diagnostic says so', async () => {
    const { policy, dialer, deliver } = setUp()
    policy('enforce', '*.elsewhere.test')
    const outcome = await deliver()
    expect(outcome).toMatchObject({ status: 'deferred', enhanced: '4.7.5' })
    expect(outcome?.diagnostic).toContain('mx1.there.test is not in the MTA-STS policy of there.test')
    expect(dialer.sent).toEqual([])
  })

  test('testing: delivered as ever, and what enforcing would have refused is counted', async () => {
    const { policy, dialer, deliver, targets, noted } = setUp()
    policy('testing', 'mx1.there.test')
    dialer.sessions = [
      { host: 'mx1.there.test', address: '192.0.2.1', encrypted: true, problem: 'certificate-expired' },
      { host: 'mx2.there.test', address: '192.0.2.2', encrypted: true },
      { host: 'mx1.there.test', address: '192.0.2.1', encrypted: true },
    ]
    expect(await deliver()).toMatchObject({ status: 'delivered' })
    expect(targets()).toMatchObject([opportunistic, opportunistic])
    expect(noted.map(({ problem, mx }) => [problem, mx])).toEqual([
      ['certificate-expired', 'mx1.there.test'],
      ['validation-failure', 'mx2.there.test'],
      [undefined, undefined],
    ])
    expect(noted[0]?.policy).toEqual({
      type: 'sts',
      domain: 'there.test',
      text: ['version: STSv1', 'mode: testing', 'mx: mx1.there.test', 'max_age: 86400'],
      mxHosts: ['mx1.there.test'],
    })
  })

  test('a policy that is announced and cannot be had: delivered, and counted (§4.3.2.2 of RFC 8460)', async () => {
    const { dns, deliver, targets, noted } = setUp()
    dns.set('_mta-sts.there.test', { TXT: ['v=STSv1; id=1;'] })
    expect(await deliver()).toMatchObject({ status: 'delivered' })
    expect(targets()?.[0]).toMatchObject(opportunistic)
    expect(noted).toMatchObject([{ policy: { type: 'sts' }, problem: 'sts-policy-fetch-error', reason: 'none' }])
  })

  test('mode none is no policy', async () => {
    const { policy, deliver, targets } = setUp()
    policy('none', 'mx9.there.test')
    await deliver()
    expect(targets()).toMatchObject([opportunistic, opportunistic])
  })
})

describe('without a policy', () => {
  test('only missing TLS is a problem, and a certificate is none (RFC 7435)', async () => {
    const { dialer, deliver, noted } = setUp()
    dialer.sessions = [
      { host: 'mx1.there.test', address: '192.0.2.1', encrypted: true, problem: 'certificate-not-trusted' },
      { host: 'mx1.there.test', address: '192.0.2.1', encrypted: false, problem: 'starttls-not-supported' },
    ]
    await deliver()
    const policy = { type: 'no-policy-found', domain: 'there.test', text: [], mxHosts: [] }
    expect(noted).toEqual([
      { policy },
      { policy, problem: 'starttls-not-supported', mx: 'mx1.there.test', address: '192.0.2.1' },
    ])
  })
})

describe('a message that needs TLS (REQUIRETLS, RFC 8689 §4.2.1)', () => {
  const requireTls = { requireTls: true }

  test('goes with a verified certificate where DNSSEC vouches for the MX', async () => {
    const { deliver, targets, tlsa } = setUp()
    tlsa('mx2.there.test', record(3))
    await deliver(requireTls)
    expect(targets()).toMatchObject([{ tls: 'required' }, { tls: 'dane' }])
  })

  test.each<StsMode>(['enforce', 'testing'])('or an MTA-STS policy, %s', async (mode) => {
    const { dns, policy, deliver, targets } = setUp()
    dns.signed.clear()
    policy(mode, 'mx2.there.test')
    await deliver(requireTls)
    expect(targets()).toEqual([{ name: 'mx2.there.test', tls: 'required', dane: undefined }])
  })

  test('is returned where neither does (5.7.30)', async () => {
    const { dns, dialer, deliver } = setUp()
    dns.signed.clear()
    const outcome = await deliver(requireTls)
    expect(outcome).toMatchObject({ status: 'bounced', enhanced: '5.7.30' })
    expect(outcome?.diagnostic).toContain('neither DNSSEC nor MTA-STS vouches for mx1.there.test')
    expect(dialer.sent).toEqual([])
  })

  test('TLSA records that cannot be used do not spare the certificate', async () => {
    const { tlsa, deliver, targets } = setUp()
    tlsa('mx1.there.test', record(1))
    await deliver(requireTls)
    expect(targets()?.[0]).toMatchObject({ tls: 'required' })
  })

  test('is returned when TLS fails at every host (5.7.10)', async () => {
    const { dialer, deliver } = setUp()
    dialer.answer = () => tlsFailed
    expect(await deliver(requireTls)).toMatchObject({ status: 'bounced', enhanced: '5.7.10' })
  })

  test('waits when nobody answers', async () => {
    const { dialer, deliver } = setUp()
    dialer.answer = () => ({ status: 'deferred', enhanced: '4.4.1', diagnostic: 'ECONNREFUSED' })
    expect(await deliver(requireTls)).toMatchObject({ status: 'deferred', enhanced: '4.4.1' })
  })

  test('its report goes as any other mail: to lose it would be worse (§5)', async () => {
    const { dns, deliver, targets } = setUp()
    dns.signed.clear()
    await deliver({ ...requireTls, reversePath: '' })
    expect(targets()?.[0]).toMatchObject(opportunistic)
  })

  test('does not go to an address literal', async () => {
    const { agent, dialer } = setUp()
    const [outcome] = await agent.deliver(job('[192.0.2.9]', requireTls))
    expect(outcome).toMatchObject({ status: 'bounced', enhanced: '5.7.30' })
    expect(dialer.sent).toEqual([])
  })
})

describe('TLS-Required: No (RFC 8689 §4.2.2)', () => {
  const header = 'TLS-Required: No\r\n'

  test('sets both policies aside', async () => {
    const { tlsa, policy, deliver, targets } = setUp()
    tlsa('mx1.there.test', record(3))
    policy('enforce', 'mx9.there.test')
    await deliver({}, header)
    expect(targets()).toMatchObject([opportunistic, opportunistic])
  })

  test('also records that cannot be looked up', async () => {
    const { dns, deliver, targets } = setUp()
    dns.broken.add('_25._tcp.mx1.there.test')
    await deliver({}, header)
    expect(targets()?.[0]).toMatchObject({ name: 'mx1.there.test', ...opportunistic })
  })

  test.each([
    ['another value', {}, 'TLS-Required: Never\r\n'],
    ['two of them', {}, `${header}${header}`],
    ['with REQUIRETLS, which wins (§4.1)', { requireTls: true }, header],
  ])('is nothing: %s', async (_, envelope, lines) => {
    const { tlsa, deliver, targets } = setUp()
    tlsa('mx1.there.test', record(3))
    await deliver(envelope, lines)
    expect(targets()?.[0]).toMatchObject({ tls: 'dane' })
  })
})
