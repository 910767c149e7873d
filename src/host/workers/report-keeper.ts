/**
 * Reports of other servers that came to a person, on their way to the domain's ReportObject.
 *
 * They hold no message up: it is in the person's mailbox, and what a crash takes with it is missing in the operator's list.
 */
import type { ArrivalPorts } from '../../arrival/index.ts'
import type { Env } from './env.ts'
import { describe, log } from './log.ts'

/** `hold` keeps a request alive for it. */
export function reportKeeper(env: Env, hold?: (work: Promise<void>) => void): NonNullable<ArrivalPorts['onReport']> {
  return (domain, raw, judgement) => {
    const sender = { sender: judgement?.dmarc.domain ?? '', proven: judgement?.dmarc.status === 'pass' }
    const keep = async () => {
      try {
        await env.REPORT.getByName(domain).keep(raw, sender)
      } catch (error) {
        log('error', 'a report was not kept', { domain, error: describe(error) })
      }
    }
    const kept = keep()
    hold?.(kept)
  }
}
