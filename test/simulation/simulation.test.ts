/**
 * The law of the house in a simulated Internet: what was accepted is in a mailbox, in a queue, with the next host, or in a
 * report. `docs/design/simulation.md` tells what is simulated; `npm run simulate` runs more seeds.
 */
import { describe, expect, test } from 'vitest'
import { runSeeds } from './run.ts'

const seeds = 2_000
const shares = 8

describe('nothing accepted is lost, and nothing comes twice without a reason (RFC 5321 §4.5.4.2, §6.1, RFC 1047)', () => {
  for (let share = 0; share < shares; share++) {
    const first = 1 + (share * seeds) / shares
    test(`seeds ${first} to ${first + seeds / shares - 1}`, { timeout: 120_000 }, async () => {
      const run = await runSeeds(first, seeds / shares)
      expect(run.failed, run.summary).toBe(false)
      expect(run.seeds).toBe(seeds / shares)
    })
  }
})
