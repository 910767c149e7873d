/**
 * Starting, stopping, restarting and crashing.
 */
import { createServer, type AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { alice, bob, readMailbox, sendAs, sendFromOutside } from './clients.ts'
import {
  facteur,
  removeDirectory,
  startFacteur,
  temporaryDirectory,
  workerdBelow,
  type RunningFacteur,
} from './server.ts'

const started: RunningFacteur[] = []
const directories: string[] = []

afterEach(async () => {
  for (const server of started.splice(0)) if (server.process.exitCode === null) await server.stop()
  for (const directory of directories.splice(0)) removeDirectory(directory)
})

async function start(options: Parameters<typeof startFacteur>[0] = {}) {
  const server = await startFacteur(options)
  started.push(server)
  if (options.data === undefined) directories.push(server.data)
  return server
}

test('a second start finds all mail, accounts and the password of the first', async () => {
  const first = await start()
  await sendFromOutside(first, { to: alice, subject: 'before', text: 'x' })
  expect(await first.stop()).toBe(0)
  const second = await start({ data: first.data })
  expect(second.password).toBe(first.password)
  expect((await readMailbox(second, alice)).map((message) => message.subject)).toEqual(['before'])
})

test('SIGTERM ends with exit code 0 and leaves no process behind', async () => {
  const server = await start()
  const workerds = workerdBelow(server.process.pid ?? 0)
  expect(workerds.length).toBeGreaterThan(0)
  expect(await server.stop()).toBe(0)
  for (const pid of workerds) expect(() => process.kill(pid, 0)).toThrow('ESRCH')
})

test('SIGTERM to npm start reaches the server: it drains, and leaves no process behind', async () => {
  const server = await start({ command: ['npm', 'start', '--'] })
  const workerds = workerdBelow(server.process.pid ?? 0)
  expect(workerds).toHaveLength(1)
  expect(await server.stop()).toBe(0)
  for (const pid of workerds) expect(() => process.kill(pid, 0)).toThrow('ESRCH')
})

test('kill -9 of workerd right after a 250: the message is there, and the server comes back by itself', async () => {
  const server = await start()
  await sendFromOutside(server, { to: bob, subject: 'acknowledged', text: 'x' })
  for (const pid of workerdBelow(server.process.pid ?? 0)) process.kill(pid, 'SIGKILL')
  const subjects = async () => (await readMailbox(server, bob).catch(() => [])).map((message) => message.subject)
  await expect.poll(subjects, { timeout: 30_000 }).toEqual(['acknowledged'])
  await expect
    .poll(
      () =>
        sendFromOutside(server, { to: bob, subject: 'after', text: 'x' }).then(
          () => true,
          () => false,
        ),
      { timeout: 30_000 },
    )
    .toBe(true)
  expect(await subjects()).toContain('after')
})

test('kill -9 of everything right after a 250: the message is there after a new start', async () => {
  const server = await start()
  await sendAs(server, alice, { to: bob, subject: 'durable', text: 'x' })
  const workerds = workerdBelow(server.process.pid ?? 0)
  server.process.kill('SIGKILL')
  for (const pid of workerds) process.kill(pid, 'SIGKILL')
  const second = await start({ data: server.data })
  expect((await readMailbox(second, bob)).map((message) => message.subject)).toEqual(['durable'])
})

test('kill -9 of the server alone takes workerd along, so that a new start finds its ports and its files free', async () => {
  const server = await start()
  await sendAs(server, alice, { to: bob, subject: 'durable', text: 'x' })
  const workerds = workerdBelow(server.process.pid ?? 0)
  expect(workerds).toHaveLength(1)
  server.process.kill('SIGKILL')
  const left = () => workerds.filter(isAlive)
  await expect.poll(left, { timeout: 15_000 }).toEqual([])
  const second = await start({ data: server.data })
  expect((await readMailbox(second, bob)).map((message) => message.subject)).toEqual(['durable'])
})

test('two servers cannot share a data directory', async () => {
  const server = await start()
  const result = await facteur([
    'start',
    '--data',
    server.data,
    '--http',
    '0',
    '--smtp',
    '0',
    '--submission',
    '0',
    '--submissions',
    '0',
    '--imap',
    '0',
    '--imaps',
    '0',
    '--pop3',
    '0',
    '--pop3s',
    '0',
  ])
  expect(result).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^facteur start: Another facteur \(process \d+\) .*\n$/),
  })
})

test.each([
  ['an unknown flag', ['--no-such-flag'], /no-such-flag/],
  ['a port that is no number', ['--smtp', 'many'], /--smtp must be a port number/],
  ['a port out of range', ['--smtp', '70000'], /--smtp must be a port number/],
  ['a key without its certificate', ['--tls-key', '/nonexistent'], /go together/],
  [
    'an unreadable certificate',
    ['--tls-cert', '/nonexistent.pem', '--tls-key', '/nonexistent.key'],
    /nonexistent\.(pem|key)/,
  ],
  ['a smarthost that is no URL', ['--smarthost', 'mail.example'], /smtp:\/\//],
  ['a resolver that is no URL', ['--doh', 'dns.example'], /--doh must be/],
  ['a stray word', ['everything'], /"everything" is not understood/],
])('%s is told in one sentence, with exit code 2', async (_, flags, sentence) => {
  const data = temporaryDirectory()
  directories.push(data)
  const ports = ['http', 'smtp', 'submission', 'submissions', 'imap', 'imaps', 'pop3', 'pop3s'].filter(
    (name) => !flags.includes(`--${name}`),
  )
  const result = await facteur(['start', '--data', data, ...ports.flatMap((name) => [`--${name}`, '0']), ...flags])
  expect(result.code).toBe(2)
  expect(result.stderr.trim().split('\n')).toHaveLength(1)
  expect(result.stderr).toMatch(sentence)
})

test('a taken port is told with the flag that changes it', async () => {
  const holder = createServer()
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve))
  const data = temporaryDirectory()
  directories.push(data)
  const port = String((holder.address() as AddressInfo).port)
  const result = await facteur(['start', '--data', data, '--http', '0', '--smtp', port])
  holder.close()
  expect(result).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(`Port ${port} on 127.0.0.1 is already in use; choose another with --smtp.`),
  })
})

test('an environment variable stands for a flag, and the command line wins', async () => {
  const result = await facteur(['start', '--smtp', 'wrong'], { FACTEUR_SMTP: '0' })
  expect(result.stderr).toContain('--smtp must be')
  const inherited = await facteur(['start'], { FACTEUR_SMTP: 'wrong' })
  expect(inherited.stderr).toContain('FACTEUR_SMTP must be')
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}
