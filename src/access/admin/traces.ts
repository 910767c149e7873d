/**
 * What became of messages: one by its id, or those of an address; and the counts for Prometheus.
 */
import { type Counters, labelValue, prometheusText, type TraceEvent } from '../../trace/index.ts'
import { AdminError } from './error.ts'
import type { AdminPorts } from './ports.ts'

const DAY_MS = 86_400_000
const MOST_FOUND = 200
/** Destinations whose queues are shown each; more are beyond any graph. */
const MOST_QUEUES = 200

export interface TraceQuestion {
  readonly sender?: string | undefined
  readonly recipient?: string | undefined
  readonly messageId?: string | undefined
  /** How far back, in days. */
  readonly days?: string | undefined
}

export class TraceAdministration {
  readonly #ports: AdminPorts

  constructor(ports: AdminPorts) {
    this.#ports = ports
  }

  /** Everything that happened to a message, in order. */
  async show(id: string): Promise<TraceEvent[]> {
    const days = this.#days(this.#ports.traceDays)
    const found = (await Promise.all(days.map((day) => this.#ports.trace(day).find(id)))).flat()
    if (found.length === 0) throw new AdminError('missing', `there is no trace of "${id.slice(0, 40)}"`)
    return found.sort((one, other) => one.at - other.at)
  }

  /** Arrivals that match, newest first; at most 200. */
  async search({ sender, recipient, messageId, days }: TraceQuestion): Promise<TraceEvent[]> {
    if (sender === undefined && recipient === undefined && messageId === undefined) {
      throw new AdminError('invalid', 'say "from", "to" or "message-id"')
    }
    const back = days === undefined ? this.#ports.traceDays : Number(days)
    if (!(back > 0)) throw new AdminError('invalid', '"days" must be a number above 0', 'days')
    const search = {
      limit: MOST_FOUND,
      since: this.#ports.now() - back * DAY_MS,
      ...(sender === undefined ? {} : { sender }),
      ...(recipient === undefined ? {} : { recipient }),
      ...(messageId === undefined ? {} : { messageId }),
    }
    const found: TraceEvent[] = []
    for (const day of this.#days(Math.min(Math.ceil(back), this.#ports.traceDays))) {
      found.push(...(await this.#ports.trace(day).search({ ...search, limit: MOST_FOUND - found.length })))
      if (found.length >= MOST_FOUND) break
    }
    return found
  }

  /** Today's counters (they begin anew at midnight UTC, which Prometheus takes for a restart), and what waits now. */
  async metrics(): Promise<string> {
    const ports = this.#ports
    const values = await ports.trace(dayOf(ports.now())).counters()
    const domains = (await ports.registry.waiting()).slice(0, MOST_QUEUES)
    await Promise.all(
      domains.map(async (domain) => {
        const { waiting, held, frozen } = await ports.queue(domain).summary()
        values[`facteur_queue_messages{domain="${labelValue(domain)}"}`] = waiting + held + frozen
      }),
    )
    return prometheusText(values)
  }

  /** Counted since midnight UTC, by the series of `metrics`. */
  async today(): Promise<Counters> {
    return this.#ports.trace(dayOf(this.#ports.now())).counters()
  }

  /** Names of days, the newest first. */
  #days(back: number): string[] {
    const now = this.#ports.now()
    return Array.from({ length: back + 1 }, (_, day) => dayOf(now - day * DAY_MS))
  }
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10)
}
