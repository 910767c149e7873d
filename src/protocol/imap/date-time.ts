/**
 * Dates on the wire: `date-time` of INTERNALDATE and APPEND, `date` of SEARCH.
 *
 * Standards: RFC 9051 §9 (date-time, date).
 */

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const day = 86_400_000

const dateTime = /^([ \d]\d)-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)$/
const date = /^(\d{1,2})-([A-Za-z]{3})-(\d{4})$/

/** `" 7-Feb-1994 21:52:25 -0800"` (without the quotes) in milliseconds; undefined when it is not one. */
export function parseDateTime(text: string): number | undefined {
  const match = dateTime.exec(text)
  if (match === null) return undefined
  const [, dayOfMonth, month, year, hour, minute, second, sign, zoneHour, zoneMinute] = match as unknown as string[]
  const midnight = calendarDay(Number(dayOfMonth), month as string, Number(year))
  const [h, m, s, zh, zm] = [hour, minute, second, zoneHour, zoneMinute].map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ]
  // A leap second is a time (RFC 5322 §3.3); it is kept as the second after.
  if (midnight === undefined || h > 23 || m > 59 || s > 60 || zm > 59) return undefined
  const zone = (zh * 60 + zm) * (sign === '-' ? -1 : 1)
  return midnight + ((h * 60 + m - zone) * 60 + s) * 1000
}

/** `1-Feb-1994`: midnight UTC of that day in milliseconds; undefined when it is not one. */
export function parseDate(text: string): number | undefined {
  const match = date.exec(text)
  if (match === null) return undefined
  return calendarDay(Number(match[1]), match[2] as string, Number(match[3]))
}

let cachedDay = NaN
let cachedText = ''

/** Milliseconds as `07-Feb-1994 21:52:25 +0000`: always in UTC, which is what the store keeps. */
export function formatDateTime(time: number): string {
  const today = Math.floor(time / day)
  if (today !== cachedDay) {
    const at = new Date(today * day)
    cachedDay = today
    cachedText = `${two(at.getUTCDate())}-${months[at.getUTCMonth()]}-${String(at.getUTCFullYear()).padStart(4, '0')} `
  }
  const second = Math.floor((time - today * day) / 1000)
  return `${cachedText}${two((second / 3600) | 0)}:${two(((second / 60) | 0) % 60)}:${two(second % 60)} +0000`
}

/** The FETCH item: quoted, with the day's leading space of the grammar's `date-day-fixed`. */
export function formatInternalDate(time: number): string {
  const text = formatDateTime(time)
  return text.startsWith('0') ? `" ${text.slice(1)}"` : `"${text}"`
}

const twoDigits = Array.from({ length: 100 }, (_, n) => String(n).padStart(2, '0'))

function two(value: number): string {
  return twoDigits[value] as string
}

function calendarDay(dayOfMonth: number, month: string, year: number): number | undefined {
  const index = months.findIndex((name) => name.toLowerCase() === month.toLowerCase())
  if (index === -1 || dayOfMonth < 1) return undefined
  const time = Date.UTC(year < 100 ? 2000 : year, index, dayOfMonth)
  // Date.UTC reads years below 100 as 19xx; no message is that old, but the answer must not be wrong either.
  const at = new Date(time)
  if (year < 100) at.setUTCFullYear(year)
  return at.getUTCDate() === dayOfMonth && at.getUTCMonth() === index ? at.getTime() : undefined
}
