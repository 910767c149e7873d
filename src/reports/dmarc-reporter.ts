/**
 * Sends a day's DMARC reports, to each domain at a time of its own after the day.
 *
 * Standards: RFC 9990 §3.1 (one report a policy domain), §3.5 (URIs, sizes), §3.5.1 (ids), §3.5.2 (mail; a report that is sent again
 * has the same names), §4 (external destinations).
 * Security: a report goes to no address whose owner does not want it; it is as large as what was counted, which is bounded.
 */
import { gzipSync } from 'fflate'
import { composeDmarcReport, type DmarcReport, encodeUtf8, fnv1a, formatDmarcReport } from '../format/index.ts'
import { reportAddresses } from '../protocol/dmarc/index.ts'
import type { DnsResolver } from '../protocol/dns/index.ts'
import { periodOf } from './day.ts'
import type { DmarcDay } from './dmarc-day.ts'
import type { DomainTally } from './tally.ts'

export interface DmarcReporterPorts {
  dns: Pick<DnsResolver, 'resolve'>
  /** Milliseconds since the epoch. */
  clock: () => number
  /** Hands a message over durably; false: not now. */
  mail: (raw: Uint8Array, to: string) => Promise<boolean>
  /** Whether this domain is to be told nothing. */
  isExempt: (domain: string) => Promise<boolean>
  /** Our name, and the address that reports come from. */
  hostname: string
  from: string
  log: (event: string, facts: Record<string, unknown>) => void
}

const minute = 60_000
const hour = 60 * minute
/** What was counted in the day's last moments is on its way for some seconds. */
const settling = 15 * minute
const longestJitter = 4 * hour
const retryAfter = hour
const lastTry = 30 * hour
/** Reports that are due at about the same time go in one event, but no more than it has time for. */
const together = 10 * minute
const mostAtOnce = 100

/** When a day's counts are complete, in milliseconds since the epoch. */
export function closesAt(day: string): number {
  return periodOf(day).end + settling
}

export class DmarcReporter {
  readonly #day: string
  readonly #counts: DmarcDay
  readonly #ports: DmarcReporterPorts

  constructor(day: string, counts: DmarcDay, ports: DmarcReporterPorts) {
    this.#day = day
    this.#counts = counts
    this.#ports = ports
  }

  /** Sends what is due; tells when to be called again, or undefined when all is done. */
  async tick(): Promise<number | undefined> {
    const { clock, log } = this.#ports
    const begin = closesAt(this.#day)
    if (clock() < begin) return begin
    const left = this.#counts.close((domain) => begin + (fnv1a(domain) % longestJitter))
    if (left > 0) log('dmarc counts left out', { day: this.#day, messages: left })
    for (let count = 0; ; count++) {
      const next = this.#counts.due(clock())
      if (next === undefined) break
      if (count === mostAtOnce) return clock()
      const { id, tally } = next
      const isOver = await this.#send(tally).catch((cause: unknown) => {
        // One domain's must not hold up the others'.
        log('dmarc report failed', { domain: tally.policy.domain, day: this.#day, reason: String(cause) })
        return false
      })
      if (isOver) this.#counts.done(id)
      else if (clock() < begin + lastTry) this.#counts.postpone(id, clock() + retryAfter)
      else {
        log('dmarc report given up', { domain: tally.policy.domain, day: this.#day })
        this.#counts.done(id)
      }
    }
    const due = this.#counts.next()
    return due === undefined ? undefined : Math.max(due, clock() + together)
  }

  /** True when nothing is left to do. */
  async #send(tally: DomainTally): Promise<boolean> {
    const { dns, isExempt, clock, mail, from, hostname, log } = this.#ports
    const { domain } = tally.policy
    if (await isExempt(domain)) return true
    const { addresses, isUncertain } = await reportAddresses(domain, tally.uris, dns)
    if (addresses.length === 0) return !isUncertain
    const report = this.#report(tally)
    const compressed = gzipSync(encodeUtf8(formatDmarcReport(report)), { level: 9, mtime: 0 })
    let taken = 0
    let tooLarge = 0
    for (const { address, limit = Infinity } of addresses) {
      const seed = `dmarc${Math.floor(clock() / 1000).toString(36)}`
      const message = { report, compressed, from, to: address, submitter: hostname, date: clock(), seed }
      const raw = composeDmarcReport(message)
      if (raw.length > limit) tooLarge++
      else if (await mail(raw, address)) taken++
    }
    log('dmarc report', { domain, day: this.#day, addresses: addresses.length, taken, tooLarge })
    return taken > 0 || tooLarge === addresses.length
  }

  #report({ policy, rows }: DomainTally): DmarcReport {
    const { hostname, from } = this.#ports
    return {
      organization: hostname,
      contact: from,
      id: `${this.#day}${hostname}`.replaceAll(/[^A-Za-z0-9]/g, ''),
      ...periodOf(this.#day),
      generator: 'facteur',
      policy,
      rows,
    }
  }
}
