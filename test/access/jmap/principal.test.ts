import { describe, expect, it } from 'vitest'
import { reading, SharingWorld } from './sharing-world.ts'
import type { Answer } from './world.ts'

const ids = (list: Answer[]) => list.map(({ id }) => id)

async function scene() {
  const world = new SharingWorld()
  await world.share(world.bob, 'inbox', { a1: reading })
  await world.call(world.carol, 'Principal/set', {
    update: { a3: { description: 'Sorting', timeZone: 'Europe/Paris' } },
  })
  return world
}

describe('Principal/get (RFC 9670 §2.1)', () => {
  it('gives the people of the domain, with name and address, and no more', async () => {
    const world = new SharingWorld()
    const { list, notFound, accountId } = await world.call(world.alice, 'Principal/get')
    expect(accountId).toBe('a1')
    expect(notFound).toEqual([])
    expect(ids(list)).toEqual(['a1', 'a2', 'a3'])
    expect(list[1]).toEqual({
      id: 'a2',
      type: 'individual',
      name: 'Bob',
      description: null,
      email: 'bob@facteur.test',
      timeZone: null,
      capabilities: {},
      accounts: null,
    })
  })

  it('gives the principal of the example, Joe Bloggs (RFC 9670 §4.1)', async () => {
    const world = new SharingWorld()
    const joe = world.house.add('P2342fnddd20', 'joe@facteur.test', 'Joe Bloggs')
    await world.call(joe, 'Principal/set', { update: { P2342fnddd20: { timeZone: 'America/New_York' } } })
    const [query, get] = await world.calls(
      world.alice,
      ['Principal/query', { filter: { text: 'Joe', type: 'individual' } }],
      ['Principal/get', { '#ids': { resultOf: 'c0', name: 'Principal/query', path: '/ids' } }],
    )
    expect(query[1].ids).toEqual(['P2342fnddd20'])
    expect(get[1].list).toEqual([
      {
        id: 'P2342fnddd20',
        type: 'individual',
        name: 'Joe Bloggs',
        description: null,
        email: 'joe@facteur.test',
        timeZone: 'America/New_York',
        capabilities: {},
        accounts: null,
      },
    ])
  })

  it('calls somebody without a name by their address', async () => {
    const world = new SharingWorld()
    const { list } = await world.call(world.alice, 'Principal/get', { ids: ['a3'], properties: ['name'] })
    expect(list).toEqual([{ id: 'a3', name: 'carol@facteur.test' }])
  })

  it('names the accounts that the user may use: their own, and those of others that share something (RFC 9670 §2)', async () => {
    const world = new SharingWorld()
    await world.share(world.bob, 'inbox', { a1: reading })
    const { list } = await world.call(world.alice, 'Principal/get', { properties: ['accounts'] })
    const accounts = Object.fromEntries(list.map((principal: Answer) => [principal.id, principal.accounts]))
    const session = world.session(world.alice)
    expect(accounts).toEqual({ a1: { a1: session.accounts.a1 }, a2: { a2: session.accounts.a2 }, a3: null })
  })

  it('does not know people of other domains, until they share something', async () => {
    const world = new SharingWorld()
    const get = () => world.call(world.alice, 'Principal/get', { ids: ['a4', 'a9', '#x'] })
    expect((await get()).notFound).toEqual(expect.arrayContaining(['a4', 'a9', '#x']))
    world.dora.store.grants.set(world.dora.store.mailboxByRole('inbox')!.id, 'a1', 'lr' as never)
    await world.house.settle()
    expect((await get()).list).toMatchObject([{ id: 'a4', name: 'Dora', email: 'dora@other.test' }])
    const seenByDora = await world.call(world.dora, 'Principal/get')
    expect(ids(seenByDora.list)).toEqual(expect.arrayContaining(['a4', 'a1']))
    expect(seenByDora.list).toHaveLength(2)
  })

  it('has the user themselves, whatever the directory says (RFC 9670 §1.5.1)', async () => {
    const world = new SharingWorld()
    world.house.domain('facteur.test').removeAccount('alice')
    expect(ids((await world.call(world.alice, 'Principal/get')).list)).toEqual(['a2', 'a3', 'a1'])
  })

  it('refuses an unknown property', async () => {
    const world = new SharingWorld()
    const refused = await world.refusal(world.alice, 'Principal/get', { properties: ['password'] })
    expect(refused.type).toBe('invalidArguments')
  })
})

