/**
 * `facteur audit`: who changed what by administration.
 */
import { adminClient, serverFlags } from '../admin-client.ts'
import { UsageError } from '../failure.ts'
import { describeFlags, parseFlags } from '../flags.ts'
import { table } from '../table.ts'

const flagTable = {
  ...serverFlags,
  last: { type: 'string', value: 'N', default: '100', help: 'so many of the latest changes, up to 1000' },
} as const

export const usage = ['facteur audit list   who changed what, when, from where', '', ...describeFlags(flagTable)].join(
  '\n',
)

interface AuditRecord {
  readonly id: number
  readonly at: number
  readonly who: string
  readonly what: string
  readonly target: string
  readonly details?: Readonly<Record<string, unknown>>
  readonly from: string
  readonly client?: string
}

export async function run(argv: readonly string[]): Promise<number> {
  const { flags, positionals } = parseFlags(flagTable, argv, process.env)
  const last = Number(flags.last)
  if (positionals.join(' ') !== 'list') throw new UsageError('say "audit list".')
  if (!Number.isInteger(last) || last < 1 || last > 1_000) throw new UsageError('--last is a number from 1 to 1000.')
  const records = await adminClient(flags).page<AuditRecord>(['audit'], { limit: flags.last })
  if (flags.json) console.log(JSON.stringify(records))
  else console.log(records.length === 0 ? 'Nothing was changed yet.' : table(records.toReversed().map(row)))
  return 0
}

function row({ at, who, what, target, details = {}, from, client }: AuditRecord): string[] {
  const [method = ''] = what.split(' ')
  const said = Object.entries(details).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  const place = client === undefined ? from : `${from} (${client})`
  return [new Date(at).toISOString(), who, place, method, [target, ...said].join(' ')]
}
