/**
 * `deno task start`: the same server, started by Deno.
 */
import { resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { alice, bob, readMailbox, sendAs, sendFromOutside } from './clients.ts'
import { removeDirectory, startFacteur, workerdBelow, type RunningFacteur } from './server.ts'

const deno = resolve(import.meta.dirname, '..', '..', 'node_modules', '.bin', 'deno')
let server: RunningFacteur

beforeAll(async () => {
  server = await startFacteur({ command: [deno, 'task', 'start'] })
})

afterAll(async () => {
  if (server?.process.exitCode === null && server.process.signalCode === null) await server.stop()
  if (server !== undefined) removeDirectory(server.data)
})

test('mail comes in from outside with STARTTLS, goes between accounts, and is read over IMAP with TLS', async () => {
  await sendFromOutside(server, { to: alice, subject: 'to Deno', text: 'x' })
  await sendAs(server, alice, { to: bob, subject: 'on Deno', text: 'x' })
  expect((await readMailbox(server, alice)).map((message) => message.subject)).toEqual(['to Deno'])
  expect((await readMailbox(server, bob)).map((message) => message.subject)).toEqual(['on Deno'])
})

test('SIGTERM to the task reaches the server: it ends, and leaves no process behind', async () => {
  const workerds = workerdBelow(server.process.pid ?? 0)
  expect(workerds).toHaveLength(1)
  await server.stop()
  await expect.poll(() => workerds.filter(isAlive), { timeout: 15_000 }).toEqual([])
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
