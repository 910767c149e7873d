import { describe, expect, test } from 'vitest'
import { MxAgent, type MxAgentOptions } from '../../src/delivery/index.ts'
import { VirtualClock } from '../../src/host/memory/clock.ts'
import { MemoryDialer } from '../../src/host/memory/dialer.ts'
import { MemoryDns } from '../../src/host/memory/dns.ts'
import { seededRandom } from '../../src/host/memory/random.ts'
import type { DeliveryJob } from '../../src/queue/index.ts'

const mx = (preference: number, exchange: string) => ({ preference, exchange })

function setUp(options: Partial<MxAgentOptions> = {}) {
  const clock = new VirtualClock()
  const dns = new MemoryDns()
  const dialer = new MemoryDialer(clock.now)
  const agent = new MxAgent({
    dns,
    dialer,
    random: seededRandom(),
    clock: clock.now,
    hostname: 'mx.facteur.test',
    ...options,
  })
  return { dns, dialer, deliver: (domain = 'there.test') => agent.deliver(job(domain)) }
}

function job(domain: string): DeliveryJob {
  return {
    id: '1',
    domain,
    raw: new Uint8Array([13, 10]),
    envelope: {
      reversePath: 'a@facteur.test',
      smtputf8: false,
      body: '7BIT',
      recipients: [{ address: `x@${domain}` }, { address: `y@${domain}` }],
    },
  }
}

test('targets are the MX hosts in order, with IPv6 and IPv4 in turn', async () => {
  const { dns, dialer, deliver } = setUp()
  dns
    .set('there.test', { MX: [mx(20, 'mx2.there.test'), mx(10, 'mx1.there.test')], A: ['192.0.2.99'] })
    .set('mx1.there.test', { A: ['192.0.2.1', '192.0.2.2'], AAAA: ['2001:db8::1'] })
    .set('mx2.there.test', { A: ['192.0.2.3'] })
  expect(await deliver()).toMatchObject([
    { recipient: 'x@there.test', status: 'delivered', remoteMta: 'mx1.there.test' },
    { recipient: 'y@there.test', status: 'delivered' },
  ])
  expect(dialer.sent).toHaveLength(1)
  expect(dialer.sent[0]?.request).toMatchObject({
    hostname: 'mx.facteur.test',
    targets: [
      { host: 'mx1.there.test', port: 25, addresses: ['2001:db8::1', '192.0.2.1', '192.0.2.2'], tls: 'opportunistic' },
      { host: 'mx2.there.test', port: 25, addresses: ['192.0.2.3'] },
    ],
  })
})

test('without MX the domain itself is dialled', async () => {
  const { dns, dialer, deliver } = setUp()
  dns.set('there.test', { A: ['192.0.2.99'] })
  await deliver()
  expect(dialer.sent[0]?.request.targets).toMatchObject([{ host: 'there.test', addresses: ['192.0.2.99'] }])
})

test('hosts without addresses are skipped', async () => {
  const { dns, dialer, deliver } = setUp()
  dns
    .set('there.test', { MX: [mx(1, 'gone.test'), mx(2, 'broken.test'), mx(3, 'mx.there.test')] })
    .set('mx.there.test', { A: ['192.0.2.1'] })
  dns.broken.add('broken.test')
  await deliver()
  expect(dialer.sent[0]?.request.targets).toMatchObject([{ host: 'mx.there.test' }])
})

test('our own name ends the list, with all that is no better (RFC 5321 §5.1)', async () => {
  const { dns, dialer, deliver } = setUp()
  dns
    .set('there.test', {
      MX: [
        mx(5, 'best.there.test'),
        mx(10, 'MX.facteur.test'.toLowerCase()),
        mx(10, 'same.test'),
        mx(20, 'worse.test'),
      ],
    })
    .set('best.there.test', { A: ['192.0.2.1'] })
    .set('same.test', { A: ['192.0.2.2'] })
    .set('worse.test', { A: ['192.0.2.3'] })
  await deliver()
  expect(dialer.sent[0]?.request.targets.map(({ host }) => host)).toEqual(['best.there.test'])
})

