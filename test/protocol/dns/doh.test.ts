import { describe, expect, test } from 'vitest'
import { VirtualClock } from '../../../src/host/memory/clock.ts'
import { MemoryDns } from '../../../src/host/memory/dns.ts'
import { DnsCache, type DnsFetch, DohResolver } from '../../../src/protocol/dns/index.ts'

function setUp(method?: 'GET' | 'POST') {
  const clock = new VirtualClock()
  const dns = new MemoryDns().set('example.com', { MX: [{ preference: 10, exchange: 'mx.example.com' }] })
  const requests: { url: string; method: string }[] = []
  const fetch: DnsFetch = (url, init) => {
    requests.push({ url, method: init.method })
    return dns.fetch(url, init)
  }
  const options = { url: 'https://dns.example/dns-query', fetch, clock: clock.now, cache: new DnsCache({ entries: 3 }) }
  return { clock, dns, requests, resolver: new DohResolver(method === undefined ? options : { ...options, method }) }
}

const answering = (status: number, type: string | null, bytes = new Uint8Array()): DnsFetch => {
  return async () => ({
    status,
    headers: { get: () => type },
    arrayBuffer: async () => bytes.slice().buffer,
  })
}

describe('DohResolver', () => {
  test.each(['GET', 'POST'] as const)('asks by %s (RFC 8484 §4.1)', async (method) => {
    const { resolver, requests } = setUp(method)
    const answer = await resolver.resolve('example.com', 'MX')
    expect(answer).toMatchObject({ status: 'found', records: [{ preference: 10, exchange: 'mx.example.com' }] })
    expect(requests[0]?.method).toBe(method)
  })

  test('remembers answers for their TTL, counted down, and negative ones too', async () => {
    const { resolver, dns, clock } = setUp()
    await resolver.resolve('example.com', 'MX')
    await resolver.resolve('missing.example', 'A')
    clock.advance(100_000)
    expect(await resolver.resolve('EXAMPLE.com.', 'MX')).toMatchObject({ ttl: 200 })
    expect(await resolver.resolve('missing.example', 'A')).toMatchObject({ status: 'nxdomain', ttl: 200 })
    expect(dns.asked).toHaveLength(2)
    clock.advance(200_000)
    await resolver.resolve('example.com', 'MX')
    expect(dns.asked).toHaveLength(3)
  })

  test('the same question under way is asked once', async () => {
    const { resolver, dns } = setUp()
    await Promise.all([resolver.resolve('example.com', 'MX'), resolver.resolve('example.com', 'MX')])
    expect(dns.asked).toHaveLength(1)
  })

  test('a failure is remembered for seconds only', async () => {
    const { resolver, dns, clock } = setUp()
    dns.broken.add('example.com')
    expect(await resolver.resolve('example.com', 'MX')).toMatchObject({ status: 'failed' })
    dns.broken.delete('example.com')
    clock.advance(6_000)
    expect(await resolver.resolve('example.com', 'MX')).toMatchObject({ status: 'found' })
  })

  test('keeps a bounded number of answers', async () => {
    const { resolver, dns } = setUp()
    for (const name of ['a.example', 'b.example', 'c.example', 'd.example']) await resolver.resolve(name, 'A')
    await resolver.resolve('d.example', 'A')
    expect(dns.asked).toHaveLength(4)
    await resolver.resolve('a.example', 'A')
    expect(dns.asked).toHaveLength(5)
  })

  test.each<[string, DnsFetch]>([
    ['HTTP 500', answering(500, 'application/dns-message')],
    ['a web page', answering(200, 'text/html')],
    ['no type', answering(200, null)],
    ['an empty body', answering(200, 'application/dns-message')],
    ['no connection', () => Promise.reject(new Error('connection refused'))],
  ])('%s is a failed answer, not an exception', async (_name, fetch) => {
    const resolver = new DohResolver({ url: 'https://dns.example/q', fetch, clock: () => 0 })
    expect(await resolver.resolve('example.com', 'MX')).toMatchObject({ status: 'failed' })
  })

  test('takes the age of an HTTP cache off the TTL (RFC 8484 §5.1)', async () => {
    const { dns } = setUp()
    const fetch: DnsFetch = async (url, init) => {
      const response = await dns.fetch(url, init)
      return { ...response, headers: { get: (name) => (name === 'age' ? '250' : response.headers.get(name)) } }
    }
    const resolver = new DohResolver({ url: 'https://dns.example/q', fetch, clock: () => 0 })
    expect(await resolver.resolve('example.com', 'MX')).toMatchObject({ ttl: 50 })
  })
})
