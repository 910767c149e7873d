/**
 * Events on their way to the day's TraceObject: gathered for a moment, sent in one call.
 *
 * The trace is a courtesy to people: it holds no message up, and what a crash takes with it is the last moment's events,
 * never mail. Events that cannot be sent are told to the log.
 *
 * Limits: a call holds 500 events; each is cut to a few kilobytes (`bounded`).
 */
import { bounded, type CountedEvent } from '../../trace/index.ts'
import type { Env } from './env.ts'
import { describe, log } from './log.ts'
import { settingsOf } from './settings.ts'

/** Long enough to gather what a busy server does, short enough for somebody who looks at once. */
const GATHER_MS = 200
const MOST_AT_ONCE = 500

/**
 * For one request or object, whose I/O it uses. `hold` keeps a request alive until what it recorded is sent; an object
 * lives on by itself.
 */
export function traceBuffer(env: Env, hold?: (work: Promise<void>) => void): (events: CountedEvent[]) => void {
  if (settingsOf(env).traceDays === 0) return () => undefined
  let waiting: CountedEvent[] = []
  let sending: Promise<void> | undefined

  async function drain(): Promise<void> {
    // A request that is over keeps no timers: one that is held does not wait.
    if (hold === undefined) await new Promise((resolve) => setTimeout(resolve, GATHER_MS))
    while (waiting.length > 0) {
      const events = waiting.splice(0, MOST_AT_ONCE)
      try {
        await env.TRACE.getByName(dayOf(Date.now())).add(events)
      } catch (error) {
        log('error', 'events of the trace are lost', { events: events.length, error: describe(error) })
      }
    }
    sending = undefined
  }

  return (events) => {
    waiting.push(...events.map(bounded))
    if (sending !== undefined) return
    sending = drain()
    hold?.(sending)
  }
}

/** The name of a day's TraceObject: `2026-11-23`, by UTC. */
export function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10)
}
