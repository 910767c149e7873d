import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatDate, parseDate } from '../../src/format/index.ts'

describe('parseDate (RFC 5322 §3.3, §4.3)', () => {
  test.each([
    ['Fri, 21 Nov 1997 09:55:06 -0600', '1997-11-21T15:55:06Z', -360],
    ['Thu, 13\r\n   Feb\r\n     1969\r\n 23:32\r\n   -0330 (Newfoundland Time)', '1969-02-14T03:02:00Z', -210],
    ['21 Nov 97 09:55:06 GMT', '1997-11-21T09:55:06Z', 0],
    ['Mon, 23 Nov 2026 03:21:00 EST', '2026-11-23T08:21:00Z', -300],
    ['Mon, 23 Nov 2026 03:21:00 +05:30', '2026-11-22T21:51:00Z', 330],
    ['Mon Nov 23 03:21:00 2026', '2026-11-23T03:21:00Z', 0],
    ['Nov 23, 2026 3:21', '2026-11-23T03:21:00Z', 0],
    ['Mon, 23 Nov 126 03:21:00 -0000', '2026-11-23T03:21:00Z', 0],
    ['Sat, 31 Dec 2016 23:59:60 +0000', '2017-01-01T00:00:00Z', 0],
    ['29 Feb 2024 00:00:00 Z', '2024-02-29T00:00:00Z', 0],
    ['1 Jan 2026 00:00:00 +9999', '2026-01-01T00:00:00Z', 0],
  ])('%s', (value, iso, zone) => expect(parseDate(value)).toEqual({ time: Date.parse(iso), zone }))

  test.each([
    ['nothing', ''],
    ['words', 'yesterday at noon'],
    ['a day that the month has not', '30 Feb 2026 00:00:00 +0000'],
    ['hour 24', '1 Jan 2026 24:00:00 +0000'],
    ['minute 60', '1 Jan 2026 00:60:00 +0000'],
    ['an unknown month', '1 Foo 2026 00:00:00 +0000'],
    ['day 0', '0 Jan 2026 00:00:00 +0000'],
    ['a value longer than any date', `1 Jan 2026 00:00:00 +0000${' '.repeat(300)}`],
  ])('refuses %s', (_, value) => expect(parseDate(value)).toBeUndefined())
})

test('formatDate writes the form of RFC 5322 §3.3, and parseDate reads it back', () => {
  expect(formatDate(Date.parse('2026-11-03T03:21:00Z'), -90)).toBe('Tue, 3 Nov 2026 01:51:00 -0130')
  fc.assert(
    fc.property(fc.integer({ min: -2e9, max: 4e9 }), fc.integer({ min: -720, max: 840 }), (seconds, zone) => {
      const time = seconds * 1000
      if (new Date(time).getUTCFullYear() < 1901) return
      expect(parseDate(formatDate(time, zone))).toEqual({ time, zone: zone === 0 ? 0 : zone })
    }),
  )
})
