/**
 * Routes: which way mail to other domains goes.
 */
import { hindranceInWorker, isPrivateHost, ownAgents, parseSmarthost, shownSmarthost } from '../../delivery/index.ts'
import { domainPattern, outboundRoute, type OutboundRoute } from '../../routing/index.ts'
import { AdminError } from './error.ts'
import { type Fields, optionalText, requiredText, textList } from './fields.ts'
import type { AdminPorts } from './ports.ts'

/** More ways than these are a mistake: each may take minutes to fail. */
const MAX_AGENTS = 5

/** An agent, and where it brings the mail, in words that hold no password. */
export interface AgentSummary {
  readonly name: string
  readonly about: string
}

export class RouteAdministration {
  readonly #ports: AdminPorts

  constructor(ports: AdminPorts) {
    this.#ports = ports
  }

  async list(): Promise<OutboundRoute[]> {
    return this.#ports.registry.routes()
  }

  /** What routes may name here. */
  agents(): AgentSummary[] {
    const { smarthosts, emailService } = this.#ports.outside
    return [
      { name: 'mx', about: 'the mail servers that the DNS names, by a bridge' },
      ...(emailService ? [{ name: 'email-service', about: 'Cloudflare Email Service' }] : []),
      ...[...smarthosts].map(([name, smarthost]) => ({ name, about: shownSmarthost(smarthost) })),
    ]
  }

  /** Makes or replaces the route of this recipient pattern and, where one is given, this sender pattern. */
  async set(recipient: string, fields: Fields): Promise<OutboundRoute> {
    const agents = [
      ...new Set(textList(fields, 'agents', MAX_AGENTS).map((name, at) => this.agent(name, `agents/${at}`))),
    ]
    const sender = optionalText(fields, 'sender')
    const route: OutboundRoute = {
      recipient: pattern(recipient),
      ...(sender === undefined ? {} : { sender: senderPattern(sender) }),
      agents,
    }
    if (!(await this.#ports.registry.setRoute(route))) throw new AdminError('conflict', 'there are too many routes')
    return route
  }

  async remove(recipient: string, sender?: string): Promise<void> {
    const to = pattern(recipient)
    const from = sender === undefined ? undefined : senderPattern(sender)
    if (await this.#ports.registry.removeRoute(to, from)) return
    throw new AdminError('missing', `there is no route for ${to}${from === undefined ? '' : ` from ${from}`}`)
  }

  /** Which way a message would go, and by which route; without one it goes the usual way. */
  async choose(fields: Fields): Promise<{ agents: readonly string[]; route?: OutboundRoute }> {
    const to = domainOf(requiredText(fields, 'recipient'))
    const from = domainOf(optionalText(fields, 'sender') ?? '')
    if (to === undefined || to === '')
      throw new AdminError('invalid', '"recipient" must be an address or a domain', 'recipient')
    if (from === undefined) throw new AdminError('invalid', '"sender" must be an address or a domain', 'sender')
    const route = outboundRoute(await this.#ports.registry.routes(), to, from)
    return route === undefined ? { agents: this.#ports.outside.usual } : { agents: route.agents, route }
  }

  /** The name, when routes and rules may have it here; `place`: where in the request it stands. */
  agent(name: string, place?: string): string {
    const known = this.agents().map((agent) => agent.name)
    if (known.includes(name)) return name
    if (ownAgents.includes(name)) throw new AdminError('conflict', `"${name}" is not set up here`, place)
    if (!name.includes('://')) {
      throw new AdminError(
        'invalid',
        `there is no agent of that name; there are ${known.join(', ')}, and smtp://host:port`,
        place,
      )
    }
    const parsed = parseSmarthost(name)
    if (!parsed.ok) throw new AdminError('invalid', parsed.problem.replace(/\.$/, ''), place)
    const { auth, by } = parsed.smarthost
    // Routes are listed and shown; what opens a smarthost is a secret of the settings.
    if (auth !== undefined) {
      throw new AdminError(
        'invalid',
        'a route holds no password: give the smarthost a name in FACTEUR_SMARTHOST',
        place,
      )
    }
    if (!this.#ports.outside.toPrivate && isPrivateHost(parsed.smarthost)) {
      const remedy = 'give it a name in FACTEUR_SMARTHOST, or start the server with --relay-to-private'
      throw new AdminError(
        'invalid',
        `${shownSmarthost(parsed.smarthost)} is not at a public address: ${remedy}`,
        place,
      )
    }
    const hindrance = this.#ports.outside.bridge || by === 'bridge' ? undefined : hindranceInWorker(parsed.smarthost)
    if (hindrance !== undefined) throw new AdminError('conflict', hindrance.replace(/\.$/, ''), place)
    return name
  }
}

function pattern(text: string, place?: string): string {
  const found = domainPattern(text)
  if (found === undefined) throw new AdminError('invalid', 'a route is for example.org, *.example.org or *', place)
  return found
}

function senderPattern(text: string): string {
  return text === '<>' ? text : pattern(text.slice(text.lastIndexOf('@') + 1), 'sender')
}

/** '' for the null reverse-path. */
function domainOf(text: string): string | undefined {
  if (text === '' || text === '<>') return ''
  const found = domainPattern(text.slice(text.lastIndexOf('@') + 1))
  return found?.startsWith('*') === true ? undefined : found
}
