/**
 * `facteur dkim`: the keys that sign a domain's mail.
 */
import { adminClient, serverFlags } from '../admin-client.ts'
import { UsageError } from '../failure.ts'
import { describeFlags, parseFlags } from '../flags.ts'
import { table } from '../table.ts'

const flagTable = {
  ...serverFlags,
  now: { type: 'boolean', help: 'put new keys to use without a look at the DNS' },
} as const

export const usage = [
  'facteur dkim list DOMAIN      keys that sign, will sign, and signed',
  'facteur dkim rotate DOMAIN    make new keys; again, once the DNS has their records: put them to use',
  'facteur dkim stop DOMAIN      sign its mail no more',
  '',
  ...describeFlags(flagTable),
].join('\n')

interface Key {
  readonly name: string
  readonly algorithm: string
  readonly record: string
  readonly state: 'next' | 'active' | 'retired'
  readonly since: number
}

interface Step {
  readonly step: 'made' | 'activated' | 'waiting'
  readonly missing: readonly string[]
  readonly keys: readonly Key[]
}

export async function run(argv: readonly string[]): Promise<number> {
  const { flags, positionals } = parseFlags(flagTable, argv, process.env)
  const [action, domain] = positionals
  if (domain === undefined) throw new UsageError('say "dkim list DOMAIN", "dkim rotate DOMAIN" or "dkim stop DOMAIN".')
  const client = adminClient(flags)
  const print = (value: object, text: string) => console.log(flags.json ? JSON.stringify(value) : text)
  switch (action) {
    case 'list': {
      const keys = await client.request<Key[]>('GET', ['domains', domain, 'dkim'])
      print(keys, keys.length === 0 ? `Mail of ${domain} is not signed.` : table(keys.map(row)))
      return 0
    }
    case 'rotate': {
      const step = await client.request<Step>('POST', ['domains', domain, 'dkim', 'rotate'], { now: flags.now })
      print(step, told(step, domain))
      return step.step === 'waiting' ? 1 : 0
    }
    case 'stop':
      await client.request('POST', ['domains', domain, 'dkim', 'stop'])
      print({}, `Mail of ${domain} is not signed any more.`)
      return 0
    default:
      throw new UsageError('say "dkim list DOMAIN", "dkim rotate DOMAIN" or "dkim stop DOMAIN".')
  }
}

function told({ step, missing, keys }: Step, domain: string): string {
  if (step === 'activated') {
    return `The new keys sign mail of ${domain} now. Leave the records of the old ones in the DNS for a week.`
  }
  if (step === 'waiting') return ['The DNS does not have these records yet:', ...missing].join('\n')
  const next = keys.filter(({ state }) => state === 'next')
  if (next.length === 0) return `Mail of ${domain} is signed from now on: "facteur dns ${domain}" prints the records.`
  return [
    'Publish these records, then say the same again:',
    ...next.map(({ name, record }) => `${name} TXT ${record}`),
  ].join('\n')
}

function row({ name, algorithm, state, since }: Key): string[] {
  return [state, algorithm, new Date(since).toISOString(), name]
}
