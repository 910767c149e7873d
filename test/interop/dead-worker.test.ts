/**
 * The Worker hangs or dies in the middle: clients hear a temporary failure, and whatever was answered 250 is there.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LineClient } from '../host/bridge/line-client.ts'
import { alice, bob, readMailbox } from './clients.ts'
import { type DohServer, startDohServer } from './doh-server.ts'
import { type Parts, startParts } from './parts.ts'
import { type ScriptedRemote, startScriptedRemote } from './scripted-remote.ts'
import { anyReply, greeted, loggedIn, plainResponse, transact } from './smtp-client.ts'

let parts: Parts
let doh: DohServer
let remote: ScriptedRemote

beforeAll(async () => {
  remote = await startScriptedRemote()
  doh = await startDohServer({ 'elsewhere.test': [{ type: 'A', address: '127.0.0.1' }] })
  parts = await startParts({
    bindings: { FACTEUR_DOH: doh.url, FACTEUR_MX_PORT: String(remote.port), FACTEUR_RETRY_FIRST_SECONDS: '0.5' },
    limits: { requestMs: 300, deliverMs: 600, connectTimeoutMs: 500, maxBackoffMs: 200, failedLoginMs: 1 },
  })
})

afterAll(async () => {
  await parts?.stop()
  await remote?.close()
  await doh?.close()
})

function signal(name: NodeJS.Signals): void {
  const workerds = parts.workerds()
  expect(workerds.length).toBeGreaterThan(0)
  for (const pid of workerds) process.kill(pid, name)
}

async function subjects(user: string): Promise<string[]> {
  return (await readMailbox(parts, user)).map((message) => message.subject)
}

async function imapLogin(): Promise<LineClient> {
  const client = await LineClient.connect(parts.ports.imap)
  await client.expect(/^\* OK .*\r\n/)
  return client
}

test('a Worker that hangs: 451 to RCPT, MAIL and the message, 454 to AUTH, NO [UNAVAILABLE] to LOGIN (RFC 5530 §3)', async () => {
  const [recipient, message, sender, login] = await Promise.all([
    greeted(parts.ports.smtp),
    greeted(parts.ports.smtp),
    loggedIn(parts.ports.submission, alice, parts.password),
    greeted(parts.ports.submission),
  ])
  const reader = await imapLogin()
  await recipient.say('MAIL FROM:<a@outside.test>\r\n', /^250 /m)
  await message.say('MAIL FROM:<a@outside.test>\r\n', /^250 /m)
  await message.say(`RCPT TO:<${bob}>\r\n`, /^250 /m)
  await message.say('DATA\r\n', /^354 /m)
  signal('SIGSTOP')
  const answers = await Promise.all([
    recipient.say(`RCPT TO:<${bob}>\r\n`, anyReply),
    message.say('Subject: hung\r\n\r\nx\r\n.\r\n', anyReply),
    sender.say(`MAIL FROM:<${alice}>\r\n`, anyReply),
    login.say(`AUTH PLAIN ${plainResponse(alice, parts.password)}\r\n`, anyReply),
    reader.say(`a LOGIN ${alice} "${parts.password}"\r\n`, /^a .*\r\n/m),
  ])
  signal('SIGCONT')
  expect(answers.map((answer) => answer.slice(0, 9))).toEqual([
    '451 4.3.0',
    '451 4.3.0',
    '451 4.3.0',
    '454 4.7.0',
    'a NO [UNA',
  ])
  expect(answers[4]).toContain('[UNAVAILABLE]')
  // The same connections serve again; the client's second try is the one that counts.
  expect(await recipient.say(`RCPT TO:<${bob}>\r\n`, anyReply)).toMatch(/^250 /)
  expect((await transact(message, { to: bob, subject: 'hung' })).at(-1)).toMatch(/^250 /)
  expect(await login.say(`AUTH PLAIN ${plainResponse(alice, parts.password)}\r\n`, anyReply)).toMatch(/^235 /)
  // The first copy may have been stored after its 451: SMTP allows that (RFC 5321 §4.5.3.2.6), losing it would not be.
  const found = (await subjects(bob)).filter((subject) => subject === 'hung').length
  expect([1, 2]).toContain(found)
  for (const client of [recipient, message, sender, login, reader]) client.destroy()
})

test('a Worker that is killed at every step: temporary failures only, every 250 is kept, nothing is there twice', async () => {
  const accepted: string[] = []
  const offered: string[] = []
  const answers: string[] = []
  const sender = async (name: string, to: string) => {
    for (let number = 0; number < 40; number++) {
      const subject = `${name}-${number}`
      offered.push(subject)
      const client = await greeted(parts.ports.smtp)
      const last = (await transact(client, { to, subject })).at(-1) ?? ''
      answers.push(last)
      if (last.startsWith('250')) accepted.push(subject)
      else await pause(50)
      client.destroy()
    }
  }
  const killer = async () => {
    for (let kills = 0; kills < 3; kills++) {
      const before = accepted.length
      await expect.poll(() => accepted.length, { timeout: 30_000, interval: 5 }).toBeGreaterThan(before + 5)
      signal('SIGKILL')
    }
  }
  await Promise.all([...['p', 'q', 'r', 's'].map((name) => sender(name, alice)), killer()])
  await expect
    .poll(async () => (await subjects(alice).catch(() => [])).length, { timeout: 20_000, interval: 100 })
    .toBeGreaterThan(0)
  const found = await subjects(alice)
  expect(answers.filter((answer) => !/^(250|451) /.test(answer))).toEqual([])
  expect(answers.some((answer) => answer.startsWith('451'))).toBe(true)
  expect(accepted.filter((subject) => !found.includes(subject))).toEqual([])
  expect(found.filter((subject, index) => found.indexOf(subject) !== index)).toEqual([])
  expect(found.filter((subject) => !offered.includes(subject))).toEqual([])
})

/** To outside, through submission. */
async function submit(subject: string): Promise<string> {
  const client = await loggedIn(parts.ports.submission, alice, parts.password)
  const replies = await transact(client, { from: alice, to: 'friend@elsewhere.test', subject })
  client.destroy()
  return replies.at(-1) ?? ''
}

const sent = () => remote.messages.map((raw) => /^Subject: (.*)\r$/m.exec(raw)?.[1])

test('killed in the middle of an attempt: the alarm of the next life takes the message up, and it goes once', async () => {
  remote.answer = (line) => (line === '' ? 'silence' : undefined)
  expect(await submit('interrupted')).toMatch(/^250 /)
  await expect.poll(() => remote.lines.length, { timeout: 5_000, interval: 5 }).toBeGreaterThan(0)
  signal('SIGKILL')
  remote.answer = () => undefined
  await expect.poll(sent, { timeout: 20_000, interval: 50 }).toEqual(['interrupted'])
})

test('killed while a message waits for a host that is down: it goes when the host is back', async () => {
  const { port } = remote
  await remote.close()
  const first = await submit('host is down')
  signal('SIGKILL')
  remote = await startScriptedRemote(port)
  expect(first).toMatch(/^250 /)
  await expect.poll(sent, { timeout: 20_000, interval: 50 }).toEqual(['host is down'])
})
