/**
 * Queues: what waits for each destination, and the operator's hand on it.
 */
import type { QueuedEntry, QueuedRecipient, QueueLimits, QueueSelection, QueueSummary } from '../../queue/index.ts'
import { AdminError } from './error.ts'
import { countOrNull, domainName, type Fields, optionalText } from './fields.ts'
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
  /** Absent while held, and of what went. */
  readonly nextAttempt?: number
  /** It went, and what a webhook was told to fetch stays until then. */
  readonly keptUntil?: number
  readonly size: number
  /** Where it is not 0. */
  readonly priority?: number
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
  /** Where several ways lead to the destination: the last one taken, and those that failed before it. */
  readonly agent?: string
  readonly earlier?: readonly { readonly agent: string; readonly answer: string }[]
}

/** What one answer lists. */
const PAGE = 1_000
const MOST_PER_MINUTE = 1_000_000
const MOST_AT_ONCE = 100

export class QueueAdministration {
  readonly #ports: AdminPorts

  constructor(ports: AdminPorts) {
    this.#ports = ports
  }

  /** Destinations where mail waits, and how much. One that emptied meanwhile is shown with 0. */
  async list(): Promise<({ domain: string } & QueueSummary)[]> {
    const domains = await this.#ports.registry.waiting()
    return Promise.all(domains.map(async (domain) => ({ domain, ...(await this.#ports.queue(domain).summary()) })))
  }

  /** Those that the fields select, in order of arrival, after the entry `after`; at most 1,000. */
  async entries(domain: string, fields: Fields = {}): Promise<WaitingMessage[]> {
    const after = optionalText(fields, 'after')
    const page = { limit: PAGE, ...this.#selection(fields), ...(after === undefined ? {} : { after }) }
    return (await this.#door(domain).list(page)).map(waiting)
  }

  async show(domain: string, id: string): Promise<WaitingMessage> {
    const entry = await this.#door(domain).show(id)
    if (entry === undefined) throw missing(domain, id)
    return waiting(entry)
  }

  /** Makes what waits due now, all of it or what the fields select; how many there were. */
  async retryAll(domain: string, fields: Fields = {}): Promise<{ retried: number }> {
    return { retried: await this.#door(domain).retry(this.#selection(fields)) }
  }

  async holdAll(domain: string, fields: Fields = {}): Promise<{ held: number }> {
    return { held: await this.#door(domain).hold(this.#selection(fields)) }
  }

  async releaseAll(domain: string, fields: Fields = {}): Promise<{ released: number }> {
    return { released: await this.#door(domain).release(this.#selection(fields)) }
  }

  /** Without a bounce, like `remove`. The fields must select something, or say `"all": true`. */
  async removeAll(domain: string, fields: Fields): Promise<{ deleted: number }> {
    const selection = this.#selection(fields)
    if (Object.keys(selection).length === 0 && fields['all'] !== true) {
      throw new AdminError('invalid', 'say which messages are to be dropped, or "all": true', 'all')
    }
    return { deleted: await this.#door(domain).remove(selection) }
  }

  /** `null` where nothing is set. */
  async limits(domain: string): Promise<{ perMinute: number | null; concurrency: number | null }> {
    const { perMinute = null, concurrency = null } = await this.#door(domain).limits()
    return { perMinute, concurrency }
  }

  /** Both at once: what is absent or null is not limited. */
  async setLimits(domain: string, fields: Fields): Promise<void> {
    const perMinute = atLeastOne(fields, 'perMinute', MOST_PER_MINUTE)
    const concurrency = atLeastOne(fields, 'concurrency', MOST_AT_ONCE)
    const limits: QueueLimits = {
      ...(perMinute === undefined ? {} : { perMinute }),
      ...(concurrency === undefined ? {} : { concurrency }),
    }
    await this.#door(domain).setLimits(limits)
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
    if ((await this.#door(domain).remove(id)) === 0) throw missing(domain, id)
  }

  #selection(fields: Fields): QueueSelection {
    const sender = optionalText(fields, 'sender')
    const recipient = optionalText(fields, 'recipient')
    const status = optionalText(fields, 'status')
    const age = optionalText(fields, 'olderThan')
    if (status !== undefined && !isStatus(status)) {
      throw new AdminError('invalid', '"status" must be waiting, held, frozen or kept', 'status')
    }
    if (age !== undefined && !/^\d{1,9}$/.test(age)) {
      throw new AdminError('invalid', '"olderThan" must be a number of seconds', 'olderThan')
    }
    return {
      ...(sender === undefined ? {} : { sender }),
      ...(recipient === undefined ? {} : { recipient }),
      ...(status === undefined ? {} : { status }),
      ...(age === undefined ? {} : { before: this.#ports.now() - Number(age) * 1_000 }),
    }
  }

  #door(domain: string): QueueDoor {
    return this.#ports.queue(domainName(domain))
  }
}

function isStatus(text: string): text is QueuedEntry['status'] {
  return text === 'waiting' || text === 'held' || text === 'frozen' || text === 'kept'
}

function atLeastOne(fields: Fields, name: string, most: number): number | undefined {
  const value = countOrNull(fields, name) ?? undefined
  if (value === undefined || (value >= 1 && value <= most)) return value
  throw new AdminError('invalid', `"${name}" must be from 1 to ${most}`, name)
}

function waiting(entry: QueuedEntry): WaitingMessage {
  const { id, domain, status, active, received, expires, next, size, priority, envelope, recipients } = entry
  return {
    id,
    domain,
    status,
    held: status === 'held',
    active,
    received,
    expires,
    ...(status === 'kept' ? { keptUntil: next } : Number.isFinite(next) ? { nextAttempt: next } : {}),
    size,
    ...(priority === 0 ? {} : { priority }),
    reversePath: envelope.reversePath,
    recipients: recipients.map(({ address, state, attempts, last }): WaitingRecipient => {
      const diagnostic = last?.reply ?? last?.cause
      return {
        address,
        status: state,
        attempts,
        ...(diagnostic === undefined ? {} : { diagnostic }),
        ...(last?.remoteMta === undefined ? {} : { remoteMta: last.remoteMta }),
        ...(last?.agent === undefined ? {} : { agent: last.agent }),
        ...(last?.earlier === undefined ? {} : { earlier: last.earlier }),
      }
    }),
  }
}

function missing(domain: string, id: string): AdminError {
  return new AdminError('missing', `nothing with the id "${id.slice(0, 40)}" waits for ${domainName(domain)}`)
}
