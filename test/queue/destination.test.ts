import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Destination } from '../../src/queue/destination.ts'
import type { RecipientOutcome } from '../../src/queue/index.ts'

const options = { initial: 5, largest: 20, firstPause: 60_000, longestPause: 900_000 }
const base = { recipient: 'x@there.test', at: 0 }
const taken: RecipientOutcome = { ...base, status: 'delivered', reply: { code: 250, text: 'Ok' } }
const unknown: RecipientOutcome = { ...base, status: 'bounced', reply: { code: 550, text: 'No such user' } }
const greylisted: RecipientOutcome = { ...base, status: 'deferred', reply: { code: 451, text: 'Greylisted' } }
const silent: RecipientOutcome = { ...base, status: 'deferred', enhanced: '4.4.1' }
const busy: RecipientOutcome = { ...base, status: 'deferred', reply: { code: 421, text: 'Too busy' }, site: true }

/** As many attempts as it may have, all with this outcome; what ends makes place for others, as in a long queue. */
function round(destination: Destination, outcome: RecipientOutcome, now = 0): number {
  const width = destination.width
  for (let i = 0; i < width; i++) destination.enter()
  for (let i = 0; i < width; i++) destination.note([outcome], now)
  for (let i = 0; i < width; i++) destination.leave()
  return width
}

describe('what a destination is given at once', () => {
  it('is a few attempts at first, and one more for each round of answers, up to the largest', () => {
    const destination = new Destination(options)
    const widths = Array.from({ length: 30 }, () => round(destination, taken))
    expect(widths.slice(0, 4)).toEqual([5, 5, 6, 7])
    expect(widths.at(-1)).toBe(20)
    for (const [i, width] of widths.entries()) expect(width - (widths[i - 1] ?? width)).toBeLessThanOrEqual(1)
  })

  it('grows by any answer to a message: that one user is unknown says nothing against the host', () => {
    const destination = new Destination(options)
    for (let i = 0; i < 4; i++) for (const outcome of [unknown, greylisted]) round(destination, outcome)
    expect(destination.width).toBeGreaterThan(8)
  })

  it('does not grow while little of it is used', () => {
    const destination = new Destination(options)
    for (let i = 0; i < 100; i++) {
      destination.enter()
      destination.note([taken], 0)
      destination.leave()
    }
    expect(destination.width).toBeLessThanOrEqual(6)
  })

  it('shrinks by a 421, and settles where a host refuses few (RFC 5321 §3.8)', () => {
    const destination = new Destination({ ...options, largest: 100 })
    // This host takes eight connections at once.
    let refused = 0
    let asked = 0
    for (let i = 0; i < 200; i++) {
      const width = destination.width
      for (let n = 0; n < width; n++) destination.enter()
      for (let n = 0; n < width; n++) {
        destination.note([n < 8 ? taken : busy], 0)
        asked++
        if (n >= 8) refused++
      }
      for (let n = 0; n < width; n++) destination.leave()
      expect(destination.width).toBeLessThanOrEqual(10)
    }
    expect(refused / asked).toBeLessThan(0.1)
    expect(destination.width).toBeGreaterThanOrEqual(6)
    expect(destination.pausedUntil(0)).toBeUndefined()
  })

  it('is bounded by the operator', () => {
    const destination = new Destination(options)
    destination.limit(2)
    for (let i = 0; i < 10; i++) round(destination, taken)
    expect(destination.width).toBe(2)
    destination.limit(undefined)
    for (let i = 0; i < 100; i++) round(destination, taken)
    expect(destination.width).toBe(20)
  })
})

describe('a destination is left alone', () => {
  it('when a lone attempt failed (RFC 5321 §4.5.4.1)', () => {
    const destination = new Destination(options)
    destination.enter()
    expect(destination.note([silent], 1_000)).toEqual({ failures: 1, until: 61_000 })
    destination.leave()
    expect([destination.pausedUntil(60_999), destination.pausedUntil(61_000)]).toEqual([61_000, undefined])
  })

  it('when as many failed in a row as were under way, but not for one that failed among others', () => {
    const destination = new Destination(options)
    for (let i = 0; i < 5; i++) destination.enter()
    expect(destination.note([silent], 0)).toBeUndefined()
    destination.note([taken], 0)
    for (let i = 0; i < 4; i++) expect(destination.pausedUntil(0), `${i}`).toBeUndefined()
    for (let i = 0; i < 5; i++) destination.note([busy], 0)
    expect(destination.pausedUntil(0)).toBe(60_000)
  })

  it('twice as long after each probe that failed, up to the longest; one probe at a time', () => {
    const destination = new Destination(options)
    const pauses: number[] = []
    let now = 0
    for (let i = 0; i < 7; i++) {
      if (i > 0) expect(destination.width).toBe(1)
      destination.enter()
      expect(destination.hasRoom && i > 0).toBe(false)
      const { until } = destination.note([silent], now) as { until: number }
      destination.leave()
      pauses.push((until - now) / 60_000)
      now = until
    }
    expect(pauses).toEqual([1, 2, 4, 8, 15, 15, 15])
    destination.enter()
    destination.note([greylisted], now)
    expect(destination.width).toBe(5)
  })

  it('once for attempts that were under way together', () => {
    const destination = new Destination(options)
    for (let i = 0; i < 5; i++) destination.enter()
    const pauses = Array.from({ length: 5 }, () => destination.note([silent], 0)).filter(Boolean)
    expect(pauses).toHaveLength(1)
  })

  it('and not any more when the operator says so', () => {
    const destination = new Destination(options)
    destination.enter()
    destination.note([silent], 0)
    destination.clear()
    expect([destination.pausedUntil(0), destination.width]).toEqual([undefined, 5])
  })
})

it('whatever happens, there is room for one and never for more than the largest, and a pause ends', () => {
  const step = fc.record({
    outcome: fc.constantFrom(taken, unknown, greylisted, silent, busy),
    begins: fc.nat({ max: 4 }),
    later: fc.nat({ max: 100_000 }),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), fc.integer({ min: 1, max: 30 }), (steps, largest) => {
      const destination = new Destination({ ...options, largest })
      let now = 0
      for (const { outcome, begins, later } of steps) {
        now += later
        for (let i = 0; i < begins && destination.hasRoom; i++) destination.enter()
        expect(destination.active).toBeLessThanOrEqual(largest)
        if (destination.active === 0) {
          expect(destination.hasRoom).toBe(true)
          continue
        }
        const wasPaused = destination.pausedUntil(now) !== undefined
        destination.note([outcome], now)
        destination.leave()
        const until = destination.pausedUntil(now)
        if (outcome.status !== 'deferred' || outcome === greylisted) expect(until).toBeUndefined()
        else if (until !== undefined && !wasPaused) expect(until - now).toBeLessThanOrEqual(options.longestPause)
        expect(destination.width).toBeGreaterThanOrEqual(1)
        expect(destination.width).toBeLessThanOrEqual(largest)
      }
    }),
  )
})
