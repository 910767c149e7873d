import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { defaultRetrySchedule, retryDelay } from '../../src/queue/index.ts'

const minutes = (attempts: number) => retryDelay(defaultRetrySchedule, attempts, 0.5) / 60_000

test.each([
  [1, 2.5],
  [2, 5],
  [3, 10],
  [4, 20],
  [5, 40],
  [6, 80],
  [7, 160],
  [8, 180],
  [9, 180],
  [1_000, 180],
])('after attempt %i the wait is %d minutes', (attempts, wait) => expect(minutes(attempts)).toBe(wait))

test('chance moves a wait by a fifth at most, and never to nothing', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 5_000 }),
      fc.double({ min: 0, max: 0.999_999, noNaN: true }),
      (attempts, chance) => {
        const wait = retryDelay(defaultRetrySchedule, attempts, chance)
        const plain = retryDelay(defaultRetrySchedule, attempts, 0.5)
        expect(wait).toBeGreaterThan(0)
        expect(Math.abs(wait - plain)).toBeLessThanOrEqual(plain * 0.2 + 1)
      },
    ),
  )
})
