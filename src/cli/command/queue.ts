/**
 * `facteur queue`: mail that waits to be delivered.
 */
import { adminClient, serverFlags } from '../admin-client.ts'
import { UsageError } from '../failure.ts'
import { describeFlags, parseFlags } from '../flags.ts'
import { table } from '../table.ts'

export const usage = [
  'facteur queue list [DOMAIN]          destinations with waiting mail, or what waits for one',
  'facteur queue show DOMAIN ID',
  'facteur queue retry DOMAIN [ID]      try now',
  'facteur queue hold DOMAIN ID         keep it back until it is released',
  'facteur queue release DOMAIN ID',
  'facteur queue delete DOMAIN ID       drop it; nobody is told',
  '',
  ...describeFlags(serverFlags),
].join('\n')

interface WaitingRecipient {
  readonly address: string
  readonly status?: string
  readonly diagnostic?: string
}

interface Waiting {
  readonly id: string
  readonly reversePath: string
  readonly recipients: readonly WaitingRecipient[]
  readonly nextAttempt?: number
  readonly held?: boolean
}

export async function run(argv: readonly string[]): Promise<number> {
  const { flags, positionals } = parseFlags(serverFlags, argv, process.env)
  const [action, domain, id] = positionals
  const client = adminClient(flags)
  const print = (value: object, text: string) => console.log(flags.json ? JSON.stringify(value) : text)

  if (action === 'list' && domain === undefined) {
    const queues = await client.request<{ domain: string; waiting: number }[]>('GET', ['queues'])
    print(
      queues,
      queues.length === 0 ? 'Nothing waits.' : table(queues.map((queue) => [queue.domain, String(queue.waiting)])),
    )
  } else if (action === 'list' && domain !== undefined) {
    const entries = await client.request<Waiting[]>('GET', ['queues', domain])
    print(entries, entries.length === 0 ? 'Nothing waits.' : table(entries.map(row)))
  } else if (action === 'show' && domain !== undefined && id !== undefined) {
    const entry = await client.request<object>('GET', ['queues', domain, id])
    print(entry, JSON.stringify(entry, null, 2))
  } else if (action === 'retry' && domain !== undefined && id === undefined) {
    const { retried } = await client.request<{ retried: number }>('POST', ['queues', domain, 'retry'])
    print({ retried }, `${retried} due now.`)
  } else if (isAction(action) && domain !== undefined && id !== undefined) {
    await client.request('POST', ['queues', domain, id, action])
    print({}, 'Done.')
  } else if (action === 'delete' && domain !== undefined && id !== undefined) {
    await client.request('DELETE', ['queues', domain, id])
    print({}, 'Done.')
  } else {
    throw new UsageError(
      'say "queue list [DOMAIN]", "queue show DOMAIN ID" or "queue retry DOMAIN"; --help tells more.',
    )
  }
  return 0
}

function isAction(action: string | undefined): action is 'retry' | 'hold' | 'release' {
  return action === 'retry' || action === 'hold' || action === 'release'
}

function row(entry: Waiting): string[] {
  const when = entry.held ? 'held' : entry.nextAttempt === undefined ? '' : new Date(entry.nextAttempt).toISOString()
  const recipients = entry.recipients.map((recipient) => recipient.address).join(', ')
  const reason = entry.recipients.find((recipient) => recipient.diagnostic !== undefined)?.diagnostic ?? ''
  return [entry.id, `<${entry.reversePath}>`, recipients, when, reason]
}
