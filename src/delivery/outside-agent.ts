/**
 * The agent for mail to outside: asks the operator's routes which way it goes, and which ways if that one fails.
 */
import { splitAddress } from '../format/index.ts'
import type { DeliveryAgent, DeliveryJob, RecipientOutcome } from '../queue/index.ts'
import { canonicalDomain, outboundRoute, type OutboundRoute } from '../routing/index.ts'
import { deliverInTurn } from './agents-in-turn.ts'
import { uniform } from './dial.ts'
import { parseSmarthost, type Smarthost } from './smarthost-agent.ts'
import type { Smarthosts } from './smarthosts.ts'

export interface OutsideAgents {
  mx: DeliveryAgent
  /** Absent where no such binding is. */
  emailService?: DeliveryAgent
  smarthosts: Smarthosts
  /** `origin`: where it is named, in the settings or, as a URL, in a route or a rule. */
  through(smarthost: Smarthost, origin: 'settings' | 'route'): DeliveryAgent
  /** The agent of a webhook, for what rules tell it. */
  webhook?(name: string): DeliveryAgent
}

export interface OutsideAgentOptions extends OutsideAgents {
  /** The operator's, all of them. A rejection defers: mail must not go a way that nobody wants. */
  routes(): Promise<readonly OutboundRoute[]>
  /** What has no route goes by these. */
  usual: readonly string[]
  /** Milliseconds since the epoch. */
  clock: () => number
}

export class OutsideAgent implements DeliveryAgent {
  readonly #options: OutsideAgentOptions

  constructor(options: OutsideAgentOptions) {
    this.#options = options
  }

  async deliver(job: DeliveryJob, signal?: AbortSignal): Promise<RecipientOutcome[]> {
    const { usual, clock, mx } = this.#options
    let names: readonly string[]
    try {
      names =
        job.envelope.ways ?? outboundRoute(await this.#options.routes(), job.domain, senderDomain(job))?.agents ?? usual
    } catch {
      const diagnostic = 'The routes to outside cannot be read now'
      return uniform(job, { status: 'deferred', enhanced: '4.3.0', diagnostic, at: clock() })
    }
    if (names.length === 1 && names[0] === 'mx') return mx.deliver(job, signal)
    const agents = names.map((name) => ({ name, agent: agentNamed(name, this.#options) }))
    return deliverInTurn(agents, job, clock, signal)
  }
}

/** `mx`, `email-service`, the name of a smarthost, or the URL of one that wants no password. Undefined: there is no such. */
export function agentNamed(name: string, agents: OutsideAgents): DeliveryAgent | undefined {
  if (name.startsWith('webhook:')) return agents.webhook?.(name.slice('webhook:'.length))
  if (name === 'mx') return agents.mx
  if (name === 'email-service') return agents.emailService
  const known = agents.smarthosts.get(name)
  if (known !== undefined) return agents.through(known, 'settings')
  const parsed = name.includes('://') ? parseSmarthost(name) : undefined
  return parsed?.ok === true ? agents.through(parsed.smarthost, 'route') : undefined
}

/** '' for the null reverse-path. */
function senderDomain({ envelope }: DeliveryJob): string {
  return canonicalDomain(splitAddress(envelope.reversePath)?.domain ?? '') ?? ''
}
