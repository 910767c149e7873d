/**
 * A day by UTC, the period of a report.
 */
const dayLength = 86_400_000

/** The name of the day in which `time` (milliseconds since the epoch) is: `2026-11-23`. */
export function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10)
}

/** Its first and its last second, in milliseconds since the epoch. */
export function periodOf(day: string): { start: number; end: number } {
  const start = Date.parse(`${day}T00:00:00Z`)
  return { start, end: start + dayLength - 1000 }
}
