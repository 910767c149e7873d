/**
 * RFC 8620 §5.6 and §5.7: /queryChanges, and the examples of the standard methods.
 */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { using, World, type Answer } from '../../access/jmap/world.ts'
import { filled, message, oldest, operate } from './filled.ts'

describe('§5.6 /queryChanges', () => {
  it('§5.6 names what left as removed and what came as added, with its index', async () => {
    const { world, ids } = filled(4)
    const { queryState } = await world.call('Email/query', oldest)
    await world.call('Email/set', { destroy: [ids[1]] })
    const late = world.deliver(message(9), { receivedAt: world.now + 99_000 })
    const early = world.deliver(message(10), { receivedAt: world.now - 1000 })
    const answer = await world.call('Email/queryChanges', { ...oldest, sinceQueryState: queryState })
    expect(answer).toEqual({
      accountId: 'a1',
      oldQueryState: queryState,
      newQueryState: (await world.call('Email/query', oldest)).queryState,
      removed: [ids[1]],
      added: [
        { id: early, index: 0 },
        { id: late, index: 4 },
      ],
    })
  })

  it('§5.6 total comes when it is asked for, and not otherwise', async () => {
    const { world } = filled(3)
    const since = { sinceQueryState: (await world.call('Email/query')).queryState }
    expect(await world.call('Email/queryChanges', { ...since, calculateTotal: true })).toMatchObject({ total: 3 })
    expect(await world.call('Email/queryChanges', since)).not.toHaveProperty('total')
  })

  it('§5.6 what may have moved by a mutable property is removed and added again', async () => {
    const { world, ids } = filled(3)
    const sort = [{ property: 'hasKeyword', keyword: '$flagged', isAscending: false }, ...oldest.sort]
    const { queryState } = await world.call('Email/query', { sort })
    await world.call('Email/set', { update: { [ids[2] as string]: { 'keywords/$flagged': true } } })
    const answer = await world.call('Email/queryChanges', { sort, sinceQueryState: queryState })
    expect(answer).toMatchObject({ removed: [ids[2]], added: [{ id: ids[2], index: 0 }] })
  })

  it('§5.6 tooManyChanges: more than maxChanges, each removed and each added counted', async () => {
    const { world, ids } = filled(3)
    const { queryState } = await world.call('Email/query')
    world.deliver(message(8))
    await world.call('Email/set', { destroy: [ids[0]] })
    const since = { sinceQueryState: queryState }
    expect((await world.refusal('Email/queryChanges', { ...since, maxChanges: 1 })).type).toBe('tooManyChanges')
    expect(await world.call('Email/queryChanges', { ...since, maxChanges: 2 })).toMatchObject({
      removed: [ids[0]],
      added: { length: 1 },
    })
  })

  it('§5.6 leaves out what lies behind upToId when filter and sort look at what never changes', async () => {
    const { world, ids } = filled(4)
    const { queryState } = await world.call('Email/query', oldest)
    world.deliver(message(9), { receivedAt: world.now + 99_000 })
    const early = world.deliver(message(10), { receivedAt: world.now - 1000 })
    const args = { ...oldest, sinceQueryState: queryState, upToId: ids[1] }
    expect((await world.call('Email/queryChanges', args)).added).toEqual([{ id: early, index: 0 }])
    expect((await world.call('Email/queryChanges', { ...args, upToId: 'zz' })).added).toHaveLength(2)
  })

  it('§5.6 ignores upToId when they look at what may change', async () => {
    const { world, ids } = filled(4)
    const filter = { notKeyword: '$draft' }
    const { queryState } = await world.call('Email/query', { ...oldest, filter })
    world.deliver(message(9), { receivedAt: world.now + 99_000 })
    const args = { ...oldest, filter, sinceQueryState: queryState, upToId: ids[1] }
    expect((await world.call('Email/queryChanges', args)).added).toHaveLength(1)
  })

  it('§5.6 spliced into the old results, gives the new ones, whatever changed', async () => {
    const operation = fc.record({
      what: fc.constantFrom('deliver', 'reply', 'flag', 'unflag', 'move', 'destroy'),
      n: fc.nat({ max: 20 }),
    })
    const query = fc.record({
      filter: fc.constantFrom<unknown>(
        null,
        { hasKeyword: '$flagged' },
        { notKeyword: '$flagged' },
        { subject: 'S1' },
        'inbox',
      ),
      sort: fc.constantFrom<unknown>(
        null,
        [{ property: 'receivedAt' }],
        [{ property: 'subject', isAscending: false }],
        [{ property: 'hasKeyword', keyword: '$flagged' }],
        [{ property: 'someInThreadHaveKeyword', keyword: '$flagged' }, { property: 'size' }],
      ),
      collapseThreads: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(query, fc.array(operation, { maxLength: 6 }), async (given, operations) => {
        const { world } = filled(5)
        const filter = given.filter === 'inbox' ? { inMailbox: world.mailbox('inbox') } : given.filter
        const args = { ...given, filter }
        const before = await world.call('Email/query', args)
        for (const { what, n } of operations) await operate(world, what, n)
        const { removed, added } = await world.call('Email/queryChanges', {
          ...args,
          sinceQueryState: before.queryState,
        })
        const after = await world.call('Email/query', args)
        expect(splice(before.ids, removed, added)).toEqual(after.ids)
        const created = await world.call('Email/changes', { sinceState: before.queryState })
        expect(removed.filter((id: string) => created.created.includes(id))).toEqual([])
      }),
      { numRuns: 200 },
    )
  })
})

/** What §5.6 tells a client to do with the answer. */
function splice(old: string[], removed: string[], added: { id: string; index: number }[]): string[] {
  const ids = old.filter((id) => !removed.includes(id))
  for (const { id, index } of added) ids.splice(index, 0, id)
  return ids
}

describe('§5.7 examples, with emails for Todos, their subject for a title, and ids that a server chose', () => {
  it('§5.7 finds, changes and follows what has one of two keywords', async () => {
    const world = new World()
    const deliver = (subject: string, ...keywords: string[]) => world.deliver(message(1, subject), { keywords })
    const a = deliver('Practise Piano', 'music', 'beethoven', 'mozart', 'liszt', 'rachmaninov')
    const b = deliver('Watch Daft Punk music video', 'music', 'video', 'trance')
    deliver('Buy milk')
    const filter = `{
        "operator": "OR",
        "conditions": [
          { "hasKeyword": "music" },
          { "hasKeyword": "video" }
        ]
      }`
    const ask = async (methodCalls: string): Promise<Answer[]> => {
      const { status, body } = await world.post(`{"using":${JSON.stringify(using)},"methodCalls":${methodCalls}}`)
      expect(status).toBe(200)
      return body.methodResponses.map(([, args]: Answer) => args)
    }
    const [query, get] = await ask(`[[ "Email/query", {
      "accountId": "a1",
      "filter": ${filter},
      "sort": [{ "property": "subject" }],
      "position": 0,
      "limit": 10
    }, "0" ],
    [ "Email/get", {
      "accountId": "a1",
      "properties": [ "subject", "keywords" ],
      "#ids": {
        "resultOf": "0",
        "name": "Email/query",
        "path": "/ids"
      }
    }, "1" ]]`)
    expect(query).toMatchObject({ canCalculateChanges: true, position: 0, ids: [a, b] })
    expect(get.list).toEqual([
      {
        id: a,
        subject: 'Practise Piano',
        keywords: { music: true, beethoven: true, mozart: true, liszt: true, rachmaninov: true },
      },
      { id: b, subject: 'Watch Daft Punk music video', keywords: { music: true, video: true, trance: true } },
    ])

    const whole = `{
          "id": "${a}",
          "keywords": {
            "music": true,
            "beethoven": true,
            "chopin": true,
            "liszt": true,
            "rachmaninov": true
          }
        }`
    const minimal = `{
          "keywords/chopin": true,
          "keywords/mozart": null
        }`
    const keywords: string[][] = []
    for (const patch of [whole, minimal]) {
      const { state } = (await ask(`[["Email/get", {"accountId": "a1", "ids": []}, "0"]]`))[0]
      const [set, now] = await ask(`[[ "Email/set", {
          "accountId": "a1",
          "ifInState": "${state}",
          "update": { "${a}": ${patch} }
        }, "0" ],
        [ "Email/get", { "accountId": "a1", "ids": [ "${a}" ], "properties": [ "keywords" ] }, "1" ]]`)
      expect(set).toMatchObject({ oldState: state, updated: { [a]: null }, notUpdated: null })
      keywords.push(Object.keys(now.list[0].keywords).toSorted())
    }
    expect(keywords[0]).toEqual(['beethoven', 'chopin', 'liszt', 'music', 'rachmaninov'])
    expect(keywords[1]).toEqual(keywords[0])

    const { state } = (await ask(`[["Email/get", {"accountId": "a1", "ids": []}, "0"]]`))[0]
    const { queryState } = (
      await ask(`[["Email/query", {"accountId": "a1", "filter": ${filter}, "sort": [{ "property": "subject" }]}, "0"]]`)
    )[0]
    await world.call('Email/set', { destroy: [b] })
    const [changes, queryChanges] = await ask(`[[ "Email/changes", {
      "accountId": "a1",
      "sinceState": "${state}",
      "maxChanges": 50
    }, "0" ],
    [ "Email/queryChanges", {
      "accountId": "a1",
      "filter": ${filter},
      "sort": [{ "property": "subject" }],
      "sinceQueryState": "${queryState}",
      "maxChanges": 50
    }, "1" ]]`)
    expect(changes).toMatchObject({ hasMoreChanges: false, created: [], updated: [], destroyed: [b] })
    expect(queryChanges).toMatchObject({ oldQueryState: queryState, removed: [b], added: [] })
  })
})