describe('Principal/changes (RFC 9670 §2.2)', () => {
  it('tells who came, changed and went', async () => {
    const world = new SharingWorld()
    const { state } = await world.call(world.alice, 'Principal/get', { ids: [] })
    world.house.add('a5', 'erin@facteur.test')
    await world.call(world.bob, 'Principal/set', { update: { a2: { description: 'Post office' } } })
    world.house.domain('facteur.test').removeAccount('carol')
    const changes = await world.call(world.alice, 'Principal/changes', { sinceState: state })
    expect(changes).toMatchObject({ created: ['a5'], updated: ['a2'], destroyed: ['a3'], hasMoreChanges: false })
    const { state: newState } = await world.call(world.alice, 'Principal/get', { ids: [] })
    expect(changes.newState).toBe(newState)
    expect(await world.call(world.alice, 'Principal/changes', { sinceState: newState })).toMatchObject({
      created: [],
      updated: [],
      destroyed: [],
    })
  })

  it('tells that somebody shares something, or no longer', async () => {
    const world = new SharingWorld()
    const state = async () => (await world.call(world.alice, 'Principal/get', { ids: [] })).state
    const changes = (sinceState: string) => world.call(world.alice, 'Principal/changes', { sinceState })
    const first = await state()
    const inbox = world.dora.store.mailboxByRole('inbox')!.id
    world.dora.store.grants.set(inbox, 'a1', 'lr' as never)
    await world.share(world.bob, 'inbox', { a1: reading })
    expect(await changes(first)).toMatchObject({ created: ['a4'], updated: ['a2'], destroyed: [] })
    const second = await state()
    world.dora.store.grants.set(inbox, 'a1', '')
    await world.share(world.bob, 'inbox', { a1: null })
    expect(await changes(second)).toMatchObject({ created: [], updated: ['a2'], destroyed: ['a4'] })
    expect(await changes(first)).toMatchObject({ created: [], updated: ['a2'], destroyed: [] })
  })

  it.each(['0', '1-2', '99-0-0', '3-99-0', '3-0-zzz', 'x'])(
    'cannot be calculated for the state %s that was never given out',
    async (sinceState) => {
      const world = new SharingWorld()
      const refused = await world.refusal(world.alice, 'Principal/changes', { sinceState })
      expect(refused.type).toBe('cannotCalculateChanges')
    },
  )
})

describe('Principal/set (RFC 9670 §2.3)', () => {
  it('lets the user say who they are', async () => {
    const world = new SharingWorld()
    const profile = { name: 'Alice A.', description: 'Ship it', timeZone: 'America/New_York' }
    const answer = await world.call(world.alice, 'Principal/set', { update: { a1: profile } })
    expect(answer.updated).toEqual({ a1: null })
    expect(answer.newState).not.toBe(answer.oldState)
    expect((await world.call(world.bob, 'Principal/get', { ids: ['a1'] })).list[0]).toMatchObject(profile)
    await world.call(world.alice, 'Principal/set', { update: { a1: { description: null, timeZone: null } } })
    const { list } = await world.call(world.bob, 'Principal/get', { ids: ['a1'] })
    expect(list[0]).toMatchObject({ name: 'Alice A.', description: null, timeZone: null })
  })

  it('gives the user the name that others see from then on (RFC 9670 §3.2)', async () => {
    const world = new SharingWorld()
    await world.call(world.alice, 'Principal/set', { update: { a1: { name: 'Alice A.' } } })
    await world.share(world.alice, 'inbox', { a2: reading })
    const { list } = await world.call(world.bob, 'ShareNotification/get')
    expect(list[0].changedBy.name).toBe('Alice A.')
  })

  it.each([
    ['a name that is no text', { name: 7 }],
    ['an empty name', { name: ' ' }],
    ['a name with line breaks', { name: 'a\nb' }],
    ['a description that is too long', { description: 'x'.repeat(2001) }],
    ['a time zone that there is not', { timeZone: 'Mars/Olympus' }],
    ['an offset in place of a time zone', { timeZone: '+01:00' }],
  ])('refuses %s', async (_, patch) => {
    const world = new SharingWorld()
    const { notUpdated } = await world.call(world.alice, 'Principal/set', { update: { a1: patch } })
    expect(notUpdated.a1).toMatchObject({ type: 'invalidProperties', properties: Object.keys(patch) })
  })

  it('forbids everything else', async () => {
    const world = new SharingWorld()
    const answer = await world.call(world.alice, 'Principal/set', {
      create: { x: { name: 'X', type: 'group' } },
      update: { a1: { email: 'root@facteur.test' }, a2: { name: 'Robert' }, a9: { name: 'N' } },
      destroy: ['a3', 'a9'],
    })
    expect(answer.notCreated.x.type).toBe('forbidden')
    expect(answer.notUpdated.a1.type).toBe('forbidden')
    expect(answer.notUpdated.a2.type).toBe('forbidden')
    expect(answer.notUpdated.a9.type).toBe('notFound')
    expect(answer.notDestroyed.a3.type).toBe('forbidden')
    expect(answer.notDestroyed.a9.type).toBe('notFound')
  })

  it('minds ifInState (RFC 8620 §5.3)', async () => {
    const world = new SharingWorld()
    const { state } = await world.call(world.alice, 'Principal/get', { ids: [] })
    const update = { a1: { name: 'Al' } }
    await world.call(world.alice, 'Principal/set', { update, ifInState: state })
    expect((await world.refusal(world.alice, 'Principal/set', { update, ifInState: state })).type).toBe('stateMismatch')
    expect((await world.refusal(world.alice, 'Principal/set', { update, ifInState: 'x' })).type).toBe('stateMismatch')
  })
})

