/**
 * Webhooks of hosted domains: programs that rules tell of messages, and that hear what becomes of mail from the domain.
 */
import {
  isWebhookName,
  longestKeep,
  type OutgoingEvent,
  outgoingEvents,
  usualKeep,
  type Webhook,
  webhookUrlProblem,
} from '../../routing/index.ts'
import { isPrivateHost } from '../../delivery/index.ts'
import { AdminError } from './error.ts'
import { countOrNull, domainName, type Fields, requiredText } from './fields.ts'
import { expectHosted } from './hosted-domain.ts'
import type { AdminPorts, DomainDoor } from './ports.ts'

const MAX_URL = 2_000

/** Without its secrets: they are shown when they are made. */
export interface WebhookView {
  readonly name: string
  readonly url: string
  readonly created: number
  /** It answered that it is gone (410): nothing is sent until it is set again. */
  readonly stopped?: number
  /** Hours for which a message that it has taken is kept, for the links that it was told. */
  readonly keep: number
  /** What it hears of mail that people of the domain send. */
  readonly events: readonly OutgoingEvent[]
}

export interface WebhookTest {
  readonly isTaken: boolean
  /** Why not. */
  readonly problem?: string
}

export class WebhookAdministration {
  readonly #ports: AdminPorts

  constructor(ports: AdminPorts) {
    this.#ports = ports
  }

  async list(domain: string): Promise<WebhookView[]> {
    return (await (await expectHosted(this.#ports, domain)).door.webhooks()).map(view)
  }

  /** Makes one, with a secret that is shown once; or changes what is said of one, and starts it again. */
  async set(domain: string, name: string, fields: Fields): Promise<WebhookView & { secret?: string }> {
    if (!isWebhookName(name))
      throw new AdminError('invalid', `"${name.slice(0, 40)}" must be a to z, 0 to 9 and -, at most 32`)
    const url = requiredText(fields, 'url', MAX_URL)
    const { plainWebhooks } = this.#ports
    const problem = webhookUrlProblem(url, plainWebhooks) ?? (plainWebhooks ? undefined : privateProblem(url))
    if (problem !== undefined) throw new AdminError('invalid', `"url" ${problem}`, 'url')
    const keep = keptHours(fields)
    const events = wantedEvents(fields)
    const door = this.#door(domain)
    if (!(await door.isHosted())) {
      throw new AdminError('conflict', `${domainName(domain)} is not hosted here; add the domain first`)
    }
    const present = await this.#find(door, name)
    const secret = this.#ports.newWebhookSecret()
    const settings = { url, ...(keep === undefined ? {} : { keep }), ...(events === undefined ? {} : { events }) }
    if (!(await door.setWebhook(name, settings, secret)))
      throw new AdminError('conflict', 'there are too many webhooks')
    const { created } = present ?? { created: this.#ports.now() }
    const told = {
      name,
      url,
      created,
      keep: keep ?? present?.keep ?? usualKeep,
      events: events ?? present?.events ?? [],
    }
    return { ...told, ...(present === undefined ? { secret } : {}) }
  }

  /** Makes a new secret, which signs beside the one before it until the next change. */
  async rotate(domain: string, name: string): Promise<{ secret: string }> {
    const secret = this.#ports.newWebhookSecret()
    if (!(await this.#door(domain).rotateWebhook(name, secret))) throw missing(domain, name)
    return { secret }
  }

  /** Sends it an event that says nothing, and tells what came of it. */
  async test(domain: string, name: string): Promise<WebhookTest> {
    const canonical = domainName(domain)
    if ((await this.#find(this.#door(domain), name)) === undefined) throw missing(domain, name)
    const { problem } = await this.#ports.tryWebhook(canonical, name)
    return { isTaken: problem === undefined, ...(problem === undefined ? {} : { problem }) }
  }

  /** Refused while rules name it. What waits for it stays in its queue. */
  async remove(domain: string, name: string): Promise<void> {
    const door = this.#door(domain)
    const user = (await door.rules()).rules.find(({ do: { webhook = [] } }) => webhook.includes(name))
    if (user !== undefined) throw new AdminError('conflict', `the rule "${user.name}" names the webhook`)
    if (!(await door.removeWebhook(name))) throw missing(domain, name)
  }

  async #find(door: DomainDoor, name: string): Promise<Webhook | undefined> {
    return (await door.webhooks()).find((one) => one.name === name)
  }

  #door(domain: string): DomainDoor {
    return this.#ports.domain(domainName(domain))
  }
}

function view({ name, url, created, stopped, keep, events }: Webhook): WebhookView {
  return { name, url, created, ...(stopped === undefined ? {} : { stopped }), keep, events }
}

/** What it is to hear of; undefined where nothing is said. */
function wantedEvents(fields: Fields): OutgoingEvent[] | undefined {
  const value = Object.hasOwn(fields, 'events') ? fields['events'] : undefined
  if (value === undefined) return undefined
  if (!Array.isArray(value)) throw new AdminError('invalid', '"events" must be a list', 'events')
  const wrong = value.find((event) => !outgoingEvents.includes(event as OutgoingEvent))
  if (wrong !== undefined) {
    throw new AdminError('invalid', `"events" may hold ${outgoingEvents.join(', ')} only`, 'events')
  }
  return outgoingEvents.filter((event) => value.includes(event))
}

function keptHours(fields: Fields): number | undefined {
  const hours = countOrNull(fields, 'keep') ?? undefined
  if (hours === undefined || hours <= longestKeep) return hours
  throw new AdminError('invalid', `"keep" must be from 0 to ${longestKeep} hours`, 'keep')
}

/** Of a name only the DNS can tell: the host does not connect then. */
function privateProblem(url: string): string | undefined {
  const host = new URL(url).hostname.replace(/^\[(.*)\]$/, '$1')
  return isPrivateHost({ host }) ? 'is not at a public address: --webhooks-to-private allows such' : undefined
}

function missing(domain: string, name: string): AdminError {
  return new AdminError('missing', `${domainName(domain)} has no webhook "${name.slice(0, 40)}"`)
}
