/**
 * Dates of mail.
 *
 * Standards: RFC 5322 §3.3, §4.3 (obsolete zones and two-digit years).
 * Security: fed by anyone; a value longer than any date is refused before it is looked at.
 */

export interface MessageDate {
  /** ms since the epoch */
  time: number
  /** minutes east of UTC */
  zone: number
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

/** RFC 5322 §4.3; other names, and the single letters of RFC 822, count as unknown: UTC. */
const ZONES: Readonly<Record<string, number>> = {
  ut: 0,
  gmt: 0,
  utc: 0,
  z: 0,
  est: -300,
  edt: -240,
  cst: -360,
  cdt: -300,
  mst: -420,
  mdt: -360,
  pst: -480,
  pdt: -420,
}

const LENGTH_LIMIT = 200

/** Day and month may be swapped (`Nov 23 2026`), seconds and zone may be missing: real mail has all of it. */
const DATE =
  /^(?:[A-Za-z]+\.?,?\s*)?(?:(\d{1,2})[\s-]+([A-Za-z]{3,9})|([A-Za-z]{3,9})\s+(\d{1,2}),?)[\s-]+(\d{2,4})[\s,]+(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:\.\d+)?)?\s*(?:([+-])(\d{2}):?(\d{2})|([A-Za-z]{1,5}))?/

/** `Mon Nov 23 03:21:00 2026`, as ctime writes it. */
const CTIME = /^[A-Za-z]{3}\s+([A-Za-z]{3})\s+(\d{1,2})\s+(\d{1,2}):(\d{2}):(\d{2})\s+(?:[A-Z]{1,5}\s+)?(\d{4})$/

/** The instant and zone, or undefined when it is no date. Comments are allowed, odd spacing too. */
export function parseDate(value: string): MessageDate | undefined {
  if (value.length > LENGTH_LIMIT) return undefined
  const text = value
    .replace(/\([^()]*\)/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
  const ctime = CTIME.exec(text)
  if (ctime) {
    const [, month, day, hour, minute, second, year] = ctime
    return instant([year!, month!, day!, hour!, minute!, second!], 0)
  }
  const match = DATE.exec(text)
  if (!match) return undefined
  const [, day, month, monthFirst, dayAfter, year, hour, minute, second, sign, zoneHours, zoneMinutes, zoneName] = match
  const zone = sign ? offset(sign, zoneHours!, zoneMinutes!) : (ZONES[zoneName?.toLowerCase() ?? ''] ?? 0)
  return instant([year!, (month ?? monthFirst)!, (day ?? dayAfter)!, hour!, minute!, second ?? '0'], zone)
}

/** Offsets of a day and more are no offsets. */
function offset(sign: string, hours: string, minutes: string): number {
  const value = Number(hours) * 60 + Number(minutes)
  if (value >= 24 * 60 || value === 0) return 0 // not -0
  return sign === '-' ? -value : value
}

type Components = [year: string, month: string, day: string, hour: string, minute: string, second: string]

function instant([year, monthName, ...rest]: Components, zone: number): MessageDate | undefined {
  const month = MONTHS.indexOf(monthName.slice(0, 3).toLowerCase())
  const [day, hour, minute, second] = rest.map(Number) as [number, number, number, number]
  const fullYear = expandYear(year)
  if (month < 0 || fullYear < 1900 || hour > 23 || minute > 59 || second > 60) return undefined
  const daysInMonth = new Date(Date.UTC(fullYear, month + 1, 0)).getUTCDate()
  if (day < 1 || day > daysInMonth) return undefined
  return { time: Date.UTC(fullYear, month, day, hour, minute, second) - zone * 60_000, zone }
}

/** RFC 5322 §4.3: 00–49 are 2000 on, 50–99 and three digits are 1900 on. */
function expandYear(year: string): number {
  const value = Number(year)
  if (year.length === 2) return value < 50 ? value + 2000 : value + 1900
  return year.length === 3 ? value + 1900 : value
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}

/** `Mon, 23 Nov 2026 03:21:00 +0000`. `time` in ms; fractions of a second are dropped. */
export function formatDate(time: number, zone = 0): string {
  const local = new Date(time + zone * 60_000)
  const month = MONTHS[local.getUTCMonth()]!
  const away = Math.abs(zone)
  return (
    `${DAYS[local.getUTCDay()]}, ${local.getUTCDate()} ${month[0]!.toUpperCase()}${month.slice(1)} ` +
    `${String(local.getUTCFullYear()).padStart(4, '0')} ` +
    `${two(local.getUTCHours())}:${two(local.getUTCMinutes())}:${two(local.getUTCSeconds())} ` +
    `${zone < 0 ? '-' : '+'}${two(Math.floor(away / 60))}${two(away % 60)}`
  )
}
