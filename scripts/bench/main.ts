/**
 * `npm run bench`: starts the server on an empty data directory and measures the main jobs from outside.
 *
 * Prints Markdown tables. Loopback only; every loop is bounded. `npm run bench -- smtp api relay imap pop3 jmap`
 * (`routing` and `rows` too) picks parts.
 * `--data DIR` keeps the data directory and uses it again. For JMAP: `--messages 10000,100000` (a mailbox of each),
 * `--rounds`, `--time` (seconds of a round), `--only TEXT` (rows). Another server beside: `--peer URL --user A,B
 * --password …` (an account for each size), `--peer-pid` for its CPU time, `--peer-imap PORT` to fill its inboxes.
 * For the relay: `--peer-smtp PORT` of a server that relays for loopback, and `--peer-sink PORT`: it sends the mail of
 * `dN.relay.test` to port PORT+N.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type ApiLoad, sendByApi } from './api.ts'
import { cpuMilliseconds } from './cpu.ts'
import { ImapConnection } from './imap.ts'
import { coldStart, measureJmap, type Measured } from './jmap.ts'
import { mailboxMessage } from './mailbox-messages.ts'
import { collect } from './pop3.ts'
import { relay, Sink, sinkRecipients } from './relay.ts'
import { measureRouting } from './routing.ts'
import { BenchServer } from './server.ts'
import { ingest, percentile } from './smtp.ts'

const { values: options, positionals: parts } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string' },
    messages: { type: 'string', default: '10000,100000' },
    rounds: { type: 'string', default: '3' },
    time: { type: 'string', default: '1.5' },
    only: { type: 'string', multiple: true },
    peer: { type: 'string' },
    user: { type: 'string' },
    password: { type: 'string' },
    'peer-pid': { type: 'string' },
    'peer-imap': { type: 'string' },
    'peer-smtp': { type: 'string' },
    'peer-sink': { type: 'string' },
  },
})
const password = 'bench-password'
const sizes = options.messages.split(',').map(Number)
const rows: string[][] = []
const wanted = (name: string) => parts.length === 0 || parts.includes(name)

const data = options.data ?? mkdtempSync(join(tmpdir(), 'facteur-bench-'))
const sink = ['relay', 'api'].some(wanted)
  ? await Sink.start(options['peer-sink'] === undefined ? undefined : Number(options['peer-sink']))
  : undefined
const unbounded = ['--recipients-per-hour', '1000000', '--recipients-per-day', '1000000']
const routes = sink === undefined ? [] : ['--doh', sink.place.doh, '--mx-port', String(sink.place.port), ...unbounded]
let server = await BenchServer.start(data, ...routes)
try {
  const small = Array.from({ length: 100 }, (_, index) => `u${index}`)
  await server.ensureAccounts(['big', ...sizes.map((size) => `big${size}`), ...small], password)
  if (wanted('smtp')) await measureIngest(server.port('SMTP'))
  if (sink !== undefined && wanted('api')) await measureApi(sink)
  if (sink !== undefined && wanted('relay')) await measureRelay(sink)
  if (wanted('routing')) rows.push(...(await measureRouting(server, Number(options.rounds))))
  if (wanted('rows')) await measureRows(server.port('SMTP'))
  if (wanted('imap')) await measureImap(server.imapPort)
  if (wanted('pop3')) await measurePop3(server.imapPort, server.port('POP3 \\(STARTTLS\\)'))
  if (rows.length > 0) print([['work', 'result'], ...rows])
  if (wanted('jmap')) print(await runJmap())
} finally {
  await server.stop()
  sink?.stop()
  if (options.data === undefined) rmSync(data, { recursive: true, force: true })
}

function print([head, ...lines]: readonly string[][]): void {
  const table = [head ?? [], (head ?? []).map(() => '---'), ...lines]
  console.log(table.map((row) => `| ${row.join(' | ')} |`).join('\n'))
}

/** 1,000 messages of 35 KB, one after the other. */
async function measurePop3(imapPort: number, port: number): Promise<void> {
  const account = 'u98@bench.test'
  const client = await ImapConnection.login(imapPort, account, password)
  await client.fill('INBOX', 1_000, 35 * 1024)
  client.close()
  const times: number[] = []
  let mean = 0
  const before = cpuMilliseconds([server.pid])
  for (let repetition = 0; repetition < 9; repetition++) {
    const { count, milliseconds, octets } = await collect(port, account, password)
    times.push(milliseconds)
    mean = octets / count / 1024
  }
  const cpu = (cpuMilliseconds([server.pid]) - before) / 9_000
  times.sort((a, b) => a - b)
  const [least = 0] = times
  rows.push([
    `POP3, 1,000 messages of ${mean.toFixed(0)} KB, one after the other`,
    `${percentile(times, 0.5).toFixed(0)} ms (least ${least.toFixed(0)}); server CPU ${cpu.toFixed(2)} ms a message`,
  ])
}

