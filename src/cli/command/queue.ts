/**
 * `facteur queue`: mail that waits to be delivered, and what a destination is allowed.
 */
import { type AdminClient, adminClient, serverFlags } from '../admin-client.ts'
import { UsageError } from '../failure.ts'
import { describeFlags, type FlagTable, parseFlags } from '../flags.ts'
import { table } from '../table.ts'
import { showQueues, showWaiting, type QueueCounts, type Waiting } from './queue-tables.ts'

const selectionFlags = {
  sender: { type: 'string', value: 'ADDRESS', help: 'only from this address, `@domain`, or `<>` for reports' },
  recipient: { type: 'string', value: 'ADDRESS', help: 'only to this address or `@domain`' },
  status: { type: 'string', value: 'STATUS', help: 'only what is waiting, held, frozen or kept' },
  'older-than': { type: 'string', value: 'TIME', help: 'only what came before: 90s, 15m, 2h, 3d' },
  all: { type: 'boolean', help: 'with delete: really all of it' },
} as const satisfies FlagTable

const limitFlags = {
  'per-minute': { type: 'integer', value: 'N', help: 'with limit: messages a minute; 0: as many as go' },
  concurrency: { type: 'integer', value: 'N', help: 'with limit: connections at once; 0: as many as it takes' },
} as const satisfies FlagTable

const flagTable = { ...serverFlags, ...selectionFlags, ...limitFlags }

export const usage = [
  'facteur queue list [DOMAIN]              destinations with waiting mail, or what waits for one',
  'facteur queue show DOMAIN ID',
  'facteur queue retry DOMAIN [ID]          try now',
  'facteur queue hold DOMAIN [ID]           keep back until it is released',
  'facteur queue release DOMAIN [ID]',
  'facteur queue delete DOMAIN ID|--…       drop; its sender gets no report',
  'facteur queue limit DOMAIN               what it may have; with --per-minute or --concurrency sets it',
  '',
  'Without an ID, all that the flags select:',
  ...describeFlags(selectionFlags),
  '',
  ...describeFlags({ ...limitFlags, ...serverFlags }),
].join('\n')

const acts = {
  retry: ['retried', 'due now'],
  hold: ['held', 'held'],
  release: ['released', 'released'],
  delete: ['deleted', 'dropped'],
} as const

type Act = keyof typeof acts

export async function run(argv: readonly string[]): Promise<number> {
  const { flags, positionals } = parseFlags(flagTable, argv, process.env)
  const [action, domain, id] = positionals
  const client = adminClient(flags)
  const print = (value: object, text: string) => console.log(flags.json ? JSON.stringify(value) : text)
  const selection = {
    ...(flags.sender === undefined ? {} : { sender: flags.sender }),
    ...(flags.recipient === undefined ? {} : { recipient: flags.recipient }),
    ...(flags.status === undefined ? {} : { status: flags.status }),
    ...(flags['older-than'] === undefined ? {} : { olderThan: secondsOf(flags['older-than']) }),
  }

  if (action === 'list' && domain === undefined && Object.keys(selection).length === 0) {
    const queues = await client.request<QueueCounts[]>('GET', ['queues'])
    print(queues, showQueues(queues))
  } else if (action === 'list' && id === undefined) {
    const domains = domain === undefined ? await waitingDomains(client) : [domain]
    const entries: Waiting[] = []
    for (const one of domains) {
      entries.push(...(await client.request<Waiting[]>('GET', ['queues', one], undefined, selection)))
    }
    print(entries, showWaiting(entries, domain === undefined))
  } else if (action === 'show' && domain !== undefined && id !== undefined) {
    const entry = await client.request<object>('GET', ['queues', domain, id])
    print(entry, JSON.stringify(entry, null, 2))
  } else if (isAct(action) && domain !== undefined && id !== undefined) {
    await (action === 'delete'
      ? client.request('DELETE', ['queues', domain, id])
      : client.request('POST', ['queues', domain, id, action]))
    print({}, 'Done.')
  } else if (isAct(action) && domain !== undefined) {
    const [field, word] = acts[action]
    const body = flags.all && action === 'delete' ? { ...selection, all: true } : selection
    const changed = await client.request<Record<string, number>>('POST', ['queues', domain, action], body)
    print(changed, `${changed[field] ?? 0} ${word}.`)
  } else if (action === 'limit' && domain !== undefined && id === undefined) {
    await limit(client, domain, flags['per-minute'], flags.concurrency, print)
  } else {
    throw new UsageError(
      'say "queue list [DOMAIN]", "queue show DOMAIN ID", "queue retry DOMAIN" or "queue limit DOMAIN"; --help tells more.',
    )
  }
  return 0
}

interface Limits {
  readonly perMinute: number | null
  readonly concurrency: number | null
}

async function limit(
  client: AdminClient,
  domain: string,
  perMinute: number | undefined,
  concurrency: number | undefined,
  print: (value: object, text: string) => void,
): Promise<void> {
  const path = ['queues', domain, 'limits']
  const present = await client.request<Limits>('GET', path)
  const wanted: Limits = {
    perMinute: perMinute === undefined ? present.perMinute : orNone(perMinute),
    concurrency: concurrency === undefined ? present.concurrency : orNone(concurrency),
  }
  if (perMinute !== undefined || concurrency !== undefined) await client.request('PUT', path, wanted)
  print(
    wanted,
    table([
      ['messages a minute', String(wanted.perMinute ?? 'as many as go')],
      ['connections at once', String(wanted.concurrency ?? 'as many as it takes')],
    ]),
  )
}

function orNone(count: number): number | null {
  return count === 0 ? null : count
}

async function waitingDomains(client: AdminClient): Promise<string[]> {
  return (await client.request<QueueCounts[]>('GET', ['queues'])).map(({ domain }) => domain)
}

function isAct(action: string | undefined): action is Act {
  return action !== undefined && Object.hasOwn(acts, action)
}

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 }

function secondsOf(text: string): string {
  const match = /^(\d{1,6})([smhd])$/.exec(text)
  const unit = units[match?.[2] ?? '']
  if (match === null || unit === undefined) throw new UsageError('--older-than is a number with s, m, h or d, like 2h.')
  return String(Number(match[1]) * unit)
}