describe('outcomes without a connection', () => {
  test.each<[string, (dns: MemoryDns) => unknown, string, string]>([
    ['no such domain (RFC 5321 §5.1)', () => undefined, 'bounced', '5.1.2'],
    ['null MX (RFC 7505 §4)', (dns) => dns.set('there.test', { MX: [mx(0, '')] }), 'bounced', '5.1.10'],
    ['the DNS does not answer', (dns) => dns.broken.add('there.test'), 'deferred', '4.4.3'],
    [
      'MX hosts that cannot be looked up',
      (dns) => dns.set('there.test', { MX: [mx(1, 'm.test')] }).broken.add('m.test'),
      'deferred',
      '4.4.3',
    ],
    ['MX hosts without an address', (dns) => dns.set('there.test', { MX: [mx(1, 'm.test')] }), 'bounced', '5.4.4'],
    ['neither MX nor address', (dns) => dns.set('there.test', { TXT: ['hello'] }), 'bounced', '5.1.2'],
    ['only ourselves', (dns) => dns.set('there.test', { MX: [mx(1, 'mx.facteur.test')] }), 'bounced', '5.4.6'],
    [
      'an MX on our own loopback',
      (dns) => dns.set('there.test', { MX: [mx(1, 'm.test')] }).set('m.test', { A: ['127.0.0.1'], AAAA: ['::1'] }),
      'bounced',
      '5.4.4',
    ],
    [
      'an MX in a private network',
      (dns) => dns.set('there.test', { MX: [mx(1, 'm.test')] }).set('m.test', { A: ['10.0.0.5'], AAAA: ['fd00::5'] }),
      'bounced',
      '5.4.4',
    ],
  ])('%s', async (_name, prepare, status, enhanced) => {
    const { dns, dialer, deliver } = setUp()
    prepare(dns)
    const outcomes = await deliver()
    expect(outcomes).toMatchObject([
      { recipient: 'x@there.test', status, enhanced },
      { recipient: 'y@there.test', status, enhanced },
    ])
    expect(outcomes[0]?.diagnostic).toContain('there.test')
    expect(dialer.sent).toEqual([])
  })

  test('what the resolver said is told', async () => {
    const { dns, deliver } = setUp()
    dns.set('there.test', { MX: [mx(1, 'm.test')] }).broken.add('m.test')
    const [outcome] = await deliver()
    expect(outcome?.diagnostic).toMatch(
      /mail servers of there\.test could not be looked up: the resolver answered SERVFAIL$/,
    )
  })

  test('a dialer that fails defers with its reason', async () => {
    const { dns, dialer, deliver } = setUp()
    dns.set('there.test', { A: ['192.0.2.1'] })
    dialer.answer = () => {
      throw new Error('no bridge is configured')
    }
    expect(await deliver()).toMatchObject([
      {
        status: 'deferred',
        diagnostic: 'Our own gateway to other mail servers cannot be used now: no bridge is configured',
      },
      { status: 'deferred' },
    ])
  })
})

test('an MX in a private network is dialled where the settings allow it', async () => {
  const { dns, dialer, deliver } = setUp({ toPrivate: true })
  dns.set('there.test', { A: ['10.0.0.5'] })
  await deliver()
  expect(dialer.sent[0]?.request.targets).toMatchObject([{ port: 25, addresses: ['10.0.0.5'] }])
})

test('a test port reaches loopback', async () => {
  const { dns, dialer, deliver } = setUp({ port: 2525 })
  dns.set('there.test', { A: ['127.0.0.1'] })
  await deliver()
  expect(dialer.sent[0]?.request.targets).toMatchObject([{ port: 2525, addresses: ['127.0.0.1'] }])
})

test.each([
  ['[192.0.2.1]', ['192.0.2.1']],
  ['[ipv6:2001:db8::1]', ['2001:db8::1']],
])('the address literal %s is dialled as it is (RFC 5321 §4.1.3)', async (domain, addresses) => {
  const { dns, dialer, deliver } = setUp()
  await deliver(domain)
  expect(dns.asked).toEqual([])
  expect(dialer.sent[0]?.request.targets).toMatchObject([{ host: domain, addresses }])
})

test.each([
  '[127.0.0.1]',
  '[ipv6:::1]',
  '[ipv6:::ffff:127.0.0.1]',
  '[ipv6:::7f00:1]',
  '[300.1.1.1]',
  '[ipv6:nonsense]',
  '[x400:y]',
  '[ipv6:fe80::1]',
  '[224.0.0.1]',
  '[0.0.0.0]',
])('the address literal %s is not', async (domain) => {
  const { dialer, deliver } = setUp()
  expect(await deliver(domain)).toMatchObject([{ status: 'bounced' }, { status: 'bounced' }])
  expect(dialer.sent).toEqual([])
})
