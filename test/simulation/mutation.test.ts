/**
 * The simulation can fail: each fault that is put into the rooms is found within a few hundred seeds.
 */
import { expect, test } from 'vitest'
import { simulateApart } from './child.ts'
import { mutations } from './mutations.ts'

// Two at once: this file is the last that ends, and by then a core is idle.
test.concurrent.each(mutations.map(({ name }) => name))('is found: %s', { timeout: 240_000 }, async (name) => {
  const { code, output } = await simulateApart('--seeds', '500', '--mutation', name)
  expect(output).toMatch(/^seed \d+: Violation: /m)
  expect(output).toContain('npm run simulate -- --seed')
  expect(code).toBe(1)
})
