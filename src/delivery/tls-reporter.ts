/**
 * Keeps the counts of one destination and sends its owner a report each day, where one is asked for.
 *
 * Standards: RFC 8460 §3 (who asks for reports), §4.1 (a day, then up to four hours of waiting), §5.3, §5.4 (delivery and
 * another try within a day).
 * Cost: counts live in memory and are written a minute after the first new one, one row for all; nothing is written for
 * destinations that ask for no reports. What was not written when an object's life ends is not counted.
 * A destination with several queues gets one report: the others give their counts to the first, once a minute.
 */
import {
  composeTlsReport,
  fnv1a,
  formatTlsReport,
  type ReportDestination,
  type TlsReport,
  tlsReportDestinations,
} from '../format/index.ts'
import type { DnsResolver } from '../protocol/dns/index.ts'
import type { TlsSessionResult } from './secured-targets.ts'
import { periodOf, type TlsDays, TlsStatistics } from './tls-statistics.ts'

export interface TlsReporterPorts {
  domain: string
  dns: DnsResolver
  /** One text, kept over restarts. */
  memory: { get(): string | undefined; set(text: string | undefined): void }
  /** Milliseconds since the epoch. */
  clock: () => number
  gzip: (bytes: Uint8Array) => Promise<Uint8Array>
  /** Where another queue of the destination keeps the counts: adds these to them, durably. Rejects when it cannot. */
  forward?: (days: TlsDays) => Promise<void>
  /** Hands a message over durably; false: not now. */
  mail: (raw: Uint8Array, to: string) => Promise<boolean>
  /** POSTs a compressed report; false when it was not taken. Never rejects. */
  post: (url: string, body: Uint8Array) => Promise<boolean>
  /** Our name, and the address that reports come from. */
  hostname: string
  from: string
  log: (event: string, facts: Record<string, unknown>) => void
}

const minute = 60_000
const hour = 60 * minute
const flushAfter = minute
/** How long it is believed that a domain wants no reports. */
const unasked = hour
const longestJitter = 4 * hour
const lastTry = 24 * hour

export class TlsReporter {
  readonly #ports: TlsReporterPorts
  #statistics: TlsStatistics | undefined
  #dirtySince: number | undefined
  #unaskedUntil = 0
  #retryAt = 0

  constructor(ports: TlsReporterPorts) {
    this.#ports = ports
  }

