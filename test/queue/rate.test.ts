import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Rate } from '../../src/queue/rate.ts'

const minute = 60_000

/** When messages go that all wait from the start. */
function times(perMinute: number, until: number): number[] {
  const rate = new Rate(perMinute, 0)
  const sent: number[] = []
  for (let now = rate.next(0); now < until; now = rate.next(now)) {
    expect(rate.take(now)).toBe(true)
    sent.push(now)
  }
  return sent
}

test('in no minute more than allowed, and not many less, whatever the rate', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2_000 }), (perMinute) => {
      const sent = times(perMinute, 5 * minute)
      for (const [i, time] of sent.entries()) {
        const next = sent[i + perMinute]
        if (next !== undefined) expect(next - time).toBeGreaterThanOrEqual(minute)
      }
      expect(sent.length).toBeGreaterThanOrEqual(0.88 * 5 * perMinute)
    }),
    { numRuns: 60 },
  )
})

test('one a minute is one a minute', () => {
  expect(times(1, 4 * minute)).toEqual([0, minute, 2 * minute, 3 * minute])
})

test('what was sent is remembered by the next life, and a clock that was put back does not stop the mail', () => {
  const rate = new Rate(1, 0)
  expect([rate.take(0), rate.take(minute - 1)]).toEqual([true, false])
  const again = new Rate(1, 1_000, rate.state)
  expect(again.next(1_000)).toBe(minute)
  const earlier = new Rate(1, -10 * minute, rate.state)
  expect(earlier.next(-10 * minute)).toBe(-9 * minute)
})
