import { describe, expect, it } from 'vitest'
import { ClientRates } from '../../../src/host/bridge/common/client-rates.ts'

const client = '192.0.2.7'

/** How many of `count` in a row are taken. */
function taken(rates: ClientRates, count: number, now: number, limit = 10, address = client): number {
  let accepted = 0
  for (let at = 0; at < count; at++) if (rates.count('messages', address, limit, now) !== undefined) accepted++
  return accepted
}

describe('what one network may ask for in a minute', () => {
  it('may come all at once, and no more until a share of the minute has passed', () => {
    const rates = new ClientRates()
    expect(taken(rates, 20, 0)).toBe(10)
    expect(taken(rates, 20, 5_990)).toBe(0)
    expect(taken(rates, 20, 6_000)).toBe(1)
    expect(taken(rates, 20, 30_000)).toBe(4)
    expect(taken(rates, 20, 200_000)).toBe(10)
  })

  it('is said as the part that is used', () => {
    const rates = new ClientRates()
    expect(rates.count('unknown', client, 20, 0)).toBeCloseTo(0.05)
    expect(rates.count('unknown', client, 20, 0)).toBeCloseTo(0.1)
    expect(rates.count('unknown', client, 20, 3_000)).toBeCloseTo(0.1)
  })

  it('is counted for each thing by itself', () => {
    const rates = new ClientRates()
    expect(taken(rates, 20, 0)).toBe(10)
    expect(rates.count('recipients', client, 10, 0)).toBeDefined()
  })

  it('is as much as it likes when the limit is 0', () => {
    expect(taken(new ClientRates(), 1000, 0, 0)).toBe(1000)
  })

  it('is that of a /64, of which one host has every address (RFC 6177 §2)', () => {
    const rates = new ClientRates()
    expect(taken(rates, 8, 0, 10, '2001:db8::1')).toBe(8)
    expect(taken(rates, 8, 0, 10, '2001:db8::ffff:1')).toBe(2)
    expect(taken(rates, 8, 0, 10, '2001:db8:0:1::1')).toBe(8)
  })

  it('is forgotten for who was met longest ago when there are too many, so that no flood takes memory', () => {
    const rates = new ClientRates(100)
    taken(rates, 10, 0, 10, '203.0.113.1')
    taken(rates, 10, 0)
    for (let net = 0; net < 1000; net++) {
      rates.count('messages', `2001:db8:${net.toString(16)}::1`, 10, 0)
      rates.count('messages', client, 10, 0)
    }
    expect(rates.size).toBe(100)
    expect(taken(rates, 1, 0)).toBe(0)
    expect(taken(rates, 1, 0, 10, '203.0.113.1')).toBe(1)
  })
})
