/**
 * The log port: one event name and flat facts.
 *
 * Security: facts never hold message content, passwords or the bridge secret. Text that came from a peer is escaped by
 * whoever prints it (`lineLog` prints JSON, so a line break in a peer's text stays inside its string).
 */

export type LogLevel = 'debug' | 'info' | 'warning' | 'error'
export type LogFacts = Readonly<Record<string, string | number | boolean | undefined>>

export interface Log {
  (level: LogLevel, event: string, facts?: LogFacts): void
}

export const silentLog: Log = () => {}

const order: readonly LogLevel[] = ['debug', 'info', 'warning', 'error']

/** A log of JSON lines from `level` up, each handed to `print` without its line break. */
export function lineLog(print: (line: string) => void, level: LogLevel = 'info', now: () => number = Date.now): Log {
  const least = order.indexOf(level)
  return (eventLevel, event, facts) => {
    if (order.indexOf(eventLevel) < least) return
    print(JSON.stringify({ at: new Date(now()).toISOString(), level: eventLevel, event, ...facts }))
  }
}

/** One line about an unexpected failure: its class, its text and the cause's, without stack. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : ''
  return `${error.name}: ${error.message}${cause}`
}
