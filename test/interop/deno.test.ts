/**
 * `deno task start`: the same server, started by Deno.
 */
import { resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { alice, bob, readMailbox, sendAs, sendFromOutside } from './clients.ts'
import { removeDirectory, startFacteur, type RunningFacteur } from './server.ts'

const deno = resolve(import.meta.dirname, '..', '..', 'node_modules', '.bin', 'deno')
let server: RunningFacteur

beforeAll(async () => {
  server = await startFacteur({ runtime: [deno, 'run', '-A'] })
})

afterAll(async () => {
  await server?.stop()
  if (server !== undefined) removeDirectory(server.data)
})

test('mail comes in from outside with STARTTLS, goes between accounts, and is read over IMAP with TLS', async () => {
  await sendFromOutside(server, { to: alice, subject: 'to Deno', text: 'x' })
  await sendAs(server, alice, { to: bob, subject: 'on Deno', text: 'x' })
  expect((await readMailbox(server, alice)).map((message) => message.subject)).toEqual(['to Deno'])
  expect((await readMailbox(server, bob)).map((message) => message.subject)).toEqual(['on Deno'])
})
