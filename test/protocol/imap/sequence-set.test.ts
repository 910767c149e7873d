import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ImapError, SequenceSet, formatUidSet } from '../../../src/protocol/imap/index.ts'

describe('sequence sets (RFC 9051 §9)', () => {
  it.each([
    ['0', 'zero is not a message number'],
    ['', 'empty'],
    ['1,', 'nothing behind the comma'],
    [',1', 'nothing before it'],
    ['1::2', 'two colons'],
    ['1:2:3', 'three ends'],
    ['01', 'leading zero'],
    ['-1', 'a sign'],
    ['4294967296', 'above 32 bits'],
    ['1:$', '$ stands alone'],
    ['**', 'two stars'],
  ])('refuses %s: %s', (text) => {
    expect(() => SequenceSet.parse(text)).toThrow(ImapError)
  })

  it.each([
    [
      '2,4:7,9,12:*',
      15,
      [
        [2, 2],
        [4, 7],
        [9, 9],
        [12, 15],
      ],
    ],
    ['*:4,5:7', 10, [[4, 10]]],
    ['*', 3, [[3, 3]]],
    ['5:*', 3, [[3, 5]]],
    ['3,1,2', 9, [[1, 3]]],
    ['9:1', 9, [[1, 9]]],
  ])('resolves %s with %i messages', (text, max, ranges) => {
    expect(SequenceSet.parse(text).resolve(max)).toEqual(ranges)
  })

  it('limits the number of ranges, not their width', () => {
    expect(() => SequenceSet.parse('1,3,5', 2)).toThrow('Too many ranges')
    expect(SequenceSet.parse('1:4294967295', 1).resolve(1)).toEqual([[1, 4294967295]])
  })

  it('reads $ as the saved result (RFC 5182)', () => {
    expect(SequenceSet.parse('$').saved).toBe(true)
  })

  it('prints what it has read', () => {
    const number = fc.oneof(fc.integer({ min: 1, max: 0xffffffff }).map(String), fc.constant('*'))
    const range = fc.oneof(
      number,
      fc.tuple(number, number).map(([a, b]) => (a === b ? a : `${a}:${b}`)),
    )
    fc.assert(
      fc.property(fc.array(range, { minLength: 1, maxLength: 20 }), (ranges) => {
        expect(SequenceSet.parse(ranges.join(',')).toString()).toBe(ranges.join(','))
      }),
    )
  })

  it('writes ascending numbers as the set that reads back to them', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 300 }), { minLength: 1 }), (numbers) => {
        const ascending = numbers.sort((a, b) => a - b)
        expect(SequenceSet.parse(formatUidSet(ascending)).numbers()).toEqual(ascending)
      }),
    )
    expect(formatUidSet([])).toBe('')
    expect(formatUidSet([1, 2, 3, 7])).toBe('1:3,7')
  })
})
