import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatInternalDate } from '../../../src/protocol/imap/index.ts'
import { parseDate, parseDateTime } from '../../../src/protocol/imap/date-time.ts'

describe('date-time (RFC 9051 §9)', () => {
  it.each([
    ['17-Jul-1996 02:44:25 -0700', Date.UTC(1996, 6, 17, 9, 44, 25)],
    [' 7-Feb-1994 21:52:25 -0800', Date.UTC(1994, 1, 8, 5, 52, 25)],
    ['07-feb-1994 21:52:25 +0000', Date.UTC(1994, 1, 7, 21, 52, 25)],
    ['29-Feb-2024 00:00:00 +1245', Date.UTC(2024, 1, 28, 11, 15)],
  ])('reads %s', (text, time) => {
    expect(parseDateTime(text)).toBe(time)
  })

  it.each([
    ['7-Feb-1994 21:52:25 -0800', 'the day has two places'],
    ['30-Feb-1994 21:52:25 -0800', 'no such day'],
    ['29-Feb-2023 00:00:00 +0000', 'no leap year'],
    ['17-Jul-1996 24:00:00 +0000', 'no such hour'],
    ['17-Jul-96 02:44:25 -0700', 'a year of two digits'],
    ['17-Jul-1996 02:44:25', 'no zone'],
    ['17-Jux-1996 02:44:25 +0000', 'no such month'],
  ])('refuses %s: %s', (text) => {
    expect(parseDateTime(text)).toBeUndefined()
  })

  it('reads back what it writes, to the second', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253402300799 }), (second) => {
        expect(parseDateTime(formatInternalDate(second * 1000 + 999).slice(1, -1))).toBe(second * 1000)
      }),
    )
  })

  it('reads the dates of SEARCH with one or two digits', () => {
    expect(parseDate('1-Feb-1994')).toBe(Date.UTC(1994, 1, 1))
    expect(parseDate('01-Feb-1994')).toBe(Date.UTC(1994, 1, 1))
    expect(parseDate('32-Jan-1994')).toBeUndefined()
  })
})
