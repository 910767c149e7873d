/**
 * The law of the house in a simulated Internet: what was accepted is in a mailbox, in a queue, with the next host, or in a
 * report. `docs/design/simulation.md` tells what is simulated; `npm run simulate` runs more seeds.
 */
import { expect, test } from 'vitest'
import { simulateApart } from './child.ts'

const share = 500

test.each([1, 501, 1001, 1501])(
  'nothing accepted is lost, and nothing comes twice without a reason: 500 seeds from %i (RFC 5321 §4.5.4.2, §6.1, RFC 1047)',
  { timeout: 120_000 },
  async (first) => {
    const { code, output } = await simulateApart('--seed', String(first), '--seeds', String(share))
    expect(output).toContain(`seeds ${first} to ${first + share - 1}: nothing found`)
    expect(code).toBe(0)
  },
)
