/**
 * The simulation can fail: each fault that is put into the rooms is found within a few hundred seeds.
 */
import { execFile } from 'node:child_process'
import { expect, test } from 'vitest'
import { mutations } from './mutations.ts'

const main = new URL('main.ts', import.meta.url).pathname

function simulateWith(mutation: string): Promise<{ code: unknown; output: string }> {
  const options = ['--seeds', '300', '--mutation', mutation]
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...options], { maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, output: stdout + stderr })
    })
  })
}

test.each(mutations.map(({ name }) => name))('is found: %s', { timeout: 120_000 }, async (name) => {
  const { code, output } = await simulateWith(name)
  expect(output).toMatch(/^seed \d+: Violation: /m)
  expect(output).toContain('npm run simulate -- --seed')
  expect(code).toBe(1)
})
