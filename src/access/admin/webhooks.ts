/**
 * Webhooks of hosted domains: programs that rules tell of messages.
 */
import { isWebhookName, longestKeep, usualKeep, type Webhook, webhookUrlProblem } from '../../routing/index.ts'
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
}

export class WebhookAdministration {
  readonly #ports: AdminPorts

  constructor(ports: AdminPorts) {
    this.#ports = ports
  }

  async list(domain: string): Promise<WebhookView[]> {
    return (await (await expectHosted(this.#ports, domain)).door.webhooks()).map(view)
  }

  /** Makes one, with a secret that is shown once; or gives one another URL, and starts it again. */
  async set(domain: string, name: string, fields: Fields): Promise<WebhookView & { secret?: string }> {
    if (!isWebhookName(name))
      throw new AdminError('invalid', `"${name.slice(0, 40)}" must be a to z, 0 to 9 and -, at most 32`)
    const url = requiredText(fields, 'url', MAX_URL)
    const problem = webhookUrlProblem(url, this.#ports.plainWebhooks)
    if (problem !== undefined) throw new AdminError('invalid', `"url" ${problem}`)
    const keep = keptHours(fields)
    const door = this.#door(domain)
    if (!(await door.isHosted())) {
      throw new AdminError('conflict', `${domainName(domain)} is not hosted here; add the domain first`)
    }
    const present = await this.#find(door, name)
    const secret = this.#ports.newWebhookSecret()
    const settings = { url, ...(keep === undefined ? {} : { keep }) }
    if (!(await door.setWebhook(name, settings, secret)))
      throw new AdminError('conflict', 'there are too many webhooks')
    const { created } = present ?? { created: this.#ports.now() }
    const told = { name, url, created, keep: keep ?? present?.keep ?? usualKeep }
    return { ...told, ...(present === undefined ? { secret } : {}) }
  }

  /** Makes a new secret, which signs beside the one before it until the next change. */
  async rotate(domain: string, name: string): Promise<{ secret: string }> {
    const secret = this.#ports.newWebhookSecret()
    if (!(await this.#door(domain).rotateWebhook(name, secret))) throw missing(domain, name)
    return { secret }
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

function view({ name, url, created, stopped, keep }: Webhook): WebhookView {
  return { name, url, created, ...(stopped === undefined ? {} : { stopped }), keep }
}

function keptHours(fields: Fields): number | undefined {
  const hours = countOrNull(fields, 'keep') ?? undefined
  if (hours === undefined || hours <= longestKeep) return hours
  throw new AdminError('invalid', `"keep" must be from 0 to ${longestKeep} hours`, 'keep')
}

function missing(domain: string, name: string): AdminError {
  return new AdminError('missing', `${domainName(domain)} has no webhook "${name.slice(0, 40)}"`)
}
