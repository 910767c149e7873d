/**
 * Queues: what waits for each destination, and the operator's hand on it.
 */
import type { QueuedEntry, QueuedRecipient } from '../../queue/index.ts'
import { AdminError } from './error.ts'
import { domainName } from './fields.ts'
import type { AdminPorts, QueueDoor } from './ports.ts'

export type QueueAction = 'retry' | 'hold' | 'release'

/** A waiting message as the administrator sees it; times are milliseconds since the epoch. */
export interface WaitingMessage {
  readonly id: string
  readonly domain: string
  readonly status: QueuedEntry['status']
  readonly held: boolean
  /** An attempt is under way. */
  readonly active: boolean
  readonly received: number
  readonly expires: number
  /** Absent while held. */
  readonly nextAttempt?: number
  readonly size: number
  readonly reversePath: string
  readonly recipients: readonly WaitingRecipient[]
}

export interface WaitingRecipient {
  readonly address: string
  readonly status: QueuedRecipient['state']
  readonly attempts: number
  /** The last answer, in the words of whoever gave it. */
  readonly diagnostic?: string
  readonly remoteMta?: string
}

/** What one answer lists. */
const PAGE = 1_000

export class QueueAdministration {
  readonly #ports: AdminPorts

  constructor(ports: AdminPorts) {
    this.#ports = ports
  }

  /** Destinations where mail waits, with how many messages. One that emptied meanwhile is shown with 0. */
  async list(): Promise<{ domain: string; waiting: number }[]> {
    const domains = await this.#ports.registry.waiting()
    return Promise.all(domains.map(async (domain) => ({ domain, waiting: await this.#ports.queue(domain).size() })))
  }

  /** In order of arrival, after the entry `after`; at most 1,000. */
  async entries(domain: string, after?: string): Promise<WaitingMessage[]> {
    const page = { limit: PAGE, ...(after === undefined ? {} : { after }) }
    return (await this.#door(domain).list(page)).map(waiting)
  }

  async show(domain: string, id: string): Promise<WaitingMessage> {
    const entry = await this.#door(domain).show(id)
    if (entry === undefined) throw missing(domain, id)
    return waiting(entry)
  }

  /** Makes every waiting entry due now; how many there were. */
  async retryAll(domain: string): Promise<{ retried: number }> {
    return { retried: await this.#door(domain).retry() }
  }

  async act(domain: string, id: string, action: QueueAction): Promise<void> {
    const door = this.#door(domain)
    const changed = await (action === 'retry' ? door.retry(id) : action === 'hold' ? door.hold(id) : door.release(id))
    if (changed > 0) return
    const entry = await door.show(id)
    if (entry === undefined) throw missing(domain, id)
    throw new AdminError('conflict', `the message is ${entry.status}, so there is nothing to ${action}`)
  }

  /** Drops an entry without a bounce: the operator's decision, and the only way mail ends without one. */
  async remove(domain: string, id: string): Promise<void> {
    if (!(await this.#door(domain).remove(id))) throw missing(domain, id)
  }

  #door(domain: string): QueueDoor {
    return this.#ports.queue(domainName(domain))
  }
}

function waiting(entry: QueuedEntry): WaitingMessage {
  const { id, domain, status, active, received, expires, next, size, envelope, recipients } = entry
  return {
    id,
    domain,
    status,
    held: status === 'held',
    active,
    received,
    expires,
    ...(Number.isFinite(next) ? { nextAttempt: next } : {}),
    size,
    reversePath: envelope.reversePath,
    recipients: recipients.map(({ address, state, attempts, last }): WaitingRecipient => {
      const diagnostic = last?.reply ?? last?.cause
      return {
        address,
        status: state,
        attempts,
        ...(diagnostic === undefined ? {} : { diagnostic }),
        ...(last?.remoteMta === undefined ? {} : { remoteMta: last.remoteMta }),
      }
    }),
  }
}

function missing(domain: string, id: string): AdminError {
  return new AdminError('missing', `nothing with the id "${id.slice(0, 40)}" waits for ${domainName(domain)}`)
}
