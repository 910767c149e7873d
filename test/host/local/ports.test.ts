/** Ports that are chosen for somebody who listens later. */
import { createServer } from 'node:net'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { expectFree, freePort } from '../../../src/host/local/ports.ts'

test('are free, and none that a connection going out may be given meanwhile', async () => {
  const port = await freePort('127.0.0.1')
  expect(port).toBeGreaterThanOrEqual(20_000)
  expect(port).toBeLessThan(32_000)
  await expectFree('127.0.0.1', port, '--smtp')
})

test('one that is taken is named, with the flag that changes it', async () => {
  const server = createServer().listen(await freePort('127.0.0.1'), '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  await expect(expectFree('127.0.0.1', port, '--smtp')).rejects.toThrow(`Port ${port} on 127.0.0.1 is already in use`)
  server.close()
})
