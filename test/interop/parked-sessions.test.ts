/**
 * Idle mail apps whose sessions are parked: they hear of new mail as ever, and none is left hanging when the Worker hangs or dies.
 */
import { readdirSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { LineClient } from '../host/bridge/line-client.ts'
import { alice } from './clients.ts'
import { type Parts, startParts } from './parts.ts'
import { greeted, transact } from './smtp-client.ts'

const crowd = 40
let parts: Parts
let clients: LineClient[]
/** What workerd has open without them. */
let atRest: number

beforeAll(async () => {
  parts = await startParts({
    parking: true,
    limits: { requestMs: 500, connectTimeoutMs: 500, backoffMs: 50, maxBackoffMs: 200, parkAfterMs: 20 },
  })
  atRest = open()
})

afterAll(async () => {
  await parts?.stop()
})

function signal(name: NodeJS.Signals): void {
  for (const pid of parts.workerds()) process.kill(pid, name)
}

/** Files and sockets that workerd has open. */
function open(): number {
  return parts.workerds().reduce((sum, pid) => sum + readdirSync(`/proc/${pid}/fd`).length, 0)
}

/** Every second one over TLS, every third one compressed. */
async function idling(number = 0): Promise<LineClient> {
  const { imap, imaps } = parts.ports
  const client = await (number % 2 === 0 ? LineClient.connect(imap) : LineClient.connectTls(imaps))
  await client.expect(/^\* OK .*\r\n/)
  const login = await client.say(`a LOGIN ${alice} "${parts.password}"\r\n`, /^a .*\r\n/m)
  if (!login.startsWith('a OK')) throw new Error(login)
  if (number % 3 === 1) {
    await client.say('z COMPRESS DEFLATE\r\n', /^z OK .*\r\n/m)
    client.compress()
  }
  await client.say('b SELECT INBOX\r\n', /^b OK .*\r\n/m)
  await client.say('c IDLE\r\n', /^\+ .*\r\n/m)
  return client
}

beforeEach(async () => {
  clients = await Promise.all(Array.from({ length: crowd }, (_, number) => idling(number)))
  // Less than a connection for each.
  await expect.poll(open, { timeout: 20_000, interval: 20 }).toBeLessThan(atRest + crowd / 2)
})

afterEach(() => {
  for (const client of clients) client.destroy()
})

test('new mail is told to all of them, and each goes on where it was (RFC 2177)', async () => {
  await transact(await greeted(parts.ports.smtp), { to: alice, subject: 'for all' })
  await Promise.all(clients.map((client) => client.expect(/^\* \d+ EXISTS\r\n/m)))
  const ends = await Promise.all(clients.map((client) => client.say('DONE\r\n', /^c .*\r\n/m)))
  expect(new Set(ends)).toEqual(new Set(['c OK Idle ended\r\n']))
})

test('a Worker that hangs: who wants to come back gets BYE (RFC 9051 §7.1.5), who was there is answered later', async () => {
  signal('SIGSTOP')
  for (const client of clients) client.write('DONE\r\n')
  const first = await Promise.race(clients.map((client) => client.untilClosed()))
  signal('SIGCONT')
  expect(first).toMatch(/^\* BYE .*\r\n$/m)
  await Promise.all(clients.map((client) => client.expect(/^(?:\* BYE|c OK) .*\r\n/m)))
})

test('a Worker that dies: all get BYE, and can come anew', async () => {
  signal('SIGKILL')
  const farewells = await Promise.all(clients.map((client) => client.untilClosed()))
  expect(farewells.filter((text) => !/^\* BYE .*\r\n$/m.test(text))).toEqual([])
  const anew = (): Promise<unknown> => idling().then((client) => clients.push(client))
  await expect.poll(() => anew().catch(() => 'not yet'), { timeout: 20_000 }).toBe(crowd + 1)
})
