import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  formatJmapDate,
  formatUtcDate,
  isId,
  isInt,
  isUnsignedInt,
  parseJmapDate,
  parseUtcDate,
} from '../../../src/protocol/jmap/index.ts'

describe('Id (RFC 8620 §1.2)', () => {
  it.each(['a', 'M12', '-', '_', 'A-Za_z09', 'x'.repeat(255)])('takes %s', (id) => expect(isId(id)).toBe(true))
  it.each(['', 'a b', 'a/b', 'ä', '#a', 'a=', 'x'.repeat(256), 1, null])('refuses %s', (id) =>
    expect(isId(id)).toBe(false),
  )
})

describe('Int and UnsignedInt (RFC 8620 §1.3)', () => {
  it.each([0, -1, 2 ** 53 - 1, -(2 ** 53) + 1])('takes %d', (n) => expect(isInt(n)).toBe(true))
  it.each([1.5, 2 ** 53, '1', null, NaN])('refuses %s', (n) => expect(isInt(n)).toBe(false))
  it('UnsignedInt is not negative', () => expect([isUnsignedInt(0), isUnsignedInt(-1)]).toEqual([true, false]))
})

describe('Date and UTCDate (RFC 8620 §1.4)', () => {
  it('takes the examples', () => {
    expect(parseJmapDate('2014-10-30T14:12:00+08:00')).toEqual({ time: Date.UTC(2014, 9, 30, 6, 12), zoneMinutes: 480 })
    expect(parseUtcDate('2014-10-30T06:12:00Z')).toBe(Date.UTC(2014, 9, 30, 6, 12))
  })

  it.each([
    ['lower-case letters', '2014-10-30t06:12:00z'],
    ['a dot without a fraction', '2014-10-30T06:12:00.Z'],
    ['no zone', '2014-10-30T06:12:00'],
    ['no time', '2014-10-30'],
    ['month 13', '2014-13-30T06:12:00Z'],
    ['30 February', '2016-02-30T06:12:00Z'],
    ['29 February of a common year', '2015-02-29T06:12:00Z'],
    ['hour 24', '2014-10-30T24:00:00Z'],
    ['minute 60', '2014-10-30T06:60:00Z'],
    ['zone of 24 hours', '2014-10-30T06:12:00+24:00'],
    ['something behind it', '2014-10-30T06:12:00Z '],
    ['a number', 1414649520000],
  ])('refuses %s', (_, value) => expect(parseJmapDate(value)).toBeUndefined())

  it.each([0, 5, 50, 500, 120, 999])(
    'takes the milliseconds that Date.toISOString() always writes: %d',
    (milliseconds) => {
      const time = Date.UTC(2014, 9, 30, 6, 12) + milliseconds
      expect(parseUtcDate(new Date(time).toISOString())).toBe(time)
    },
  )

  it('a UTCDate has no other zone', () => expect(parseUtcDate('2014-10-30T14:12:00+08:00')).toBeUndefined())

  it('writes no zero fraction', () => {
    expect(formatUtcDate(Date.UTC(2014, 9, 30, 6, 12))).toBe('2014-10-30T06:12:00Z')
    expect(formatUtcDate(Date.UTC(2014, 9, 30, 6, 12) + 120)).toBe('2014-10-30T06:12:00.12Z')
    expect(formatJmapDate(Date.UTC(2014, 9, 30, 6, 12), 480)).toBe('2014-10-30T14:12:00+08:00')
    expect(formatJmapDate(Date.UTC(2014, 9, 30, 6, 12), -90)).toBe('2014-10-30T04:42:00-01:30')
  })

  it('reads what it writes', () => {
    const zones = fc.integer({ min: -1439, max: 1439 })
    fc.assert(
      fc.property(fc.integer({ min: -6e13, max: 2.5e14 }), zones, (time, zoneMinutes) => {
        expect(parseJmapDate(formatJmapDate(time, zoneMinutes))).toEqual({ time, zoneMinutes })
      }),
    )
  })
})
