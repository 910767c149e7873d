/**
 * `facteur alias`: addresses that stand for others.
 */
import { adminClient, serverFlags } from '../admin-client.ts'
import { UsageError } from '../failure.ts'
import { describeFlags, parseFlags } from '../flags.ts'
import { table } from '../table.ts'

export const usage = [
  'facteur alias set ADDRESS TARGET…   mail for ADDRESS goes to each TARGET; "*@DOMAIN" is the catch-all',
  'facteur alias list [DOMAIN]',
  'facteur alias rm ADDRESS',
  '',
  ...describeFlags(serverFlags),
].join('\n')

interface Alias {
  readonly address: string
  readonly targets: readonly string[]
}

export async function run(argv: readonly string[]): Promise<number> {
  const { flags, positionals } = parseFlags(serverFlags, argv, process.env)
  const [action, address, ...targets] = positionals
  const client = adminClient(flags)
  if (action === 'list') {
    const aliases = await client.request<Alias[]>(
      'GET',
      address === undefined ? ['aliases'] : ['domains', address, 'aliases'],
    )
    const rows = aliases.map((alias) => [alias.address, alias.targets.join(', ')])
    console.log(flags.json ? JSON.stringify(aliases) : rows.length === 0 ? 'There are no aliases.' : table(rows))
  } else if ((action === 'set' || action === 'add') && address !== undefined && targets.length > 0) {
    const alias = await client.request<Alias>('PUT', ['aliases', address], { targets })
    console.log(flags.json ? JSON.stringify(alias) : `${alias.address} leads to ${alias.targets.join(', ')}.`)
  } else if (action === 'rm' && address !== undefined) {
    await client.request('DELETE', ['aliases', address])
    console.log(flags.json ? '{}' : `${address} is no alias any more.`)
  } else {
    throw new UsageError('say "alias set ADDRESS TARGET…", "alias list" or "alias rm ADDRESS".')
  }
  return 0
}
