/**
 * `facteur route`: which way mail to other domains goes.
 */
import { adminClient, serverFlags } from '../admin-client.ts'
import { UsageError } from '../failure.ts'
import { describeFlags, type FlagTable, parseFlags } from '../flags.ts'
import { table } from '../table.ts'

const routeFlags = {
  from: { type: 'string', value: 'DOMAIN', help: 'only mail from this domain, `*.domain`, or `<>` for reports' },
} as const satisfies FlagTable

const flagTable = { ...serverFlags, ...routeFlags }

export const usage = [
  'facteur route set DOMAIN AGENT…   mail to DOMAIN, `*.DOMAIN` or `*` goes by the first agent, if that fails by the next',
  'facteur route list',
  'facteur route rm DOMAIN',
  'facteur route test ADDRESS        which way mail to it goes',
  'facteur route agents              what AGENT may be; also smtp://host:port of a server that wants no password',
  '',
  ...describeFlags(flagTable),
].join('\n')

interface Route {
  readonly recipient: string
  readonly sender?: string
  readonly agents: readonly string[]
}

export async function run(argv: readonly string[]): Promise<number> {
  const { flags, positionals } = parseFlags(flagTable, argv, process.env)
  const [action, subject, ...agents] = positionals
  const client = adminClient(flags)
  const sender = flags.from
  const print = (value: object, text: string) => console.log(flags.json ? JSON.stringify(value) : text)
  const bare = subject === undefined && agents.length === 0
  const single = agents.length === 0

  if (action === 'list' && bare) {
    const routes = await client.request<Route[]>('GET', ['routes'])
    const rows = routes.map((route) => [...whose(route), route.agents.join(', ')])
    print(routes, routes.length === 0 ? 'There are no routes: all mail goes the usual way.' : table(rows))
  } else if (action === 'agents' && bare) {
    const known = await client.request<{ name: string; about: string }[]>('GET', ['agents'])
    print(known, table(known.map(({ name, about }) => [name, about])))
  } else if (action === 'set' && subject !== undefined && !single) {
    const body = { agents, ...(sender === undefined ? {} : { sender }) }
    const route = await client.request<Route>('PUT', ['routes', subject], body)
    print(route, `${whose(route).filter(Boolean).join(' ')}: ${route.agents.join(', ')}.`)
  } else if (action === 'rm' && subject !== undefined && single) {
    await client.request('DELETE', ['routes', subject], undefined, { sender })
    print({}, 'Done.')
  } else if (action === 'test' && subject !== undefined && single) {
    const query = { recipient: subject, sender }
    const choice = await client.request<{ agents: string[]; route?: Route }>('GET', ['route'], undefined, query)
    const { route } = choice
    const by = route === undefined ? 'no route: the usual way' : whose(route).filter(Boolean).join(' ')
    print(choice, `${choice.agents.join(', ')} (${by})`)
  } else {
    throw new UsageError('say "route set DOMAIN AGENT…", "route list", "route rm DOMAIN" or "route test ADDRESS".')
  }
  return 0
}

function whose({ recipient, sender }: Route): [string, string] {
  return [recipient, sender === undefined ? '' : `from ${sender}`]
}