/** One session, so that every message is a transaction of its own: the dearest case. */
async function measureRows(port: number): Promise<void> {
  const account = 'u99@bench.test'
  const written = async () =>
    (await server.administer<{ rowsWritten: number }>('GET', `accounts/${account}`)).rowsWritten
  for (const size of [4_096, 51_200]) {
    const before = await written()
    await ingest(port, [account], 1, 100, size)
    rows.push([`Rows written per message, ${size / 1024} KB`, ((await written()) - before) / 100 + ''])
  }
}

async function measureIngest(port: number): Promise<void> {
  for (const size of [4_096, 51_200]) {
    for (const targets of [1, 100]) {
      for (const sessions of [1, 8, 32]) {
        const recipients = Array.from({ length: targets }, (_, index) => `u${index}@bench.test`)
        await ingest(port, recipients, sessions, 200, size)
        const before = cpuMilliseconds([server.pid])
        const count = size > 10_000 ? 1_000 : 2_000
        const result = await ingest(port, recipients, sessions, count, size)
        const cpu = (cpuMilliseconds([server.pid]) - before) / count
        rows.push([
          `SMTP accept, ${size / 1024} KB, ${targets} mailboxes, ${sessions} sessions`,
          `${result.perSecond.toFixed(0)}/s; p50 ${result.p50.toFixed(2)} ms, p99 ${result.p99.toFixed(2)} ms; server CPU ${cpu.toFixed(2)} ms`,
        ])
      }
    }
  }
}

/**
 * One program's account sends to fifty mailboxes; then to fifty domains elsewhere, where the CPU time is also that of sending
 * the messages on.
 */
async function measureApi(to: Sink): Promise<void> {
  const made = { name: 'bench', scopes: ['messages:send'], domains: ['bench.test'], perMinute: 0 }
  const { token } = await server.administer<{ token: string }>('POST', 'tokens', made)
  const recipients = Array.from({ length: 50 }, (_, index) => `u${index + 50}@bench.test`)
  const cases = [
    ...[1, 8, 32].map((inFlight) => ({ inFlight, name: 'one a request' })),
    ...[1, 8, 32].map((inFlight) => ({ inFlight, keys: true, name: 'one a request, with a key' })),
    ...[1, 4].map((inFlight) => ({ inFlight, batch: 50, name: 'fifty a request' })),
    ...[8, 32].map((inFlight) => ({ inFlight, isOutside: true, name: 'one a request, to elsewhere' })),
    { inFlight: 32, isOutside: true, isSigned: true, name: 'one a request, to elsewhere, signed' },
  ]
  for (const { name, isOutside = false, isSigned = false, ...how } of cases as ApiCase[]) {
    const whom = { sender: 'u0@bench.test', recipients: isOutside ? sinkRecipients : recipients }
    const load = { url: server.url, token, size: 4_096, ...whom, ...how }
    await server.administer('POST', `domains/bench.test/dkim/${isSigned ? 'rotate' : 'stop'}`)
    await to.ask('reset')
    await sendByApi({ ...load, count: 300 })
    if (isOutside) await to.received(300)
    const before = cpuMilliseconds([server.pid])
    const result = await sendByApi({ ...load, count: 2_000 })
    if (isOutside) await to.received(2_300)
    const cpu = (cpuMilliseconds([server.pid]) - before) / 2_000
    rows.push([
      `API send, 4 KB, ${name}, ${how.inFlight} at a time`,
      `${result.perSecond.toFixed(0)}/s; p50 ${result.p50.toFixed(2)} ms, p99 ${result.p99.toFixed(2)} ms; server CPU ${cpu.toFixed(2)} ms`,
    ])
  }
}

interface ApiCase extends Partial<ApiLoad> {
  readonly name: string
  readonly inFlight: number
  readonly isOutside?: boolean
  readonly isSigned?: boolean
}

