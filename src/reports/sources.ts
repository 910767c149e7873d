/**
 * Many aggregate reports in one table: which hosts sent mail in a domain's name, and how it fared.
 *
 * Limits: sources, and names of each.
 */
import type { DmarcReport, DmarcReportRow } from '../format/index.ts'

export interface SourceSummary {
  /** Address of the host, and the author's domain. */
  source: string
  headerFrom: string
  messages: number
  /** Neither DKIM nor SPF passed for that domain. */
  failed: number
  dkim: number
  spf: number
  /** Refused, or taken for junk. */
  refused: number
  /** How many reports say so, and of how many it is known who sent them. */
  reports: number
  proven: number
  /** Domains whose signature passed, and domains of reverse-paths for which SPF passed, whatever DMARC makes of them. */
  signers: string[]
  senders: string[]
}

const mostSources = 1_000
const mostKept = 10_000
const mostNames = 5

export class Sources {
  readonly #known = new Map<string, SourceSummary>()

  /** What failed most comes first. */
  get summaries(): SourceSummary[] {
    const worst = (one: SourceSummary, other: SourceSummary) =>
      other.failed - one.failed || other.messages - one.messages
    return [...this.#known.values()].toSorted(worst).slice(0, mostSources)
  }

  add({ rows }: DmarcReport, proven: boolean): void {
    const told = new Set<SourceSummary>()
    for (const row of rows) {
      const summary = this.#of(row)
      if (summary === undefined) continue
      count(summary, row)
      if (told.has(summary)) continue
      told.add(summary)
      summary.reports++
      if (proven) summary.proven++
    }
  }

  #of({ source, headerFrom }: DmarcReportRow): SourceSummary | undefined {
    const key = `${source} ${headerFrom}`
    const known = this.#known.get(key)
    if (known !== undefined || this.#known.size >= mostKept) return known
    const counts = { messages: 0, failed: 0, dkim: 0, spf: 0, refused: 0, reports: 0, proven: 0 }
    const made: SourceSummary = { source, headerFrom, ...counts, signers: [], senders: [] }
    this.#known.set(key, made)
    return made
  }
}

function count(summary: SourceSummary, row: DmarcReportRow): void {
  summary.messages += row.count
  if (row.dkim) summary.dkim += row.count
  if (row.spf) summary.spf += row.count
  if (!row.dkim && !row.spf) summary.failed += row.count
  if (row.disposition === 'quarantine' || row.disposition === 'reject') summary.refused += row.count
  for (const [names, results] of [
    [summary.signers, row.dkimResults],
    [summary.senders, row.spfResults],
  ] as const) {
    for (const { domain, result } of results) {
      if (result === 'pass' && names.length < mostNames && !names.includes(domain)) names.push(domain)
    }
  }
}
