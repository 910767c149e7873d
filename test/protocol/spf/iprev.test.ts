import { describe, expect, test } from 'vitest'
import { formatAuthenticationResults } from '../../../src/format/index.ts'
import { MemoryDns } from '../../../src/host/memory/dns.ts'
import { checkIprev, iprevAuthentication, spfAuthentication } from '../../../src/protocol/spf/index.ts'

const dns = () =>
  new MemoryDns()
    .set('3.2.0.192.in-addr.arpa', { PTR: ['other.example', 'mail.example'] })
    .set('other.example', { A: ['192.0.2.4'] })
    .set('mail.example', { A: ['192.0.2.9', '192.0.2.3'] })

describe('iprev (RFC 8601 §3)', () => {
  test('a name that leads back', async () => {
    expect(await checkIprev('192.0.2.3', dns())).toEqual({ status: 'pass', address: '192.0.2.3', name: 'mail.example' })
  })

  test('names that lead elsewhere', async () => {
    const zones = dns().set('mail.example', { A: ['192.0.2.9'] })
    expect(await checkIprev('192.0.2.3', zones)).toEqual({ status: 'fail', address: '192.0.2.3' })
  })

  test('no name, no address, no answer', async () => {
    expect((await checkIprev('192.0.2.99', dns())).status).toBe('permerror')
    expect((await checkIprev('?', dns())).status).toBe('permerror')
    const zones = dns()
    zones.broken.add('mail.example')
    expect((await checkIprev('192.0.2.3', zones)).status).toBe('temperror')
    zones.broken.add('3.2.0.192.in-addr.arpa')
    expect((await checkIprev('192.0.2.3', zones)).status).toBe('temperror')
  })

  test('ten names are tried', async () => {
    const zones = new MemoryDns().set('3.2.0.192.in-addr.arpa', {
      PTR: Array.from({ length: 99 }, (_, at) => `n${at}.example`),
    })
    await checkIprev('192.0.2.3', zones)
    expect(zones.asked).toHaveLength(11)
  })
})

test('SPF and iprev in Authentication-Results (RFC 8601 §2.7.2, §2.7.3)', () => {
  const spf = { status: 'pass' as const, domain: 'example.com', reason: 'x' }
  const query = { address: '192.0.2.3', helo: 'mail.example', sender: 'a@example.com' }
  const results = [
    iprevAuthentication({ status: 'pass', address: '192.0.2.3', name: 'mail.example' }),
    spfAuthentication(query, spf),
    spfAuthentication({ ...query, sender: '' }, { ...spf, status: 'fail', reason: 'no "such" host' }),
  ]
  expect(formatAuthenticationResults('mx', results).split(';\r\n\t')).toEqual([
    'mx',
    'iprev=pass reason="mail.example" policy.iprev=192.0.2.3',
    'spf=pass smtp.mailfrom=a@example.com',
    'spf=fail reason="no \\"such\\" host" smtp.helo=mail.example',
  ])
})
