/**
 * Messages counted by domain, and by all that a report tells apart.
 *
 * Limits: characters in all, and of one domain; messages that would need more are only summed up as `left`.
 */
import type { DmarcReportRow, ReportedPolicy } from '../format/index.ts'
import type { ReportUri } from '../protocol/dmarc/index.ts'
import type { Observation } from './observation.ts'

/** What is known of one domain's mail. */
export interface DomainTally {
  /** As seen last (RFC 9990 §3.1: a report has one policy). */
  policy: ReportedPolicy
  uris: ReportUri[]
  rows: DmarcReportRow[]
}

/** Plain: it may be stored and sent on. */
export interface TallyText {
  domains: DomainTally[]
  /** Messages for which there was no room. */
  left: number
}

interface Counted extends Omit<DomainTally, 'rows'> {
  rows: Map<string, DmarcReportRow>
  size: number
}

/** A policy, and a row's names and count, as they are written down. */
const sizeOfDomain = 600
const sizeOfRow = 20
/** What is known of one domain must fit one column. */
const mostOfDomain = 1_500_000

export class Tally {
  readonly #most: number
  readonly #domains = new Map<string, Counted>()
  #size = 0
  #left = 0

  /** `most`: characters. */
  constructor(most: number) {
    this.#most = most
  }

  get isEmpty(): boolean {
    return this.#domains.size === 0 && this.#left === 0
  }

  /** Messages for which there was no room. */
  get left(): number {
    return this.#left
  }

  note({ policy, uris, row }: Pick<Observation, 'policy' | 'uris' | 'row'>, count = 1): void {
    const key = JSON.stringify(row)
    const domain = this.#domains.get(policy.domain)
    const known = domain?.rows.get(key)
    if (known !== undefined) known.count += count
    else if (!this.#make(policy, uris, key, { ...row, count })) this.#left += count
    // The last policy is the one that is reported.
    if (domain !== undefined) Object.assign(domain, { policy, uris })
  }

  /** False: there is no room. */
  #make(policy: ReportedPolicy, uris: ReportUri[], key: string, row: DmarcReportRow): boolean {
    const domain = this.#domains.get(policy.domain)
    const size = key.length + sizeOfRow + (domain === undefined ? sizeOfDomain + JSON.stringify(uris).length : 0)
    if (this.#size + size > this.#most || (domain?.size ?? 0) + size > mostOfDomain) return false
    this.#size += size
    const counted = domain ?? { policy, uris, rows: new Map<string, DmarcReportRow>(), size: 0 }
    counted.rows.set(key, row)
    counted.size += size
    this.#domains.set(policy.domain, counted)
    return true
  }

  /** Adds what was counted elsewhere, in the order of time. */
  add({ domains, left }: TallyText): void {
    for (const { policy, uris, rows } of domains) {
      for (const { count, ...row } of rows) this.note({ policy, uris, row }, count)
    }
    this.#left += left
  }

  toJSON(): TallyText {
    const domains = [...this.#domains.values()].map(({ policy, uris, rows }) => ({
      policy,
      uris,
      rows: [...rows.values()],
    }))
    return { domains, left: this.#left }
  }
}
