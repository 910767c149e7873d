import { expect, test } from 'vitest'
import { bundleWorker } from '../../../src/host/local/worker-bundle.ts'

// Two processes keep the text for as long as they run; with a map in it, it was twice as long.
test('the bundle is code alone: no source map, inline or by reference', async () => {
  const script = await bundleWorker()
  expect(script).toContain('AccountObject')
  expect(script).not.toMatch(/^\/\/# sourceMappingURL=/m)
  expect(new TextEncoder().encode(script).length).toBeLessThan(3_000_000)
})
