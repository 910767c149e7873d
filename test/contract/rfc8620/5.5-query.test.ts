/**
 * RFC 8620 §5.5: /query.
 */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { World } from '../../access/jmap/world.ts'
import { filled, message, oldest } from './filled.ts'
import { ofVerb } from './methods.ts'

const queries = ofVerb('query').filter(([name]) => /^(Mailbox|Email|EmailSubmission)\//.test(name))

describe('§5.5 /query', () => {
  it.each(queries)('§5.5 %s answers with its state, position, ids, and a limit only when it set one', async (name) => {
    const answer = await new World().call(name, { limit: 3 })
    expect(Object.keys(answer).toSorted()).toEqual(
      ['accountId', 'canCalculateChanges', 'ids', 'position', 'queryState'].toSorted(),
    )
    expect(answer).toMatchObject({ accountId: 'a1', position: 0, queryState: expect.any(String) })
  })

  it('§5.5 total comes when it is asked for, and not otherwise', async () => {
    const { world } = filled(5)
    expect(await world.call('Email/query', { calculateTotal: true, limit: 2 })).toMatchObject({ total: 5 })
    expect(await world.call('Email/query', { calculateTotal: false })).not.toHaveProperty('total')
  })

  it('§5.5 a limit above the largest, or none, is clamped, and the answer says to what', async () => {
    const world = new World({ maxQueryPage: 3 })
    for (let n = 0; n < 5; n++) world.deliver(message(n))
    for (const name of ['Email/query', 'Mailbox/query']) {
      expect(await world.call(name)).toMatchObject({ limit: 3, ids: { length: 3 } })
      expect(await world.call(name, { limit: 4 })).toMatchObject({ limit: 3, ids: { length: 3 } })
      expect(await world.call(name, { limit: 3 })).not.toHaveProperty('limit')
      expect(await world.call(name, { limit: 0 })).toMatchObject({ ids: [] })
    }
  })

  it('§5.5 gives the part of the results that position, anchor, anchorOffset and limit say', async () => {
    const { world, ids } = filled(7)
    const offset = fc.integer({ min: -9, max: 9 })
    const window = fc.record(
      {
        position: offset,
        anchor: fc.constantFrom(null, ...ids),
        anchorOffset: offset,
        limit: fc.oneof(fc.nat({ max: 9 }), fc.constant(null)),
      },
      { requiredKeys: [] },
    )
    await fc.assert(
      fc.asyncProperty(window, fc.boolean(), async (given, calculateTotal) => {
        const { position = 0, anchor = null, anchorOffset = 0, limit = null } = given
        const wanted = anchor === null ? (position < 0 ? position + 7 : position) : ids.indexOf(anchor) + anchorOffset
        const start = Math.max(0, wanted)
        const answer = await world.call('Email/query', { ...oldest, ...given, calculateTotal })
        expect(answer).toMatchObject({ position: start, ids: ids.slice(start, start + (limit ?? 7)) })
      }),
      { numRuns: 300 },
    )
  })

  it.each([
    ['Email/query', {}],
    ['Mailbox/query', { filter: { hasAnyRole: true } }],
  ])('§5.5 %s: anchorNotFound for an id that is not among the results', async (name, args) => {
    const { world, ids } = filled(2)
    const { created } = await world.call('Mailbox/set', { create: { m: { name: 'M' } } })
    for (const anchor of ['zz', 'M999', '#nothing', name === 'Email/query' ? created.m.id : created.m.id, ids[0]]) {
      if (name === 'Email/query' && anchor === ids[0]) continue
      expect([anchor, (await world.refusal(name, { ...args, anchor })).type]).toEqual([anchor, 'anchorNotFound'])
    }
  })

  it('§5.5 without sort the order is the same from call to call', async () => {
    const { world } = filled(6)
    const { ids } = await world.call('Email/query')
    const pages = await Promise.all([0, 2, 4].map((position) => world.call('Email/query', { position, limit: 2 })))
    expect(pages.flatMap((page) => page.ids)).toEqual(ids)
    expect((await world.call('Email/query', { sort: [] })).ids).toEqual(ids)
  })

  it('§5.5 the state of a query changes when its results do', async () => {
    const { world, ids } = filled(2)
    const { queryState } = await world.call('Email/query')
    expect((await world.call('Email/query')).queryState).toBe(queryState)
    await world.call('Email/set', { destroy: [ids[0]] })
    expect((await world.call('Email/query')).queryState).not.toBe(queryState)
  })
})

const has = (n: number) => ({ subject: `S${n}` })

describe('§5.5 filter', () => {
  const { world, ids } = filled(4)
  const find = async (filter: unknown): Promise<number[]> => {
    const found = await world.call('Email/query', { ...oldest, filter })
    return found.ids.map((id: string) => ids.indexOf(id))
  }

  it.each<[string, unknown, number[]]>([
    ['null: all', null, [0, 1, 2, 3]],
    ['no condition: all', {}, [0, 1, 2, 3]],
    ['AND of none: all', { operator: 'AND', conditions: [] }, [0, 1, 2, 3]],
    ['OR of none: none', { operator: 'OR', conditions: [] }, []],
    ['NOT of none: all', { operator: 'NOT', conditions: [] }, [0, 1, 2, 3]],
    ['OR', { operator: 'OR', conditions: [has(1), has(2)] }, [1, 2]],
    ['AND', { operator: 'AND', conditions: [has(1), { from: 'bob' }] }, [1]],
    ['NOT: none of the conditions', { operator: 'NOT', conditions: [has(1), has(2)] }, [0, 3]],
    ['within one another', { operator: 'NOT', conditions: [{ operator: 'NOT', conditions: [has(3)] }] }, [3]],
  ])('§5.5 %s', async (_, filter, expected) => {
    expect(await find(filter)).toEqual(expected)
  })

  it.each<[string, string, unknown]>([
    ['invalidArguments', 'another operator', { operator: 'XOR', conditions: [] }],
    ['invalidArguments', 'an operator in lower case', { operator: 'and', conditions: [] }],
    ['invalidArguments', 'no conditions', { operator: 'AND' }],
    ['invalidArguments', 'conditions that are no array', { operator: 'AND', conditions: {} }],
    ['invalidArguments', 'a condition that is null', { operator: 'AND', conditions: [null] }],
    ['invalidArguments', 'a condition with an operator', { operator: null, subject: 'x' }],
    ['invalidArguments', 'both', { operator: 'AND', conditions: [], subject: 'x' }],
    ['unsupportedFilter', 'an unknown condition', { nonsense: 1 }],
    ['unsupportedFilter', 'an unknown condition deep inside', { operator: 'AND', conditions: [{ constructor: 1 }] }],
  ])('§5.5 %s: %s', async (type, _, filter) => {
    for (const name of ['Email/query', 'Email/queryChanges', 'Mailbox/query', 'EmailSubmission/query']) {
      const more = name.endsWith('Changes') ? { sinceQueryState: '0' } : {}
      const known = JSON.stringify(filter).includes('subject') && !name.startsWith('Email/') ? 'invalidArguments' : type
      expect([name, (await world.refusal(name, { filter, ...more })).type]).toEqual([name, known])
    }
  })

  it('§5.5 unsupportedFilter: too many conditions, or too deep', async () => {
    const { maxFilterConditions, maxFilterDepth } = world.jmap.limits
    const many = { operator: 'OR', conditions: Array.from({ length: maxFilterConditions }, () => has(1)) }
    let deep: unknown = has(1)
    for (let n = 0; n < maxFilterDepth; n++) deep = { operator: 'AND', conditions: [deep] }
    for (const filter of [many, deep]) {
      expect((await world.refusal('Email/query', { filter })).type).toBe('unsupportedFilter')
    }
  })
})

describe('§5.5 sort', () => {
  const subjects = ['b', 'A', 'a', 'É', 'é', 'B']
  const world = new World()
  const ids = subjects.map((subject, n) => world.deliver(message(n, subject), { receivedAt: world.now + n }))
  const order = async (...sort: object[]): Promise<string> => {
    const found = await world.call('Email/query', { sort: [...sort, { property: 'receivedAt' }] })
    return found.ids.map((id: string) => subjects[ids.indexOf(id)]).join('')
  }

  it.each([
    [undefined, 'AabBÉé'],
    ['i;unicode-casemap', 'AabBÉé'],
    ['i;ascii-casemap', 'AabBÉé'],
    ['i;octet', 'ABabÉé'],
  ])('§5.5 strings by the collation %s', async (collation, expected) => {
    expect(await order({ property: 'subject', ...(collation === undefined ? {} : { collation }) })).toBe(expected)
  })

  it('§5.5 isAscending false reverses a comparator, and leaves the others', async () => {
    expect(await order({ property: 'subject', isAscending: false })).toBe('ÉébBAa')
  })

  it('§5.5 the next comparator decides where one does not', async () => {
    const bySize = { property: 'size' }
    expect(await order(bySize, { property: 'subject', isAscending: false })).toBe('bBAaÉé')
  })

  it('§5.5 the collation is ignored where no strings are compared', async () => {
    const byTime = { property: 'receivedAt', collation: 'i;nonsense' }
    expect((await world.call('Email/query', { sort: [byTime] })).ids).toEqual(ids)
  })

  it.each<[string, unknown]>([
    ['unsupportedSort', [{ property: 'nonsense' }]],
    ['unsupportedSort', [{ property: 'constructor' }]],
    ['unsupportedSort', [{ property: 'subject', collation: 'i;nonsense' }]],
    ['unsupportedSort', [{ property: 'name', collation: 'i;nonsense' }]],
    ['invalidArguments', [{}]],
    ['invalidArguments', [null]],
    ['invalidArguments', ['receivedAt']],
    ['invalidArguments', [{ property: 1 }]],
    ['invalidArguments', [{ property: 'receivedAt', isAscending: 'yes' }]],
    ['invalidArguments', [{ property: 'receivedAt', collation: 1 }]],
    ['invalidArguments', { property: 'receivedAt' }],
  ])('§5.5 %s: %j', async (type, sort) => {
    for (const name of ['Email/query', 'Mailbox/query', 'EmailSubmission/query']) {
      expect([name, (await world.refusal(name, { sort })).type]).toEqual([name, type])
    }
  })
})
