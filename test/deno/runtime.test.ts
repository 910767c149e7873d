import { expect, test } from 'vitest'

test('these tests run on Deno, not on a Node that stands in for it', () => {
  expect('Deno' in globalThis).toBe(true)
  expect(process.versions['deno']).toBeDefined()
})
