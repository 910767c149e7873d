/**
 * The log of the Worker and its objects: one JSON line an event, which Workers Logs indexes by field.
 *
 * Security: facts never hold passwords, tokens or mail content.
 */

export type LogLevel = 'info' | 'warning' | 'error'

export interface Log {
  (level: LogLevel, event: string, facts?: Record<string, unknown>): void
}

export const log: Log = (level, event, facts) => {
  const line = JSON.stringify({ level, event, ...facts })
  if (level === 'error') console.error(line)
  else if (level === 'warning') console.warn(line)
  else console.log(line)
}

/** An unexpected failure in full, with its causes: for the log only. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause === undefined ? '' : `\ncaused by ${describe(error.cause)}`
  return `${error.stack ?? `${error.name}: ${error.message}`}${cause}`
}
