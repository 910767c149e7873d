/**
 * How a message came that left this house some time ago, by the id in our Received field.
 *
 * Cost: a call for each day, from today back to the one on which it came.
 */
import type { Env } from '../env.ts'
import { settingsOf } from '../settings.ts'
import { dayOf } from '../trace-buffer.ts'
import type { LateReportPorts } from './late-reports.ts'

const DAY_MS = 86_400_000

export function tracedArrival(env: Env, clock: () => number): LateReportPorts['arrival'] {
  const { traceDays } = settingsOf(env)
  return async (transactionId) => {
    if (traceDays === 0) return undefined
    const now = clock()
    for (let day = 0; day <= traceDays; day++) {
      const steps = await env.TRACE.getByName(dayOf(now - day * DAY_MS)).find([transactionId])
      const arrived = steps.find((step) => step.type === 'arrived')
      if (arrived !== undefined) return arrived
    }
    return undefined
  }
}
