/**
 * `npm run bench`: starts the server on an empty data directory and measures the main jobs from outside.
 *
 * Prints a Markdown table. Loopback only; every loop is bounded. `npm run bench -- smtp imap jmap` picks parts.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import { ImapConnection } from './imap.ts'
import { ingest, percentile } from './smtp.ts'

const root = resolve(import.meta.dirname, '..', '..')
const parts = process.argv.slice(2)
const wanted = (name: string) => parts.length === 0 || parts.includes(name)
const rows: string[][] = []

const data = mkdtempSync(join(tmpdir(), 'facteur-bench-'))
const server = spawn(
  process.execPath,
  [
    join(root, 'src', 'cli', 'bin.mjs'),
    'start',
    '--data',
    data,
    '--no-demo',
    '--default-domain',
    'bench.test',
    '--hostname',
    'bench.test',
    ...['http', 'smtp', 'submission', 'submissions', 'imap', 'imaps'].flatMap((name) => [`--${name}`, '0']),
  ],
  { stdio: ['ignore', 'pipe', 'ignore'] },
)
try {
  const table = await readyTable()
  const url = /^facteur is ready at (\S+)$/m.exec(table)?.[1] ?? ''
  const port = (name: string) => Number(new RegExp(`^ {2}${name}.*:(\\d+)$`, 'm').exec(table)?.[1])
  await prepare(url)
  if (wanted('smtp')) await measureIngest(port('SMTP'))
  if (wanted('rows')) await measureRows(url, port('SMTP'))
  if (wanted('imap')) await measureImap(port('IMAP \\(STARTTLS\\)'))
  if (wanted('jmap')) await measureJmap(url, port('IMAP \\(STARTTLS\\)'))
  console.log(['| work | result |', '|---|---|', ...rows.map((row) => `| ${row.join(' | ')} |`)].join('\n'))
} finally {
  server.kill('SIGTERM')
  await once(server, 'exit')
  rmSync(data, { recursive: true, force: true })
}

async function readyTable(): Promise<string> {
  let text = ''
  server.stdout.setEncoding('utf8')
  for await (const chunk of server.stdout) {
    text += String(chunk)
    if (/^ {2}Data .*\n/m.test(text)) return text
  }
  throw new Error(`the server did not start:\n${text}`)
}

/** 100 accounts `u0` … `u99` and `big`, all with the password `pw`-and-more that the API accepts. */
async function prepare(url: string): Promise<void> {
  const post = (path: string, body: object) => administer(url, 'POST', path, body)
  await post('domains', { name: 'bench.test' })
  const names = ['big', ...Array.from({ length: 100 }, (_, index) => `u${index}`)]
  for (const name of names) await post('accounts', { address: `${name}@bench.test`, password: 'bench-password' })
}

async function administer<T>(url: string, method: string, path: string, body?: object): Promise<T> {
  const { adminToken } = JSON.parse(readFileSync(join(data, 'secrets.json'), 'utf8')) as { adminToken: string }
  const response = await fetch(`${url}/admin/${path}`, {
    method,
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  return (await response.json()) as T
}

/** One session, so that every message is a transaction of its own: the dearest case. */
async function measureRows(url: string, port: number): Promise<void> {
  const account = 'u99@bench.test'
  const written = async () => (await administer<{ rowsWritten: number }>(url, 'GET', `accounts/${account}`)).rowsWritten
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
        const before = cpuSeconds()
        const count = size > 10_000 ? 1_000 : 2_000
        const result = await ingest(port, recipients, sessions, count, size)
        const cpu = ((cpuSeconds() - before) * 1000) / count
        rows.push([
          `SMTP accept, ${size / 1024} KB, ${targets} mailboxes, ${sessions} sessions`,
          `${result.perSecond.toFixed(0)}/s; p50 ${result.p50.toFixed(2)} ms, p99 ${result.p99.toFixed(2)} ms; server CPU ${cpu.toFixed(2)} ms`,
        ])
      }
    }
  }
}

async function measureImap(port: number): Promise<void> {
  const client = await ImapConnection.login(port, 'big@bench.test', 'bench-password')
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

async function measureJmap(url: string, imapPort: number): Promise<void> {
  const client = await ImapConnection.login(imapPort, 'big@bench.test', 'bench-password')
  await client.fill('INBOX', 10_000, 4_096)
  client.close()
  const headers = {
    authorization: `Basic ${Buffer.from('big@bench.test:bench-password').toString('base64')}`,
    'content-type': 'application/json',
  }
  const session = (await (await fetch(`${url}/jmap/session`, { headers })).json()) as {
    apiUrl: string
    primaryAccounts: Record<string, string>
  }
  const accountId = session.primaryAccounts['urn:ietf:params:jmap:mail']
  const call = async (methodCalls: unknown[]) => {
    const using = ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:mail']
    const response = await fetch(session.apiUrl, {
      method: 'POST',
      headers,
      body: JSON.stringify({ using, methodCalls }),
    })
    return (await response.json()) as { methodResponses: [string, { list: { id: string; role: string }[] }, string][] }
  }
  const boxes = (await call([['Mailbox/get', { accountId }, 'm']])).methodResponses[0]?.[1].list ?? []
  const inbox = boxes.find((box) => box.role === 'inbox')?.id
  const view = [
    [
      'Email/query',
      {
        accountId,
        filter: { inMailbox: inbox },
        sort: [{ property: 'receivedAt', isAscending: false }],
        collapseThreads: true,
        limit: 50,
      },
      'q',
    ],
    [
      'Email/get',
      {
        accountId,
        '#ids': { resultOf: 'q', name: 'Email/query', path: '/ids' },
        properties: [
          'id',
          'threadId',
          'mailboxIds',
          'keywords',
          'from',
          'subject',
          'receivedAt',
          'size',
          'preview',
          'hasAttachment',
        ],
      },
      'g',
    ],
    ['Thread/get', { accountId, '#ids': { resultOf: 'g', name: 'Email/get', path: '/list/*/threadId' } }, 't'],
  ]
  for (const concurrency of [1, 8, 32]) {
    const times: number[] = []
    const start = performance.now()
    await Promise.all(
      Array.from({ length: concurrency }, async () => {
        while (performance.now() - start < 3_000) {
          const begin = performance.now()
          await call(view)
          times.push(performance.now() - begin)
        }
      }),
    )
    times.sort((a, b) => a - b)
    rows.push([
      `JMAP open inbox, 10,000 messages, ${concurrency} at once`,
      `${(times.length / 3).toFixed(0)}/s; p50 ${percentile(times, 0.5).toFixed(2)} ms, p99 ${percentile(times, 0.99).toFixed(2)} ms`,
    ])
  }
}

/** CPU time of the server's process and everything below it, in seconds. */
function cpuSeconds(): number {
  const tree = (pid: number): number[] => {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .filter(Boolean)
      .map(Number)
    return [pid, ...children.flatMap(tree)]
  }
  return tree(server.pid ?? 0).reduce((total, pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    return total + (Number(fields[11]) + Number(fields[12])) / 100
  }, 0)
}
