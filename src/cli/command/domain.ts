/**
 * `facteur domain`: which domains this server takes mail for.
 */
import { adminClient, serverFlags } from '../admin-client.ts'
import { UsageError } from '../failure.ts'
import { describeFlags, parseFlags } from '../flags.ts'

export const usage = [
  'facteur domain add NAME     take mail for a domain',
  'facteur domain list',
  'facteur domain rm NAME      its accounts and aliases must be removed first',
  '',
  ...describeFlags(serverFlags),
].join('\n')

export async function run(argv: readonly string[]): Promise<number> {
  const { flags, positionals } = parseFlags(serverFlags, argv, process.env)
  const [action, name] = positionals
  const client = adminClient(flags)
  if (action === 'list') {
    const domains = await client.request<{ name: string }[]>('GET', ['domains'])
    console.log(flags.json ? JSON.stringify(domains) : domains.map((domain) => domain.name).join('\n'))
  } else if (action === 'add' && name !== undefined) {
    const added = await client.request<{ name: string }>('POST', ['domains'], { name })
    console.log(flags.json ? JSON.stringify(added) : `${added.name} is hosted here now.`)
  } else if (action === 'rm' && name !== undefined) {
    await client.request('DELETE', ['domains', name])
    console.log(flags.json ? '{}' : `${name} is not hosted here any more.`)
  } else {
    throw new UsageError('say "domain add NAME", "domain list" or "domain rm NAME".')
  }
  return 0
}