describe('Principal/query (RFC 9670 §2.4)', () => {
  it.each([
    [null, ['a1', 'a2', 'a3']],
    [{ accountIds: ['a2', 'a3'] }, ['a2']],
    [{ email: 'BOB@' }, ['a2']],
    [{ name: 'ali' }, ['a1']],
    [{ text: 'sort' }, ['a3']],
    [{ text: '@facteur.test', name: 'Bob' }, ['a2']],
    [{ type: 'individual' }, ['a1', 'a2', 'a3']],
    [{ type: 'group' }, []],
    [{ timeZone: 'Europe/Paris' }, ['a3']],
    [{ operator: 'NOT', conditions: [{ email: 'bob' }] }, ['a1', 'a3']],
  ])('filters by %j', async (filter, expected) => {
    const world = await scene()
    const answer = await world.call(world.alice, 'Principal/query', { filter, calculateTotal: true })
    expect(answer).toMatchObject({ ids: expected, total: expected.length, canCalculateChanges: true, position: 0 })
  })

  it('sorts by name and email, and gives a page', async () => {
    const world = await scene()
    const sort = [{ property: 'name', isAscending: false }]
    const answer = await world.call(world.alice, 'Principal/query', { sort, position: 1, limit: 1 })
    expect(answer.ids).toEqual(['a2'])
    const byEmail = await world.call(world.alice, 'Principal/query', { sort: [{ property: 'email' }] })
    expect(byEmail.ids).toEqual(['a1', 'a2', 'a3'])
  })

  it('refuses what it does not know', async () => {
    const world = await scene()
    const refused = async (args: object) => (await world.refusal(world.alice, 'Principal/query', { ...args })).type
    expect(await refused({ filter: { shoeSize: 42 } })).toBe('unsupportedFilter')
    expect(await refused({ filter: { accountIds: 'a1' } })).toBe('invalidArguments')
    expect(await refused({ sort: [{ property: 'timeZone' }] })).toBe('unsupportedSort')
    expect(await refused({ anchor: 'a9' })).toBe('anchorNotFound')
  })

  it('tells changes of its results (RFC 9670 §2.5)', async () => {
    const world = await scene()
    const filter = { text: 'sort' }
    const { queryState } = await world.call(world.alice, 'Principal/query', { filter })
    await world.call(world.carol, 'Principal/set', { update: { a3: { description: null } } })
    await world.call(world.bob, 'Principal/set', { update: { a2: { description: 'Sorts too' } } })
    const args = { filter, sinceQueryState: queryState, calculateTotal: true }
    const changes = await world.call(world.alice, 'Principal/queryChanges', args)
    expect(changes).toMatchObject({ oldQueryState: queryState, total: 1, added: [{ id: 'a2', index: 0 }] })
    expect(changes.removed).toEqual(expect.arrayContaining(['a2', 'a3']))
    const few = await world.refusal(world.alice, 'Principal/queryChanges', { ...args, maxChanges: 1 })
    expect(few.type).toBe('tooManyChanges')
  })
})