async function measureImap(port: number): Promise<void> {
  const client = await ImapConnection.login(port, 'big@bench.test', password)
  await client.fill('INBOX', 10_000, 4_096)
  await client.command('SELECT INBOX')
  for (const items of ['(FLAGS UID)', '(ENVELOPE BODYSTRUCTURE INTERNALDATE RFC822.SIZE)']) {
    const first = await client.command(`FETCH 1:* ${items}`)
    const times: number[] = []
    for (let repetition = 0; repetition < 9; repetition++)
      times.push((await client.command(`FETCH 1:* ${items}`)).milliseconds)
    times.sort((a, b) => a - b)
    rows.push([
      `IMAP FETCH 1:* ${items}, 10,000 messages`,
      `${percentile(times, 0.5).toFixed(1)} ms; first ${first.milliseconds.toFixed(1)} ms; ${(first.response.length / 1e6).toFixed(1)} MB`,
    ])
  }
  client.close()
}

/**
 * 2,000 messages to 50 domains, ours and the peer's in turn, so that a busy minute is one for both; then ours signed by DKIM.
 * The first round of each is not counted.
 */
async function measureRelay(to: Sink): Promise<void> {
  const sender = { address: 'u0@bench.test', password }
  const own = { name: 'facteur', port: server.port('Submission'), sender, pids: [server.pid] }
  const peerPort = options['peer-smtp']
  const pids = (options['peer-pid'] ?? '').split(',').filter(Boolean).map(Number)
  const peer = { name: 'peer', port: Number(peerPort), sender: { address: sender.address }, pids }
  const signed = { ...own, name: 'facteur, signed (RSA and Ed25519)' }
  for (const turns of [peerPort === undefined ? [own] : [own, peer], [signed]]) {
    await server.administer('POST', `domains/bench.test/dkim/${turns.includes(signed) ? 'rotate' : 'stop'}`)
    for (let round = 0; round <= Number(options.rounds); round++) {
      for (const { name, port, sender: from, pids: counted } of turns) {
        const result = await relay(to, port, from, counted)
        if (round === 0) continue
        rows.push([
          `Relay, 2,000 messages of 4 KB to 50 domains, ${name}`,
          `${result.deliveredPerSecond.toFixed(0)}/s (accepted ${result.acceptedPerSecond.toFixed(0)}/s); ` +
            `${result.connections} connections; server CPU ${result.cpu.toFixed(2)} ms`,
        ])
      }
    }
  }
}

/** Ours on each size, the peer's accounts beside them; then ours again, cold. */
async function runJmap(): Promise<string[][]> {
  const own = sizes.map((size): Measured => {
    const login = { user: `big${size}@bench.test`, password }
    return { name: `facteur, ${size}`, url: `${server.url}/jmap/session`, ...login, pids: [server.pid] }
  })
  const peerUsers = options.peer === undefined ? [] : (options.user ?? '').split(',')
  const peers = peerUsers.map((user, index): Measured => {
    const pids = (options['peer-pid'] ?? '').split(',').filter(Boolean).map(Number)
    const login = { user, password: options.password ?? '' }
    return { name: `peer, ${sizes[index]}`, url: options.peer ?? '', ...login, pids }
  })
  for (const [index, size] of sizes.entries()) {
    await fill(server.imapPort, own[index] as Measured, size)
    const peer = peers[index]
    if (peer !== undefined && options['peer-imap'] !== undefined) await fill(Number(options['peer-imap']), peer, size)
  }
  const accounts = sizes.flatMap((_, index) => [own[index], peers[index]].filter((account) => account !== undefined))
  const settings = { rounds: Number(options.rounds), roundTime: Number(options.time) * 1000, only: options.only ?? [] }
  const table = [['one request', ...accounts.map(({ name }) => name)], ...(await measureJmap(accounts, settings))]
  await server.stop()
  server = await BenchServer.start(data)
  const cold: string[] = ['open inbox, the first after a start']
  for (const account of accounts) {
    const isOwn = own.includes(account)
    cold.push(isOwn ? await coldStart({ ...account, url: `${server.url}/jmap/session`, pids: [server.pid] }) : '–')
  }
  return [...table, cold]
}

async function fill(port: number, account: Measured, size: number): Promise<void> {
  const client = await ImapConnection.login(port, account.user, account.password)
  await client.fillDated(size, (message) => mailboxMessage(message, size))
  client.close()
}
