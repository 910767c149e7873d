/**
 * What tests with programs of others need: is it here, an account for it, a home of its own.
 */
import { execFile } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, type TestContext } from 'vitest'
import { facteur, type RunningFacteur } from './server.ts'

export const run = promisify(execFile)

/** Skips the test, with the reason, when a program is not on this machine. */
export async function wants(context: TestContext, ...programs: string[]): Promise<void> {
  for (const program of programs) {
    const found = await run('sh', ['-c', `command -v ${program}`]).catch(() => undefined)
    if (found === undefined) context.skip(`${program} is not installed`)
  }
}

/** A new account with the demonstration's password, and a directory for its client. */
export async function newcomer(server: RunningFacteur, name: string): Promise<{ user: string; home: string }> {
  const user = `${name}@facteur.test`
  const made = await facteur(['account', 'add', user, '--password', server.password, '--data', server.data])
  expect(made.code, made.stderr).toBe(0)
  const home = join(server.data, name)
  mkdirSync(home, { recursive: true, mode: 0o700 })
  return { user, home }
}