  note(results: readonly TlsSessionResult[]): void {
    const now = this.#ports.clock()
    if (now < this.#unaskedUntil || results.length === 0) return
    this.#known.note(results, now)
    this.#dirtySince ??= now
  }

  /** Takes what another queue of the destination has counted. It is written at once: that one has forgotten it. */
  absorb(days: TlsDays): void {
    this.#known.add(days)
    this.#write()
  }

  /** When `tick` has something to do; undefined: never. */
  nextWakeup(): number | undefined {
    const flush = this.#dirtySince === undefined ? Infinity : this.#dirtySince + flushAfter
    const { first } = this.#known
    // What a queue kept before it was one of several.
    if (this.#ports.forward !== undefined) return first === undefined || flush < Infinity ? finite(flush) : 0
    const report = first === undefined ? Infinity : Math.max(this.#dueAt(first.day), this.#retryAt)
    return finite(Math.min(flush, report))
  }

  /** Writes what is new, and sends what is due. */
  async tick(): Promise<void> {
    const now = this.#ports.clock()
    const { forward } = this.#ports
    const next = this.nextWakeup()
    if (forward !== undefined) {
      if (next !== undefined && now >= next) await this.#forward(now, forward)
      return
    }
    if (this.#dirtySince !== undefined && now >= this.#dirtySince + flushAfter) await this.#flush(now)
    for (let first = this.#known.first; first !== undefined; first = this.#known.first) {
      if (now < Math.max(this.#dueAt(first.day), this.#retryAt)) return
      const sent = await this.#send(first.day)
      if (!sent && now < this.#dueAt(first.day) + lastTry) {
        this.#retryAt = now + hour
        return
      }
      if (!sent) this.#ports.log('tls report given up', { domain: this.#ports.domain })
      this.#retryAt = 0
      this.#known.forget(first.day)
      this.#write()
    }
  }

  get #known(): TlsStatistics {
    if (this.#statistics === undefined) {
      const text = this.#ports.memory.get()
      this.#statistics = new TlsStatistics(text === undefined ? {} : (JSON.parse(text) as TlsDays))
    }
    return this.#statistics
  }

  async #flush(now: number): Promise<void> {
    this.#dirtySince = undefined
    await this.#forgetUnasked(now)
    this.#write()
  }

  async #forward(now: number, forward: (days: TlsDays) => Promise<void>): Promise<void> {
    this.#dirtySince = undefined
    await this.#forgetUnasked(now)
    const gone = this.#known
    if (gone.first === undefined) return this.#write()
    // What is counted meanwhile is not on its way yet.
    this.#statistics = new TlsStatistics()
    try {
      await forward(gone.toJSON())
    } catch (cause) {
      this.#ports.log('tls counts wait', { domain: this.#ports.domain, reason: String(cause) })
      gone.add(this.#statistics.toJSON())
      this.#statistics = gone
      this.#dirtySince = now
    }
    this.#write()
  }

  async #forgetUnasked(now: number): Promise<void> {
    const destinations = await this.#destinations()
    if (destinations === undefined || destinations.length > 0) return
    this.#unaskedUntil = now + unasked
    this.#known.clear()
  }

  #write(): void {
    const { memory } = this.#ports
    if (this.#known.first !== undefined) memory.set(JSON.stringify(this.#known))
    else if (memory.get() !== undefined) memory.set(undefined)
  }

  /** Undefined when the DNS does not answer. */
  async #destinations(): Promise<ReportDestination[] | undefined> {
    const answer = await this.#ports.dns.resolve(`_smtp._tls.${this.#ports.domain}`, 'TXT')
    if (answer.status === 'failed') return undefined
    return answer.status === 'found' ? tlsReportDestinations(answer.records) : []
  }

  /** True when nothing is left to do: sent to one destination at least, or to none since there is none. */
  async #send(day: number): Promise<boolean> {
    const { domain, gzip, hostname, from, log } = this.#ports
    const results = this.#known.first?.results ?? []
    const destinations = await this.#destinations()
    if (destinations === undefined) return false
    if (destinations.length === 0 || results.length === 0) return true
    const report: TlsReport = {
      organization: hostname,
      contact: from,
      // The same for the same day: a crash after sending repeats a report that can be told for one.
      id: `${new Date(periodOf(day).start).toISOString().slice(0, 10)}.${domain}@${hostname}`,
      ...periodOf(day),
      results: [...results],
    }
    const compressed = await gzip(new TextEncoder().encode(formatTlsReport(report)))
    let taken = 0
    for (const destination of destinations) if (await this.#sendTo(destination, report, compressed)) taken++
    log('tls report', { domain, destinations: destinations.length, taken })
    return taken > 0
  }

  #sendTo(destination: ReportDestination, report: TlsReport, compressed: Uint8Array): Promise<boolean> {
    const { domain, hostname, from, clock, mail, post } = this.#ports
    if (destination.kind === 'https') return post(destination.url, compressed)
    const id = `tls-report.${report.id.slice(0, 10)}.${domain}`
    const raw = composeTlsReport({
      report,
      compressed,
      from,
      to: destination.address,
      domain,
      submitter: hostname,
      date: clock(),
      messageId: `${id}@${hostname}`,
      seed: `tls${Math.floor(clock() / 1000).toString(36)}`,
    })
    return mail(raw, destination.address)
  }

  /** Some time after the day's end, always the same for a domain: not all destinations at midnight (§4.1). */
  #dueAt(day: number): number {
    return periodOf(day + 1).start + (fnv1a(this.#ports.domain) % longestJitter)
  }
}

function finite(time: number): number | undefined {
  return time === Infinity ? undefined : time
}
