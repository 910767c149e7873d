/**
 * A report in three figures: what it is about, and how much went well.
 */
import type { ReadReport } from './read-report.ts'

export interface Figures {
  /** The domain that it is about. */
  domain: string
  /** Messages that passed DMARC, or sessions that were as the policy wants them. */
  passed: number
  failed: number
}

export function figuresOf(read: ReadReport): Figures {
  if (read.kind === 'dmarc') {
    const { policy, rows } = read.report
    const passed = sum(rows.filter(({ dkim, spf }) => dkim || spf).map(({ count }) => count))
    return { domain: policy.domain, passed, failed: sum(rows.map(({ count }) => count)) - passed }
  }
  if (read.kind === 'failure') return { domain: read.report.domain, passed: 0, failed: read.report.incidents }
  const { results } = read.report
  return {
    domain: results[0]?.policy.domain.toLowerCase() ?? '',
    passed: sum(results.map(({ successes }) => successes)),
    failed: sum(results.map(({ failed }) => failed)),
  }
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0)
}
