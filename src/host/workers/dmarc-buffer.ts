/**
 * Counts of judged messages on their way to the day's DmarcObject: added up for a moment, sent in one call.
 *
 * They hold no message up. What a crash takes with it is the last seconds' counts, never mail: a report that is short of some
 * messages says nothing false, and its readers look for sources, not for sums.
 *
 * Limits: a call holds a million characters; messages beyond that are only summed up.
 */
import type { ArrivalPorts } from '../../arrival/index.ts'
import { dayOf, observe, Tally } from '../../reports/index.ts'
import type { Env } from './env.ts'
import { describe, log } from './log.ts'
import { settingsOf } from './settings.ts'

const GATHER_MS = 2_000
const MOST_AT_ONCE = 1_000_000

/**
 * For one request or object, whose I/O it uses. `hold` keeps a request alive until what it counted is sent; an object or a
 * link lives on by itself.
 */
export function dmarcBuffer(
  env: Env,
  hold?: (work: Promise<void>) => void,
): { onJudged?: NonNullable<ArrivalPorts['onJudged']> } {
  if (settingsOf(env).verification.dmarcReports === 'none') return {}
  const days = new Map<string, Tally>()
  let sending: Promise<void> | undefined

  async function drain(): Promise<void> {
    while (days.size > 0) {
      // A request that is over keeps no timers: one that is held does not wait.
      if (hold === undefined) await new Promise((resolve) => setTimeout(resolve, GATHER_MS))
      const gathered = [...days]
      days.clear()
      for (const [day, tally] of gathered) {
        try {
          await env.DMARC.getByName(day).add(tally.toJSON())
        } catch (error) {
          log('error', 'counts for DMARC reports are lost', { day, error: describe(error) })
        }
      }
    }
    sending = undefined
  }

  return {
    onJudged(judgement, reply) {
      const observation = observe(judgement, reply)
      if (observation === undefined) return
      const day = dayOf(observation.at)
      let tally = days.get(day)
      if (tally === undefined) days.set(day, (tally = new Tally(MOST_AT_ONCE)))
      tally.note(observation)
      if (sending !== undefined) return
      sending = drain()
      hold?.(sending)
    },
  }
}
