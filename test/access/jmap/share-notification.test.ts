import { describe, expect, it } from 'vitest'
import { nothing, reading, SharingWorld, writing } from './sharing-world.ts'
import type { Answer } from './world.ts'

const day = 24 * 3600 * 1000

async function told(): Promise<SharingWorld> {
  const world = new SharingWorld()
  await world.share(world.alice, 'inbox', { a2: reading })
  return world
}

async function scene() {
  const world = await told()
  world.house.now += day
  await world.share(world.carol, 'inbox', { a2: reading })
  world.house.now += day
  await world.share(world.alice, 'drafts', { a2: reading })
  const { list } = await world.call(world.bob, 'ShareNotification/get')
  return { world, all: list.map(({ id }: Answer) => id) as string[] }
}

describe('ShareNotification (RFC 9670 §3.2)', () => {
  it('is made when rights are given, with what they are', async () => {
    const world = await told()
    const { list } = await world.call(world.bob, 'ShareNotification/get')
    expect(list).toEqual([
      {
        id: expect.stringMatching(/^N\d+$/),
        created: '2026-11-23T12:00:00Z',
        changedBy: { name: 'Alice', email: 'alice@facteur.test', principalId: 'a1' },
        objectType: 'Mailbox',
        objectAccountId: 'a1',
        objectId: world.mailbox(world.alice, 'inbox'),
        oldRights: null,
        newRights: reading,
        name: 'Inbox',
      },
    ])
  })

  it('is made when they are changed and taken, with what they were', async () => {
    const world = await told()
    await world.share(world.alice, 'inbox', { a2: writing })
    await world.share(world.alice, 'inbox', { a2: nothing })
    const { list } = await world.call(world.bob, 'ShareNotification/get', { properties: ['oldRights', 'newRights'] })
    expect(list.map(({ oldRights, newRights }: Answer) => [oldRights, newRights])).toEqual([
      [null, reading],
      [reading, writing],
      [writing, null],
    ])
  })

  it('keeps the name of a mailbox that is gone', async () => {
    const world = new SharingWorld()
    const { created } = await world.call(world.alice, 'Mailbox/set', {
      create: { x: { name: 'Plans', shareWith: { a2: reading } } },
    })
    await world.house.settle()
    await world.call(world.alice, 'Mailbox/set', { destroy: [created.x.id] })
    await world.house.settle()
    const { list } = await world.call(world.bob, 'ShareNotification/get')
    expect(list[1]).toMatchObject({ name: 'Plans', objectId: created.x.id, newRights: null })
  })

  it('is not made for renaming and subscribing, nor for anybody else', async () => {
    const world = await told()
    const id = world.mailbox(world.alice, 'inbox')
    await world.call(world.alice, 'Mailbox/set', { update: { [id]: { sortOrder: 7 } } })
    await world.call(world.bob, 'Mailbox/set', { accountId: 'a1', update: { [id]: { isSubscribed: false } } })
    await world.house.settle()
    expect((await world.call(world.bob, 'ShareNotification/get')).list).toHaveLength(1)
    expect((await world.call(world.alice, 'ShareNotification/get')).list).toEqual([])
    expect((await world.call(world.carol, 'ShareNotification/get')).list).toEqual([])
  })
})

describe('ShareNotification/set (RFC 9670 §3.5)', () => {
  it('dismisses, and nothing else', async () => {
    const world = await told()
    const { list, state } = await world.call(world.bob, 'ShareNotification/get')
    const id = list[0].id as string
    const refused = await world.call(world.bob, 'ShareNotification/set', {
      create: { x: { name: 'X' } },
      update: { [id]: { name: 'Y' } },
    })
    expect(refused.notCreated.x.type).toBe('forbidden')
    expect(refused.notUpdated[id].type).toBe('forbidden')
    const answer = await world.call(world.bob, 'ShareNotification/set', {
      destroy: [id, 'N999', 'x'],
      ifInState: state,
    })
    expect(answer.destroyed).toEqual([id])
    expect(answer.notDestroyed.N999.type).toBe('notFound')
    expect(answer.notDestroyed.x.type).toBe('notFound')
    expect((await world.call(world.bob, 'ShareNotification/get', { ids: [id] })).notFound).toEqual([id])
  })
})

