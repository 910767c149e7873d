/**
 * `facteur trace`: what became of a message.
 */
import { adminClient, serverFlags } from '../admin-client.ts'
import { UsageError } from '../failure.ts'
import { describeFlags, parseFlags } from '../flags.ts'
import { table } from '../table.ts'

const flagTable = {
  ...serverFlags,
  from: { type: 'string', value: 'ADDRESS', help: 'messages of this envelope sender' },
  to: { type: 'string', value: 'ADDRESS', help: 'messages to this recipient' },
  'message-id': { type: 'string', value: 'ID', help: 'messages with this Message-ID' },
  days: { type: 'string', value: 'N', help: 'how far back to look' },
} as const

export const usage = [
  'facteur trace ID              everything that happened to a message: ID is in its Received field and in the 250',
  'facteur trace --from ADDRESS | --to ADDRESS | --message-id ID',
  '',
  ...describeFlags(flagTable),
].join('\n')

interface Arrived {
  readonly id: string
  readonly at: number
  readonly type: 'arrived'
  readonly source: string
  readonly client?: string
  readonly tls?: string
  readonly sender: string
  readonly recipients: readonly string[]
  readonly recipientCount: number
  readonly size: number
  readonly messageId?: string
  readonly verdict?: string
  readonly reply: string
}

interface Step {
  readonly at: number
  readonly type: string
  readonly recipient?: string
  readonly recipients?: readonly string[]
  readonly address?: string
  readonly place?: { readonly kind: string; readonly domain?: string; readonly entry?: string }
  readonly status?: string
  readonly host?: string
  readonly tls?: string
  readonly verifiedBy?: string
  readonly reply?: string
  readonly cause?: string
  readonly to?: string
  readonly actions?: readonly string[]
  readonly agent?: string
  readonly earlier?: readonly string[]
  readonly rules?: readonly string[]
  readonly dropped?: boolean
  readonly webhook?: string
  readonly event?: string
}

export async function run(argv: readonly string[]): Promise<number> {
  const { flags, positionals } = parseFlags(flagTable, argv, process.env)
  const [id, ...more] = positionals
  const { from, to, days } = flags
  const query = { from, to, 'message-id': flags['message-id'], days }
  const isSearch = from !== undefined || to !== undefined || flags['message-id'] !== undefined
  if (more.length > 0 || (id === undefined) !== isSearch) {
    throw new UsageError('say "trace ID", or one of --from, --to and --message-id.')
  }
  const client = adminClient(flags)
  if (id !== undefined) {
    const steps = await client.request<(Arrived | Step)[]>('GET', ['traces', id])
    console.log(flags.json ? JSON.stringify(steps) : table(steps.flatMap(lines)))
    return 0
  }
  const found = await client.request<Arrived[]>('GET', ['traces'], undefined, query)
  if (flags.json) console.log(JSON.stringify(found))
  else console.log(found.length === 0 ? 'Nothing came that fits.' : table(found.map(summary)))
  return 0
}

function summary({ at, id, sender, recipients, recipientCount, reply }: Arrived): string[] {
  const more = recipientCount > 1 ? ` and ${recipientCount - 1} more` : ''
  return [time(at), id, `<${sender}>`, `<${recipients[0] ?? ''}>${more}`, reply]
}

/** A step as lines of a table: when, what, for whom, how it went. */
function lines(step: Arrived | Step): string[][] {
  const when = time(step.at)
  if (isArrival(step)) {
    const { source, client, tls, sender, recipients, recipientCount, size, messageId, verdict, reply } = step
    const facts = [
      `from <${sender}> to ${recipients.map((address) => `<${address}>`).join(' ')}`,
      recipientCount > recipients.length ? `and ${recipientCount - recipients.length} more` : '',
      `by ${source}`,
      client === undefined ? '' : `from ${client}`,
      tls === undefined ? '' : `over ${tls}`,
      `${size} bytes`,
    ]
    return [
      [when, 'arrived', facts.filter((fact) => fact !== '').join(' ')],
      ...(messageId === undefined ? [] : [['', '', `Message-ID <${messageId}>`]]),
      ...(verdict === undefined ? [] : [['', '', verdict]]),
      ['', '', reply],
    ]
  }
  const { type, recipient, recipients, address, place, status, host, reply, cause, to, actions } = step
  if (type === 'ruled') {
    const via = address === undefined ? '' : ` as <${address}>`
    const end = step.dropped === true ? ': dropped' : ''
    return [[when, type, `<${recipient}>${via}: ${(step.rules ?? []).join(', ')}${end}`]]
  }
  if (type === 'placed' || type === 'copied') {
    const where = place?.kind === 'queue' ? `queue of ${place.domain} as ${place.entry ?? '?'}` : 'mailbox'
    const via = address === undefined ? '' : ` as <${address}>`
    return [[when, status ?? type, [`<${recipient}>${via}: ${where}`, reply].filter(Boolean).join(': ')]]
  }
  if (type === 'told') {
    const { webhook = '', event = '' } = step
    return [[when, status ?? type, [`${webhook}: ${event} <${recipient}>`, cause].filter(Boolean).join(': ')]]
  }
  if (type === 'attempt') {
    const by = host === undefined ? '' : ` by ${host} ${connection(step)}`
    const way = step.agent === undefined ? '' : ` (${step.agent})`
    return [
      ...(step.earlier ?? []).map((text) => [when, 'failed', `<${recipient}> (${text.replace(': ', '): ')}`]),
      [when, status ?? type, [`<${recipient}>${by}${way}`, reply ?? cause].filter(Boolean).join(': ')],
    ]
  }
  if (type === 'reported') return [[when, type, `to <${to}>: ${(actions ?? []).join(', ')}`]]
  return [[when, type, (recipients ?? []).map((one) => `<${one}>`).join(' ')]]
}

const verifiers: Readonly<Record<string, string>> = { dane: 'DANE', 'mta-sts': 'MTA-STS', pkix: 'its authority' }

/** How the host was spoken to, and what vouched for it being the host. */
function connection({ tls, verifiedBy }: Step): string {
  if (tls === undefined) return 'in the clear'
  const by = verifiedBy === undefined ? undefined : (verifiers[verifiedBy] ?? verifiedBy)
  return `over ${tls || 'TLS'}${by === undefined ? ', certificate not verified' : `, verified by ${by}`}`
}

function isArrival(step: Arrived | Step): step is Arrived {
  return step.type === 'arrived'
}

function time(at: number): string {
  return new Date(at).toISOString()
}
