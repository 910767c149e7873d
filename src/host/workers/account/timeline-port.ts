/**
 * What the days' TraceObjects know of an account's submissions.
 *
 * Cost: one call for each day since the message was sent, and in each a walk over that day.
 */
import type { TimelinePort } from '../../../access/jmap/index.ts'
import { mostSought, type TraceEvent } from '../../../trace/index.ts'
import type { Env } from '../env.ts'
import { settingsOf } from '../settings.ts'
import { dayOf } from '../trace-buffer.ts'
import { transactionOf } from './transaction-of.ts'

const DAY_MS = 86_400_000
/** The clocks of hosts differ, and a message is traced a moment before its submission has its time. */
const EARLIER_MS = 60_000

/** Undefined where no traces are kept. */
export function timelinePort(env: Env, clock: () => number): TimelinePort | undefined {
  const { traceDays } = settingsOf(env)
  if (traceDays === 0) return undefined
  return {
    days: traceDays,
    atOnce: mostSought,
    async find(tags, sentAt) {
      const byId = new Map(await Promise.all(tags.map(async (tag) => [await transactionOf(tag), tag] as const)))
      const now = clock()
      const since = Math.max(sentAt - EARLIER_MS, now - traceDays * DAY_MS)
      const days = new Set<string>()
      for (let time = since; time < now; time += DAY_MS) days.add(dayOf(time))
      days.add(dayOf(now))
      const ids = [...byId.keys()]
      const found = await Promise.all([...days].map(async (day) => env.TRACE.getByName(day).find(ids, since)))
      const events = Map.groupBy(found.flat(), ({ id }: TraceEvent) => byId.get(id) as string)
      for (const steps of events.values()) steps.sort((one, other) => one.at - other.at)
      return events
    },
  }
}
