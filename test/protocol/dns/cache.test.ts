import { describe, expect, test } from 'vitest'
import { type DnsAnswer, DnsCache } from '../../../src/protocol/dns/index.ts'

const text = (length: number): DnsAnswer => ({
  status: 'found',
  records: ['x'.repeat(length)],
  name: 'a.example',
  ttl: 60,
  authentic: false,
})

describe('answers that are kept', () => {
  test('are given with the TTL that is left, and not after it (RFC 1035 §3.2.1)', () => {
    const cache = new DnsCache()
    cache.put('a', text(1), 60, 0)
    expect(cache.get('a', 59_999)).toMatchObject({ ttl: 1 })
    expect(cache.get('a', 60_000)).toBeUndefined()
    expect(cache.size).toBe(0)
  })

  test('what may not be kept is not (TTL 0)', () => {
    const cache = new DnsCache()
    cache.put('a', text(1), 0, 0)
    expect(cache.get('a', 0)).toBeUndefined()
  })

  test('have a bounded size, whatever strangers publish', () => {
    const cache = new DnsCache({ octets: 100_000 })
    for (let n = 0; n < 10; n++) cache.put(`small ${n}`, text(10), 60, 0)
    cache.put('large', text(65_000), 60, 0)
    expect(cache.size).toBe(11)
    cache.put('larger', text(65_000), 60, 0)
    expect([cache.size, cache.get('large', 0), cache.get('larger', 0)?.status]).toEqual([1, undefined, 'found'])
    cache.put('too large', text(100_000), 60, 0)
    expect(cache.get('larger', 0)).toBeDefined()
  })

  test('an answer that comes again takes the place of the old one', () => {
    const cache = new DnsCache({ octets: 2_000 })
    cache.put('b', text(500), 60, 0)
    for (let n = 0; n < 10; n++) cache.put('a', text(500), 60, n)
    expect(cache.size).toBe(2)
    expect([cache.get('a', 0)?.status, cache.get('b', 0)?.status]).toEqual(['found', 'found'])
  })
})
