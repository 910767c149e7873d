/**
 * `facteur account`: who has a mailbox here.
 */
import { adminClient, serverFlags, type AdminClient } from '../admin-client.ts'
import { UsageError } from '../failure.ts'
import { describeFlags, parseFlags, type FlagTable } from '../flags.ts'
import { readPassword } from '../secret-input.ts'
import { table } from '../table.ts'

const flagTable = {
  ...serverFlags,
  name: { type: 'string', value: 'NAME', help: 'the display name of a new account, or of a token' },
  password: {
    type: 'string',
    value: 'TEXT',
    help: 'the password; asked for, or read from standard input, when absent',
  },
  generate: { type: 'boolean', help: 'let the server make a password, and print it once' },
  domain: { type: 'string', value: 'NAME', help: 'list only this domain' },
  'per-hour': { type: 'integer', help: 'of "limit"; with neither the settings of the server hold again' },
  'per-day': { type: 'integer', help: 'of "limit"' },
} as const satisfies FlagTable

export const usage = [
  'facteur account add ADDRESS       make an account (the domain must be hosted)',
  'facteur account list',
  'facteur account passwd ADDRESS    set a new password',
  'facteur account token ADDRESS     make an access token for a program, and print it once',
  'facteur account quota ADDRESS [BYTES]  show what it holds, or limit it (10G, 500M; none: no limit)',
  'facteur account limit ADDRESS         recipients outside that it may send to: --per-hour, --per-day (0: any number)',
  'facteur account language ADDRESS [TAG]  the language of its delivery reports, as "de"; none: as its messages say',
  'facteur account suppressed ADDRESS [rm TARGET]  where it does not send for now; or send to TARGET again',
  'facteur account rm ADDRESS        remove the account and all its mail',
  '',
  ...describeFlags(flagTable),
].join('\n')

interface Suppressed {
  readonly address: string
  readonly reason: string
  readonly detail: string
  readonly since: number
  readonly until?: number
}

function row({ address, reason, detail, since, until }: Suppressed): string[] {
  const end = until === undefined ? 'for good' : `until ${new Date(until).toISOString()}`
  return [address, reason, new Date(since).toISOString(), end, detail]
}

interface Account {
  readonly id: string
  readonly address: string
  readonly name?: string
}

export async function run(argv: readonly string[]): Promise<number> {
  const { flags, positionals } = parseFlags(flagTable, argv, process.env)
  const [action, address, amount, target] = positionals
  const print = (value: object, text: string) => console.log(flags.json ? JSON.stringify(value) : text)
  const client = adminClient(flags)
  if (action === 'list') {
    const accounts = await listAccounts(client, flags.domain)
    print(accounts, accounts.map((account) => account.address).join('\n'))
    return 0
  }
  if (address === undefined) throw new UsageError(`say "account ${action ?? 'add'} ADDRESS"; --help tells more.`)
  switch (action) {
    case 'add': {
      const password = flags.generate ? undefined : await givenPassword(flags.password)
      const added = await client.request<Account & { password?: string }>('POST', ['accounts'], {
        address,
        ...(flags.name === undefined ? {} : { name: flags.name }),
        ...(password === undefined ? {} : { password }),
      })
      print(added, `${added.address} is ready.${added.password === undefined ? '' : ` Password: ${added.password}`}`)
      return 0
    }
    case 'passwd': {
      await client.request('PUT', ['accounts', address, 'password'], { password: await givenPassword(flags.password) })
      print({}, `The password of ${address} is changed.`)
      return 0
    }
    case 'token': {
      const made = await client.request<{ id: string; token: string }>(
        'POST',
        ['accounts', address, 'tokens'],
        flags.name === undefined ? {} : { name: flags.name },
      )
      print(made, made.token)
      return 0
    }
    case 'quota': {
      const path = ['accounts', address]
      if (amount !== undefined) await client.request('PUT', [...path, 'quota'], { bytes: octets(amount) })
      const { bytes, messages, quota } = await client.request<Usage>('GET', path)
      const limit = quota === undefined ? 'without a limit' : `of ${quota}`
      print(
        { bytes, messages, quota: quota ?? null },
        `${address} holds ${bytes} bytes ${limit}, ${messages} messages.`,
      )
      return 0
    }
    case 'limit': {
      const limits = { perHour: flags['per-hour'] ?? null, perDay: flags['per-day'] ?? null }
      await client.request('PUT', ['accounts', address, 'send-limits'], limits)
      print({}, `The limits of ${address} are set.`)
      return 0
    }
    case 'language': {
      await client.request('PUT', ['accounts', address, 'language'], { language: amount ?? null })
      print({}, `Reports to ${address} are written in ${amount ?? 'the language of its messages'}.`)
      return 0
    }
    case 'suppressed': {
      const path = ['accounts', address, 'suppressions']
      if (amount === 'rm' && target !== undefined) {
        await client.request('DELETE', [...path, target])
        print({}, `${address} may send to ${target} again.`)
        return 0
      }
      const found = await client.request<Suppressed[]>('GET', path)
      print(found, found.length === 0 ? `${address} may send everywhere.` : table(found.map(row)))
      return 0
    }
    case 'rm': {
      await client.request('DELETE', ['accounts', address])
      print({}, `${address} is removed, with all its mail.`)
      return 0
    }
    default:
      throw new UsageError('say "account add|passwd|token|quota|rm ADDRESS" or "account list".')
  }
}

function listAccounts(client: AdminClient, domain: string | undefined): Promise<Account[]> {
  return client.request('GET', domain === undefined ? ['accounts'] : ['domains', domain, 'accounts'])
}

interface Usage {
  readonly bytes: number
  readonly messages: number
  readonly quota?: number
}

const units: Readonly<Record<string, number>> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 }

/** `500M` as a number of bytes; null for `none`. */
function octets(text: string): number | null {
  if (text.toLowerCase() === 'none') return null
  const match = /^(\d{1,15})([KMGT]?)(?:i?B)?$/i.exec(text)
  const bytes = match === null ? NaN : Number(match[1]) * (units[(match[2] as string).toUpperCase()] as number)
  if (!Number.isSafeInteger(bytes)) throw new UsageError(`"${text}" is no number of bytes; say 10G, 500M or none.`)
  return bytes
}

function givenPassword(flag: string | undefined): Promise<string> | string {
  return flag ?? readPassword('Password: ')
}
