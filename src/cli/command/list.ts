/**
 * `facteur list`: distribution lists and who is on them.
 */
import { adminClient, serverFlags } from '../admin-client.ts'
import { UsageError } from '../failure.ts'
import { describeFlags, parseFlags } from '../flags.ts'
import { readInput } from '../read-input.ts'
import { table } from '../table.ts'

const listFlags = {
  ...serverFlags,
  owner: { type: 'string', help: 'who looks after it, addresses apart by commas' },
  name: { type: 'string', help: 'what people read beside its address' },
  posting: { type: 'string', help: 'who may write to it: members (the usual), owners or anyone' },
  'answers-to': { type: 'string', help: 'where answers go: author (the usual) or list' },
  file: { type: 'string', help: 'members from a file, one address a line; - is the standard input' },
} as const

export const usage = [
  'facteur list add ADDRESS --owner YOU@DOMAIN [--name TEXT] [--posting WHO] [--answers-to WHOM]',
  'facteur list set ADDRESS …          change what is said',
  'facteur list list',
  'facteur list show ADDRESS           the list, and what is on its way to its members',
  'facteur list members ADDRESS',
  'facteur list join ADDRESS MEMBER… [--file FILE]',
  'facteur list leave ADDRESS MEMBER…',
  'facteur list rm ADDRESS',
  '',
  ...describeFlags(listFlags),
].join('\n')

interface List {
  readonly address: string
  readonly name: string
  readonly posting: string
  readonly answersTo: string
  readonly owners: readonly string[]
  readonly active: number
  readonly bouncing: number
}

interface Post {
  readonly author: string
  readonly subject: string
  readonly received: number
  readonly sent: number
  readonly refused: number
  readonly late: number
  readonly done?: number
}

interface Member {
  readonly address: string
  readonly state: string
  readonly cause?: string
}

/** What one request takes. */
const MEMBERS_AT_ONCE = 1_000

export async function run(argv: readonly string[]): Promise<number> {
  const { flags, positionals } = parseFlags(listFlags, argv, process.env)
  const [action, address, ...members] = positionals
  const client = adminClient(flags)
  const say = (value: unknown, text: string) => console.log(flags.json ? JSON.stringify(value) : text)
  if (action === 'list' && address === undefined) {
    const lists = await client.request<List[]>('GET', ['lists'])
    say(
      lists,
      lists.length === 0 ? 'There are no lists.' : table(lists.map((list) => [list.address, list.owners.join(', ')])),
    )
    return 0
  }
  if (address === undefined) throw new UsageError('say which list; "facteur list --help" tells more.')
  switch (action) {
    case 'add':
    case 'set': {
      if (action === 'add' && flags.owner === undefined) throw new UsageError('say who looks after it: --owner.')
      const owners = flags.owner?.split(',').map((owner) => owner.trim())
      const fields = { owners, name: flags.name, posting: flags.posting, answersTo: flags['answers-to'] }
      const list = await client.request<List>('PUT', ['lists', address], fields)
      say(list, `${list.address} is a list of ${list.active} members; ${list.posting} write to it.`)
      return 0
    }
    case 'show': {
      const list = await client.request<List>('GET', ['lists', address])
      const posts = await client.request<Post[]>('GET', ['lists', address, 'posts'])
      const shown = posts.length === 0 ? [] : ['', table(posts.map(postRow))]
      say({ ...list, posts }, [...described(list), ...shown].join('\n'))
      return 0
    }
    case 'members': {
      const all = await client.request<Member[]>('GET', ['lists', address, 'members'])
      const rows = all.map((member) => [member.address, member.state, member.cause ?? ''])
      say(all, rows.length === 0 ? `${address} has no members.` : table(rows))
      return 0
    }
    case 'join': {
      const joining = [...members, ...addressesIn(flags.file)]
      if (joining.length === 0) throw new UsageError('say who is to be a member.')
      for (let at = 0; at < joining.length; at += MEMBERS_AT_ONCE) {
        await client.request('POST', ['lists', address, 'members'], {
          members: joining.slice(at, at + MEMBERS_AT_ONCE),
        })
      }
      say({ added: joining.length }, `${joining.length} added to ${address}.`)
      return 0
    }
    case 'leave':
      if (members.length === 0) throw new UsageError('say who is to be a member no more.')
      for (const member of members) await client.request('DELETE', ['lists', address, 'members', member])
      say({}, `${members.join(', ')} gets no mail of ${address} any more.`)
      return 0
    case 'rm':
      await client.request('DELETE', ['lists', address])
      say({}, `${address} is no list any more.`)
      return 0
    default:
      throw new UsageError('say list add, set, list, show, members, join, leave or rm.')
  }
}

function described({ address, name, posting, answersTo, owners, active, bouncing }: List): string[] {
  return [
    `${address}${name === '' ? '' : `  ${name}`}`,
    `  ${posting} write to it, answers go to the ${answersTo}; owners: ${owners.join(', ')}`,
    `  ${active} members${bouncing === 0 ? '' : `, and ${bouncing} whose mail came back`}`,
  ]
}

function postRow({ received, author, subject, sent, refused, late, done }: Post): string[] {
  const state = done === undefined ? `on its way, ${late} late` : 'done'
  return [new Date(received).toISOString(), author, subject.slice(0, 40), `${sent} sent, ${refused} refused`, state]
}

function addressesIn(file: string | undefined): string[] {
  if (file === undefined) return []
  return new TextDecoder()
    .decode(readInput(file))
    .split(/\r?\n/)
    .map((line) => line.replace(/#.*$/, '').trim())
    .filter((line) => line !== '')
}