describe('ShareNotification/changes (RFC 9670 §3.4)', () => {
  it('tells which came and went', async () => {
    const world = new SharingWorld()
    const { state } = await world.call(world.bob, 'ShareNotification/get')
    await world.share(world.alice, 'inbox', { a2: reading })
    await world.share(world.alice, 'drafts', { a2: reading })
    const first = await world.call(world.bob, 'ShareNotification/changes', { sinceState: state })
    expect(first).toMatchObject({ updated: [], destroyed: [], hasMoreChanges: false })
    expect(first.created).toHaveLength(2)
    await world.call(world.bob, 'ShareNotification/set', { destroy: [first.created[0]] })
    const second = await world.call(world.bob, 'ShareNotification/changes', { sinceState: first.newState })
    expect(second).toMatchObject({ created: [], destroyed: [first.created[0]] })
    expect((await world.call(world.bob, 'ShareNotification/changes', { sinceState: state })).created).toEqual([
      first.created[1],
    ])
  })

  it('are pushed (RFC 8620 §7.1)', async () => {
    const world = new SharingWorld()
    const pushed: Answer[] = []
    world.bob.store.onCommit((commit) => pushed.push(world.bob.jmap.stateChange(commit)))
    await world.share(world.alice, 'inbox', { a2: reading })
    const { state } = await world.call(world.bob, 'ShareNotification/get')
    expect(pushed).toEqual([{ '@type': 'StateChange', changed: { a2: { ShareNotification: state } } }])
    expect(world.bob.jmap.stateChangeSince('7')?.changed['a2']).toEqual({ ShareNotification: state })
  })
})

describe('ShareNotification/query (RFC 9670 §3.6)', () => {
  it.each([
    [null, [0, 1, 2]],
    [{ after: '2026-11-24T12:00:00Z' }, [1, 2]],
    [{ before: '2026-11-24T12:00:00Z' }, [0]],
    [{ after: null, before: null }, [0, 1, 2]],
    [{ objectType: 'Mailbox' }, [0, 1, 2]],
    [{ objectType: 'Calendar' }, []],
    [{ objectAccountId: 'a1' }, [0, 2]],
    [{ objectAccountId: 'a1', after: '2026-11-24T00:00:00Z' }, [2]],
  ])('filters by %j', async (filter, expected) => {
    const { world, all } = await scene()
    const { ids } = await world.call(world.bob, 'ShareNotification/query', { filter })
    expect(ids).toEqual(expected.map((index) => all[index]))
  })

  it('sorts by created', async () => {
    const { world, all } = await scene()
    const sort = [{ property: 'created', isAscending: false }]
    expect((await world.call(world.bob, 'ShareNotification/query', { sort })).ids).toEqual(all.toReversed())
    const refused = await world.refusal(world.bob, 'ShareNotification/query', { sort: [{ property: 'name' }] })
    expect(refused.type).toBe('unsupportedSort')
  })

  it('tells changes of its results (RFC 9670 §3.7)', async () => {
    const { world, all } = await scene()
    const filter = { objectAccountId: 'a1' }
    const { queryState } = await world.call(world.bob, 'ShareNotification/query', { filter })
    await world.call(world.bob, 'ShareNotification/set', { destroy: [all[0]] })
    await world.share(world.alice, 'sent', { a2: reading })
    const args = { filter, sinceQueryState: queryState }
    const { added, removed } = await world.call(world.bob, 'ShareNotification/queryChanges', args)
    expect(removed).toEqual([all[0]])
    expect(added).toMatchObject([{ index: 1 }])
  })
})

describe('auto-deletion (RFC 9670 §3.1)', () => {
  it('drops what is older than 60 days', async () => {
    const world = await told()
    const { list, state } = await world.call(world.bob, 'ShareNotification/get')
    world.house.now += 60 * day + 1
    expect((await world.call(world.bob, 'ShareNotification/get')).list).toEqual([])
    const changes = await world.call(world.bob, 'ShareNotification/changes', { sinceState: state })
    expect(changes.destroyed).toEqual([list[0].id])
  })

  it('keeps the newest 200, and forgets of what is gone when it is too much', async () => {
    const world = new SharingWorld()
    const { state } = await world.call(world.bob, 'ShareNotification/get')
    const { shareNotifications } = world.bob.store
    const notice = {
      accountId: 'a1',
      mailboxId: 1,
      name: 'N',
      oldRights: '',
      newRights: '',
      changedBy: world.alice.person,
    }
    for (let n = 0; n < 1300; n++) shareNotifications.create(notice as never)
    const { list } = await world.call(world.bob, 'ShareNotification/get')
    expect(list).toHaveLength(200)
    const refused = await world.refusal(world.bob, 'ShareNotification/changes', { sinceState: state })
    expect(refused.type).toBe('cannotCalculateChanges')
  })
})
