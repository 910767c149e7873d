/**
 * A full disk: a small file system of our own as the data directory, filled to the last block.
 */
import { execFileSync } from 'node:child_process'
import { appendFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LineClient } from '../host/bridge/line-client.ts'
import { alice, readMailbox } from './clients.ts'
import { type DohServer, startDohServer } from './doh-server.ts'
import { type ScriptedRemote, startScriptedRemote } from './scripted-remote.ts'
import { removeDirectory, type RunningFacteur, startFacteur, temporaryDirectory } from './server.ts'
import { greeted, loggedIn, transact } from './smtp-client.ts'

const disk = temporaryDirectory()
const mounted = mount(disk)
const ballast = join(disk, 'ballast')
const data = join(disk, 'data')
let doh: DohServer
let remote: ScriptedRemote
let server: RunningFacteur
let flags: string[]

beforeAll(async () => {
  if (mounted !== true) return
  remote = await startScriptedRemote()
  doh = await startDohServer({
    'one.test': [{ type: 'A', address: '127.0.0.1' }],
    'two.test': [{ type: 'A', address: '127.0.0.1' }],
  })
  flags = ['--doh', doh.url, '--mx-port', String(remote.port), '--retry-first-seconds', '1']
  server = await startFacteur({ data, flags })
})

afterAll(async () => {
  await server?.stop()
  await remote?.close()
  await doh?.close()
  if (mounted === true) execFileSync('umount', [disk])
  removeDirectory(disk)
})

/** True, or why not. */
function mount(path: string): true | string {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'none', path], { stdio: 'pipe' })
    return true
  } catch (error) {
    return `a small file system cannot be mounted here: ${(error as Error).message.split('\n')[0]}`
  }
}

function leave(octets: number): void {
  const { bavail, bsize } = statfsSync(disk)
  writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - octets)))
}

/** Down to the last block, which checkpoints of the databases free again and again. */
function fillUp(): void {
  try {
    for (;;) appendFileSync(ballast, Buffer.alloc(4096))
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC')
  }
}

const line = `${'x'.repeat(70)}\r\n`
const bodyOf = (subject: string, lines: number) =>
  `Subject: ${subject}\r\n\r\n${line.repeat(lines)}end of ${subject}\r\n`

/** Sends until `refusals` messages were refused; the accepted ones by subject, and the refusals. */
async function sendUntilRefused(name: string, options: { from: string; to: string; outside: boolean }) {
  const { ports, password } = server
  const client = options.outside ? await loggedIn(ports.submission, alice, password) : await greeted(ports.smtp)
  const accepted = new Map<string, string>()
  const refusals: string[] = []
  for (let number = 0; refusals.length < 12; number++) {
    const subject = `${name}-${number}`
    const raw = bodyOf(subject, refusals.length < 6 ? 300 : 3)
    const last = (await transact(client, { ...options, raw })).at(-1) ?? ''
    if (last.startsWith('250')) accepted.set(subject, raw)
    else {
      refusals.push(last)
      fillUp()
    }
  }
  client.destroy()
  return { accepted, refusals }
}

async function expectMailbox(accepted: ReadonlyMap<string, string>): Promise<void> {
  const found = new Map((await readMailbox(server, alice)).map((message) => [message.subject, message.source]))
  expect(new Set(found.keys())).toEqual(new Set(accepted.keys()))
  for (const [subject, raw] of accepted) expect(found.get(subject)?.endsWith(raw)).toBe(true)
}

/** All that IMAP says to a STORE, up to its answer or the end of the connection. */
async function storeFlag(): Promise<string> {
  const client = await LineClient.connect(server.ports.imap)
  await client.expect(/^\* OK .*\r\n/)
  await client.say(`a LOGIN ${alice} "${server.password}"\r\n`, /^a OK /m)
  await client.say('b SELECT INBOX\r\n', /^b OK .*\r\n/m)
  const said = await client.say('s STORE 1 +FLAGS (late)\r\n', /^s .*\r\n/m).catch(() => client.received)
  client.destroy()
  return said
}

test('every 250 is kept byte for byte, all else gets 4xx, and mail flows again as soon as there is room', async ({
  skip,
}) => {
  if (mounted !== true) return skip(mounted)
  leave(512 * 1024)
  const incoming = { from: 'someone@outside.test', to: alice, outside: false }
  const { accepted, refusals } = await sendUntilRefused('full', incoming)
  expect(accepted.size).toBeGreaterThan(5)
  expect(refusals.filter((reply) => !/^4\d\d 4\./.test(reply))).toEqual([])
  // Reading needs no room; a change that cannot be kept is not acknowledged.
  await expectMailbox(accepted)
  fillUp()
  expect(await storeFlag()).not.toMatch(/^s OK/m)
  rmSync(ballast)
  const raw = bodyOf('after', 300)
  const replies = await transact(await greeted(server.ports.smtp), { ...incoming, raw })
  expect(replies.at(-1)).toMatch(/^250 /)
  accepted.set('after', raw)
  await expectMailbox(accepted)
  expect(await server.stop()).toBe(0)
  server = await startFacteur({ data, flags })
  await expectMailbox(accepted)
})

test('the same for mail to outside: what a queue took is sent when there is room, nothing else is', async ({
  skip,
}) => {
  if (mounted !== true) return skip(mounted)
  remote.answer = (command) => (command.startsWith('RCPT') ? '451 4.3.0 later' : undefined)
  leave(256 * 1024)
  const one = await sendUntilRefused('one', { from: alice, to: 'friend@one.test', outside: true })
  const two = await sendUntilRefused('two', { from: alice, to: 'friend@two.test', outside: true })
  const accepted = [...one.accepted.keys(), ...two.accepted.keys()]
  expect(accepted.length).toBeGreaterThan(2)
  expect([...one.refusals, ...two.refusals].filter((reply) => !/^4\d\d 4\./.test(reply))).toEqual([])
  remote.answer = () => undefined
  rmSync(ballast)
  const sent = () => remote.messages.map((raw) => /^Subject: (.*)\r$/m.exec(raw)?.[1])
  // A message may go twice: its outcome could not be written down while the disk was full.
  await expect.poll(() => new Set(sent()), { timeout: 50_000, interval: 50 }).toEqual(new Set(accepted))
})
