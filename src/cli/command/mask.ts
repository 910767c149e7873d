/**
 * `facteur mask`: addresses made up for one correspondent each.
 */
import { adminClient, serverFlags } from '../admin-client.ts'
import { UsageError } from '../failure.ts'
import { describeFlags, parseFlags } from '../flags.ts'
import { table } from '../table.ts'

const maskFlags = {
  ...serverFlags,
  for: { type: 'string', help: 'the site it is for, as https://shop.example' },
  prefix: { type: 'string', help: 'what it begins with: a to z, 0 to 9 and _' },
} as const

export const usage = [
  'facteur mask add ACCOUNT [TEXT] [--for URL] [--prefix TEXT]   make an address up that leads to ACCOUNT',
  'facteur mask list ACCOUNT',
  'facteur mask enable|disable|delete ACCOUNT ADDRESS            disable: mail goes to the trash; delete: it is refused',
  '',
  ...describeFlags(maskFlags),
].join('\n')

interface Mask {
  readonly address: string
  readonly state: string
  readonly description: string
  readonly forDomain: string
  readonly lastMessage?: number
}

const states = { enable: 'enabled', disable: 'disabled', delete: 'deleted' } as const

export async function run(argv: readonly string[]): Promise<number> {
  const { flags, positionals } = parseFlags(maskFlags, argv, process.env)
  const [action, account, text] = positionals
  const client = adminClient(flags)
  if (account === undefined) throw new UsageError('say mask add, list, enable, disable or delete, and the account.')
  const path = ['accounts', account, 'masks']
  if (action === 'list') {
    const masks = await client.request<Mask[]>('GET', path)
    const shown = masks.length === 0 ? `${account} has no masked addresses.` : table(masks.map(row))
    console.log(flags.json ? JSON.stringify(masks) : shown)
  } else if (action === 'add') {
    const fields = { description: text, forDomain: flags.for, prefix: flags.prefix }
    const mask = await client.request<Mask>('POST', path, fields)
    console.log(flags.json ? JSON.stringify(mask) : `${mask.address} leads to ${account}.`)
  } else if ((action === 'enable' || action === 'disable' || action === 'delete') && text !== undefined) {
    const mask = await client.request<Mask>('PUT', [...path, text], { state: states[action] })
    console.log(flags.json ? JSON.stringify(mask) : `${mask.address} is ${mask.state}.`)
  } else {
    throw new UsageError('say mask add, list, enable, disable or delete, and which.')
  }
  return 0
}

function row({ address, state, forDomain, description, lastMessage }: Mask): string[] {
  const used = lastMessage === undefined ? 'never used' : `used ${new Date(lastMessage).toISOString().slice(0, 10)}`
  return [address, state, used, [forDomain, description].filter((part) => part !== '').join(' ')]
}
