/**
 * JMAP's scalar types.
 *
 * Standards: RFC 8620 §1.2 (Id), §1.3 (Int, UnsignedInt), §1.4 (Date, UTCDate).
 */

/** 1 to 255 octets of the URL and filename safe base64 alphabet, without padding. */
export function isId(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9_-]{1,255}$/.test(value)
}

export function isInt(value: unknown): value is number {
  return Number.isSafeInteger(value)
}

export function isUnsignedInt(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

const dateSyntax = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?(Z|[+-](\d{2}):(\d{2}))$/

const firstTime = Date.parse('0000-01-01T00:00:00Z')
const lastTime = Date.parse('9999-12-31T23:59:59.999Z')

/**
 * A Date: RFC 3339 with upper-case letters, a real calendar day. Milliseconds since the epoch.
 *
 * QUIRK: what JavaScript's `Date.toISOString()` writes is taken, though §1.4 wants a zero fraction left out: most clients on
 * the web pass it on as it is (seen in jmapio/jmap-test-suite).
 */
export function parseJmapDate(value: unknown): { time: number; zoneMinutes: number } | undefined {
  if (typeof value !== 'string') return undefined
  const match = dateSyntax.exec(value)
  if (match === null) return undefined
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined
  if (hour > 23 || minute > 59 || second > 60) return undefined
  const zoneHours = Number(match[9] ?? 0)
  const zoneRest = Number(match[10] ?? 0)
  if (zoneHours > 23 || zoneRest > 59) return undefined
  const zoneMinutes = (match[8]?.startsWith('-') ? -1 : 1) * (zoneHours * 60 + zoneRest)
  const fraction = match[7] === undefined ? 0 : Math.floor(Number(`0.${match[7]}`) * 1000)
  const utc = new Date(0)
  utc.setUTCFullYear(year, month - 1, day)
  utc.setUTCHours(hour, minute, second, fraction)
  const time = utc.getTime() - zoneMinutes * 60_000
  // RFC 3339 has no year before 0000 or after 9999, also not in UTC.
  if (time < firstTime || time > lastTime) return undefined
  return { time, zoneMinutes: zoneMinutes === 0 ? 0 : zoneMinutes }
}

/** A UTCDate: as Date, with `Z` as the time zone. */
export function parseUtcDate(value: unknown): number | undefined {
  return typeof value === 'string' && value.endsWith('Z') ? parseJmapDate(value)?.time : undefined
}

/** Milliseconds since the epoch as a UTCDate; a zero fraction is left out, as §1.4 requires. */
export function formatUtcDate(time: number): string {
  const text = new Date(time).toISOString()
  if (text.endsWith('.000Z')) return `${text.slice(0, -5)}Z`
  return text.replace(/0+Z$/, 'Z')
}

/** A Date in its own zone: `2014-10-30T14:12:00+08:00`. */
export function formatJmapDate(time: number, zoneMinutes: number): string {
  if (zoneMinutes === 0) return formatUtcDate(time)
  const local = formatUtcDate(time + zoneMinutes * 60_000).slice(0, -1)
  const distance = Math.abs(zoneMinutes)
  return `${local}${zoneMinutes < 0 ? '-' : '+'}${pad(Math.floor(distance / 60))}:${pad(distance % 60)}`
}

function pad(number: number): string {
  return String(number).padStart(2, '0')
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}
