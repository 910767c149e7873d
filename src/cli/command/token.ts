/**
 * `facteur token`: tokens with which programs use the HTTP API.
 */
import { adminClient, serverFlags } from '../admin-client.ts'
import { UsageError } from '../failure.ts'
import { describeFlags, parseFlags } from '../flags.ts'
import { table } from '../table.ts'

const flagTable = {
  ...serverFlags,
  scope: { type: 'string', value: 'SCOPE,…', help: 'what it may do: messages:send, accounts:read, …' },
  domain: { type: 'string', value: 'DOMAIN,…', help: 'only in these domains' },
  account: { type: 'string', value: 'ADDRESS,…', help: 'only these accounts' },
  expires: { type: 'string', value: 'DATE|DAYS', help: 'until when it is valid: 2027-12-31, or a number of days' },
  'per-minute': { type: 'integer', help: 'requests a minute, 0: as many as it likes (6000)' },
} as const

export const usage = [
  'facteur token add NAME --scope SCOPE,…   a token for the HTTP API; it is shown once',
  'facteur token list',
  'facteur token remove ID',
  '',
  "The server's page /v1 says which scopes there are.",
  '',
  ...describeFlags(flagTable),
].join('\n')

interface Token {
  readonly id: string
  readonly name: string
  readonly scopes: readonly string[]
  readonly domains: readonly string[]
  readonly accounts: readonly string[]
  readonly expires?: number
  readonly lastUsed?: number
}

export async function run(argv: readonly string[]): Promise<number> {
  const { flags, positionals } = parseFlags(flagTable, argv, process.env)
  const [action, name, ...more] = positionals
  const client = adminClient(flags)
  if (more.length > 0) throw wrongUse()
  if (action === 'list' && name === undefined) {
    const tokens = await client.request<Token[]>('GET', ['tokens'])
    if (flags.json) console.log(JSON.stringify(tokens))
    else console.log(tokens.length === 0 ? 'There are no API tokens.' : table(tokens.map(row)))
  } else if (action === 'add' && name !== undefined && flags.scope !== undefined) {
    const made = await client.request<Token & { token: string }>('POST', ['tokens'], {
      name,
      scopes: listed(flags.scope),
      domains: listed(flags.domain),
      accounts: listed(flags.account),
      ...(flags.expires === undefined ? {} : { expires: timeOf(flags.expires) }),
      ...(flags['per-minute'] === undefined ? {} : { perMinute: flags['per-minute'] }),
    })
    console.log(flags.json ? JSON.stringify(made) : `${made.token}\n\nIt is not shown again. Its id is ${made.id}.`)
  } else if ((action === 'remove' || action === 'rm') && name !== undefined) {
    await client.request('DELETE', ['tokens', name])
    console.log(flags.json ? '{}' : `${name} is revoked; within a minute nobody takes it any more.`)
  } else {
    throw wrongUse()
  }
  return 0
}

function wrongUse(): UsageError {
  return new UsageError('say "token add NAME --scope SCOPE,…", "token list" or "token remove ID".')
}

function row({ id, name, scopes, domains, accounts, expires, lastUsed }: Token): string[] {
  const places = [...domains, ...accounts].join(',')
  return [
    id,
    name,
    places === '' ? 'everywhere' : places,
    expires === undefined ? 'for good' : `until ${new Date(expires).toISOString()}`,
    lastUsed === undefined ? 'not used yet' : `used ${new Date(lastUsed).toISOString()}`,
    scopes.join(','),
  ]
}

function listed(text = ''): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

function timeOf(text: string): number {
  const time = /^\d{1,5}$/.test(text) ? Date.now() + Number(text) * 86_400_000 : Date.parse(text)
  if (Number.isNaN(time)) throw new UsageError(`"${text}" is neither a date nor a number of days.`)
  return time
}
