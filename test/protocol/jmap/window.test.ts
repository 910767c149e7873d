import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { differenceOf, pageOf, parseFilter, matchesFilter, type Filter } from '../../../src/protocol/jmap/index.ts'

const ids = ['a', 'b', 'c', 'd', 'e']
const none = { position: 0, anchor: undefined, anchorOffset: 0, limit: undefined }

/** The algorithm that §5.6 gives the client. */
function splice(old: string[], removed: readonly string[], added: readonly { id: string; index: number }[]) {
  const result = old.filter((id) => !removed.includes(id))
  for (const { id, index } of added) result.splice(index, 0, id)
  return result
}

const matches = (filter: Filter<number>) => matchesFilter(filter, (x) => x > 0)

describe('pages of a query (RFC 8620 §5.5)', () => {
  it.each([
    ['everything', none, 0, ids],
    ['a position', { ...none, position: 2, limit: 2 }, 2, ['c', 'd']],
    ['a position behind the end', { ...none, position: 9 }, 9, []],
    ['a negative position counts from the end', { ...none, position: -2 }, 3, ['d', 'e']],
    ['a negative position before the start is clamped', { ...none, position: -9, limit: 1 }, 0, ['a']],
    ['an anchor', { ...none, anchor: 'c', limit: 2 }, 2, ['c', 'd']],
    ['an anchor wins over the position', { ...none, anchor: 'c', position: 4, limit: 1 }, 2, ['c']],
    ['an anchor with a negative offset', { ...none, anchor: 'c', anchorOffset: -1, limit: 3 }, 1, ['b', 'c', 'd']],
    ['an anchor offset before the start is clamped', { ...none, anchor: 'b', anchorOffset: -5, limit: 1 }, 0, ['a']],
    ['a limit of zero', { ...none, limit: 0 }, 0, []],
  ])('%s', (_, window, position, page) => {
    expect(pageOf(ids, window)).toEqual({ position, ids: page })
  })

  it('anchorNotFound when it is not among the results', () => {
    expect(() => pageOf(ids, { ...none, anchor: 'x' })).toThrow(expect.objectContaining({ type: 'anchorNotFound' }))
  })
})

describe('differences of a query (RFC 8620 §5.6)', () => {
  it('turns the old results into the new ones, whatever changed', () => {
    const universe = fc.shuffledSubarray(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'])
    fc.assert(
      fc.property(universe, universe, fc.func(fc.boolean()), (old, shuffled, extra) => {
        // Untouched ids keep their order: they are what a sort leaves in place.
        const kept = old.filter((id) => shuffled.includes(id) && !extra(id))
        const moved = shuffled.filter((id) => !kept.includes(id))
        const results = [...kept]
        for (const [index, id] of moved.entries()) results.splice((index * 3) % (results.length + 1), 0, id)
        const created = new Set(shuffled.filter((id) => !old.includes(id)))
        const gone = new Set(old.filter((id) => !results.includes(id)))
        const { removed, added } = differenceOf(results, { touched: new Set(moved), created, gone })
        expect(removed.filter((id) => created.has(id))).toEqual([])
        expect(splice(old, removed, added)).toEqual(results)
      }),
    )
  })

  it('leaves out what lies behind upToId', () => {
    const { removed, added } = differenceOf(
      ids,
      { touched: new Set(['b', 'e']), created: new Set(), gone: new Set(['x']) },
      'c',
    )
    expect(added).toEqual([{ id: 'b', index: 1 }])
    expect(removed).toEqual(['x', 'b'])
  })
})

describe('filters (RFC 8620 §5.5)', () => {
  const limits = { maxFilterConditions: 5, maxFilterDepth: 3 }
  const parse = (value: object) => parseFilter(value as never, (condition) => condition['x'] as number, limits)

  it.each([
    [{ x: 1 }, true],
    [{ operator: 'AND', conditions: [{ x: 1 }, { x: 0 }] }, false],
    [{ operator: 'OR', conditions: [{ x: 1 }, { x: 0 }] }, true],
    [{ operator: 'NOT', conditions: [{ x: 1 }, { x: 0 }] }, false],
    [{ operator: 'NOT', conditions: [{ x: 0 }, { x: 0 }] }, true],
    [{ operator: 'AND', conditions: [] }, true],
    [{ operator: 'OR', conditions: [] }, false],
  ])('%j is %s', (filter, expected) => {
    expect(matches(parse(filter))).toBe(expected)
  })

  it.each([
    ['invalidArguments', { operator: 'XOR', conditions: [] }],
    ['invalidArguments', { operator: 'AND' }],
    ['invalidArguments', { operator: 'AND', conditions: {} }],
    ['invalidArguments', { operator: 'AND', conditions: ['a'] }],
    ['invalidArguments', { operator: 'AND', conditions: [], x: 1 }],
    ['unsupportedFilter', { operator: 'AND', conditions: [{}, {}, {}, {}, {}] }],
    [
      'unsupportedFilter',
      { operator: 'NOT', conditions: [{ operator: 'NOT', conditions: [{ operator: 'NOT', conditions: [{}] }] }] },
    ],
  ])('%s for %j', (type, filter) => {
    expect(() => parse(filter)).toThrow(expect.objectContaining({ type }))
  })
})
