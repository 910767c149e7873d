/**
 * How messages came that left this house some time ago, by what our Received fields say: an id, and when.
 *
 * Cost: finding a message is reading a day, so only the days are asked that the fields name: for one message one, or two where it
 * came around midnight.
 * Security: the fields may be forged, and cost no more than that.
 */
import type { TraceEvent } from '../../../trace/index.ts'
import { dayOf } from '../trace-buffer.ts'
import type { LateReportPorts } from './late-reports.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

export interface TracedArrivalPorts {
  /** What the trace of that day knows of these messages. */
  readonly find: (day: string, ids: string[]) => Promise<TraceEvent[]>
  /** For how long traces are kept; 0: there are none. */
  readonly traceDays: number
  /** Milliseconds since the epoch. */
  readonly clock: () => number
}

/** In the order given. */
export function tracedArrivals({ find, traceDays, clock }: TracedArrivalPorts): LateReportPorts['arrivals'] {
  return async (received) => {
    if (traceDays === 0) return []
    const now = clock()
    const days = new Map<string, Set<string>>()
    for (const { id, time } of received) {
      if (time > now + HOUR_MS || time < now - (traceDays + 1) * DAY_MS) continue
      // What is traced is written down a while after the field was.
      for (const day of [dayOf(time), dayOf(time + HOUR_MS)]) days.set(day, (days.get(day) ?? new Set()).add(id))
    }
    const steps = await Promise.all([...days].map(async ([day, ids]) => find(day, [...ids])))
    const arrived = new Map(steps.flat().flatMap((step) => (step.type === 'arrived' ? [[step.id, step]] : [])))
    return received.flatMap(({ id }) => arrived.get(id) ?? [])
  }
}
