import { describe, expect, it } from 'vitest'
import { simpleMessage, World } from '../../access/jmap/world.ts'

describe('Mailbox/get (RFC 8621 §2.1)', () => {
  it('gives all mailboxes with every property for ids null', async () => {
    const world = new World()
    world.deliver(simpleMessage)
    world.deliver(simpleMessage, { keywords: ['$seen'] })
    const { list, state } = await world.call('Mailbox/get', { ids: null })
    expect(state).toMatch(/^\d+$/)
    expect(list.map((mailbox: { role: string }) => mailbox.role).toSorted()).toEqual([
      'archive',
      'drafts',
      'inbox',
      'junk',
      'sent',
      'trash',
    ])
    expect(list.find((mailbox: { role: string }) => mailbox.role === 'inbox')).toEqual({
      id: world.mailbox('inbox'),
      name: 'Inbox',
      parentId: null,
      role: 'inbox',
      sortOrder: expect.any(Number),
      totalEmails: 2,
      unreadEmails: 1,
      totalThreads: 1,
      unreadThreads: 1,
      myRights: {
        mayReadItems: true,
        mayAddItems: true,
        mayRemoveItems: true,
        maySetSeen: true,
        maySetKeywords: true,
        mayCreateChild: true,
        mayRename: true,
        mayDelete: false,
        maySubmit: true,
      },
      isSubscribed: true,
    })
  })

  it('gives the properties asked for, and id always', async () => {
    const world = new World()
    const { list } = await world.call('Mailbox/get', { ids: [world.mailbox('sent')], properties: ['name'] })
    expect(list).toEqual([{ id: world.mailbox('sent'), name: 'Sent' }])
  })
})

describe('Mailbox/set (RFC 8621 §2.5)', () => {
  it('creates, and returns what the client did not say', async () => {
    const world = new World()
    const { created, oldState, newState } = await world.call('Mailbox/set', { create: { k1: { name: 'Projects' } } })
    expect(created.k1).toEqual({
      id: expect.stringMatching(/^B\d+$/),
      parentId: null,
      role: null,
      sortOrder: expect.any(Number),
      isSubscribed: true,
      totalEmails: 0,
      unreadEmails: 0,
      totalThreads: 0,
      unreadThreads: 0,
      myRights: expect.objectContaining({ mayDelete: true }),
    })
    expect(Number(newState)).toBeGreaterThan(Number(oldState))
  })

  it('orders creates by their references within a call (RFC 8620 §5.3)', async () => {
    const world = new World()
    const { created, notCreated } = await world.call('Mailbox/set', {
      create: { c: { name: 'C', parentId: '#b' }, b: { name: 'B', parentId: '#a' }, a: { name: 'A' } },
    })
    expect(notCreated).toBeNull()
    const { list } = await world.call('Mailbox/get', { ids: [created.c.id], properties: ['parentId'] })
    expect(list[0].parentId).toBe(created.b.id)
  })

  it('refers to what earlier calls of the request created (RFC 8620 §5.3)', async () => {
    const world = new World()
    const [, [, second], [, third]] = await world.request(
      ['Mailbox/set', { create: { a: { name: 'A' } } }],
      ['Mailbox/set', { update: { '#a': { name: 'A2' } } }],
      ['Mailbox/get', { ids: ['#a'], properties: ['name'] }],
    )
    expect(Object.keys(second.updated)).toEqual([third.list[0].id])
    expect(third.list[0].name).toBe('A2')
  })

  it.each<[string, Record<string, unknown>, string[]]>([
    ['no name', {}, ['name']],
    ['an empty name', { name: '' }, ['name']],
    ['a name that is a number', { name: 1 }, ['name']],
    ['a parent that is not there', { name: 'x', parentId: 'B999' }, ['parentId']],
    ['a parent that nothing created', { name: 'x', parentId: '#zz' }, ['parentId']],
    ['a role that is taken', { name: 'x', role: 'inbox' }, ['role']],
    ['a role that does not exist', { name: 'x', role: 'nonsense' }, ['role']],
    ['a negative sortOrder', { name: 'x', sortOrder: -1 }, ['sortOrder']],
    ['a sortOrder of 2^31', { name: 'x', sortOrder: 2 ** 31 }, ['sortOrder']],
    ['a server-set property', { name: 'x', totalEmails: 1 }, ['totalEmails']],
    ['an unknown property', { name: 'x', colour: 'red' }, ['colour']],
    ['a sibling of that name', { name: 'Sent' }, ['name']],
  ])('invalidProperties for %s', async (_, create, properties) => {
    const world = new World()
    const { notCreated, oldState, newState } = await world.call('Mailbox/set', { create: { k: create } })
    expect(notCreated.k).toMatchObject({ type: 'invalidProperties', properties })
    expect(newState).toBe(oldState)
  })

  it('renames, and takes unchanged server-set properties along (RFC 8620 §5.3)', async () => {
    const world = new World()
    const id = world.mailbox('archive')
    const [whole] = (await world.call('Mailbox/get', { ids: [id] })).list
    const { updated, notUpdated } = await world.call('Mailbox/set', { update: { [id]: { ...whole, name: 'Old' } } })
    expect([updated, notUpdated]).toEqual([{ [id]: null }, null])
    const refused = await world.call('Mailbox/set', { update: { [id]: { totalEmails: 7, name: 'Older' } } })
    expect(refused.notUpdated[id]).toMatchObject({ type: 'invalidProperties', properties: ['totalEmails'] })
    expect((await world.call('Mailbox/get', { ids: [id] })).list[0].name).toBe('Old')
  })

  it('refuses a loop of parents', async () => {
    const world = new World()
    const { created } = await world.call('Mailbox/set', {
      create: { a: { name: 'A' }, b: { name: 'B', parentId: '#a' } },
    })
    const { notUpdated } = await world.call('Mailbox/set', { update: { [created.a.id]: { parentId: created.b.id } } })
    expect(notUpdated[created.a.id]).toMatchObject({ type: 'invalidProperties', properties: ['parentId'] })
  })

  it('destroys: mailboxHasChild, mailboxHasEmail, onDestroyRemoveEmails, the inbox never', async () => {
    const world = new World()
    const { created } = await world.call('Mailbox/set', {
      create: { a: { name: 'A' }, b: { name: 'B', parentId: '#a' } },
    })
    const email = world.deliver(simpleMessage, { role: 'archive' })
    const archive = world.mailbox('archive')
    const { notDestroyed } = await world.call('Mailbox/set', {
      destroy: [created.a.id, archive, world.mailbox('inbox'), 'B999', 'x'],
    })
    expect(notDestroyed).toMatchObject({
      [created.a.id]: { type: 'mailboxHasChild' },
      [archive]: { type: 'mailboxHasEmail' },
      [world.mailbox('inbox')]: { type: 'forbidden' },
      B999: { type: 'notFound' },
      x: { type: 'notFound' },
    })
    const gone = await world.call('Mailbox/set', {
      destroy: [created.b.id, created.a.id, archive],
      onDestroyRemoveEmails: true,
    })
    expect(gone.destroyed).toEqual([created.b.id, created.a.id, archive])
    expect((await world.call('Email/get', { ids: [email] })).notFound).toEqual([email])
  })

  it('willDestroy for what the same call updates and destroys (RFC 8620 §5.3)', async () => {
    const world = new World()
    const id = world.mailbox('junk')
    const answer = await world.call('Mailbox/set', { update: { [id]: { name: 'x' } }, destroy: [id] })
    expect(answer.notUpdated[id].type).toBe('willDestroy')
    expect(answer.destroyed).toEqual([id])
  })

  it('takes ifInState when only other types have changed since', async () => {
    const world = new World()
    const { state } = await world.call('Identity/get', { ids: [] })
    await world.call('Mailbox/set', { create: { a: { name: 'A' } } })
    const [identity] = (await world.call('Identity/get', {})).list
    await world.call('Identity/set', { ifInState: state, update: { [identity.id]: { name: 'A. L.' } } })
    expect((await world.refusal('Identity/set', { ifInState: state })).type).toBe('stateMismatch')
  })
})

describe('Mailbox/changes (RFC 8621 §2.2)', () => {
  it('says when only counts moved, so that only they need fetching', async () => {
    const world = new World()
    const { state } = await world.call('Mailbox/get', { ids: [] })
    world.deliver(simpleMessage)
    const [, [, get]] = await world.request(
      ['Mailbox/changes', { sinceState: state }],
      [
        'Mailbox/get',
        {
          '#ids': { resultOf: 'c0', name: 'Mailbox/changes', path: '/updated' },
          '#properties': { resultOf: 'c0', name: 'Mailbox/changes', path: '/updatedProperties' },
        },
      ],
    )
    expect(get.list).toEqual([
      { id: world.mailbox('inbox'), totalEmails: 1, unreadEmails: 1, totalThreads: 1, unreadThreads: 1 },
    ])
  })

  it('lists created, updated and destroyed, and never more than maxChanges (RFC 8620 §5.2)', async () => {
    const world = new World()
    const { state } = await world.call('Mailbox/get', { ids: [] })
    const { created } = await world.call('Mailbox/set', { create: { a: { name: 'A' }, b: { name: 'B' } } })
    const archive = world.mailbox('archive')
    await world.call('Mailbox/set', { update: { [archive]: { name: 'X' } }, destroy: [world.mailbox('junk')] })
    const all = await world.call('Mailbox/changes', { sinceState: state })
    expect(all).toMatchObject({ oldState: state, hasMoreChanges: false, updated: [archive], updatedProperties: null })
    expect(new Set(all.created)).toEqual(new Set([created.a.id, created.b.id]))
    expect(all.destroyed).toHaveLength(1)
    const some = await world.call('Mailbox/changes', { sinceState: state, maxChanges: 3 })
    const rest = await world.call('Mailbox/changes', { sinceState: some.newState, maxChanges: 3 })
    expect([some.hasMoreChanges, rest.hasMoreChanges, rest.newState]).toEqual([true, false, all.newState])
    for (const kind of ['created', 'updated', 'destroyed']) {
      expect([...some[kind], ...rest[kind]].toSorted()).toEqual(all[kind].toSorted())
    }
  })
})

async function names(world: World, args: Record<string, unknown>): Promise<string[]> {
  const { ids } = await world.call('Mailbox/query', args)
  const { list } = await world.call('Mailbox/get', { ids, properties: ['name'] })
  return list.map((mailbox: { name: string }) => mailbox.name)
}

async function tree(): Promise<World> {
  const world = new World()
  await world.call('Mailbox/set', {
    create: {
      z: { name: 'Zoo' },
      a: { name: 'ape', parentId: '#z' },
      b: { name: 'Bear', parentId: '#z', isSubscribed: false },
    },
  })
  return world
}

describe('Mailbox/query (RFC 8621 §2.3)', () => {
  it('filters', async () => {
    const world = await tree()
    const sort = [{ property: 'name' }]
    expect(await names(world, { filter: { hasAnyRole: false }, sort })).toEqual(['ape', 'Bear', 'Zoo'])
    expect(await names(world, { filter: { role: 'inbox' } })).toEqual(['Inbox'])
    expect(await names(world, { filter: { name: 'EA' }, sort })).toEqual(['Bear'])
    expect(await names(world, { filter: { isSubscribed: false } })).toEqual(['Bear'])
    expect(await names(world, { filter: { operator: 'NOT', conditions: [{ parentId: null }] }, sort })).toEqual([
      'ape',
      'Bear',
    ])
  })

  it('sorts, also as a tree, with the collation asked for', async () => {
    const world = await tree()
    const filter = { hasAnyRole: false }
    const bytes = [{ property: 'name', collation: 'i;octet' }]
    expect(await names(world, { filter, sort: bytes })).toEqual(['Bear', 'Zoo', 'ape'])
    const down = [{ property: 'name', isAscending: false }]
    expect(await names(world, { filter, sort: down, sortAsTree: true })).toEqual(['Zoo', 'Bear', 'ape'])
  })

  it('filters as a tree: without its ancestors a mailbox is left out', async () => {
    const world = await tree()
    expect(
      await names(world, { filter: { name: 'a' }, filterAsTree: true, sort: [{ property: 'name' }] }),
    ).not.toContain('Bear')
  })

  it.each<[string, Record<string, unknown>]>([
    ['unsupportedFilter', { filter: { colour: 'red' } }],
    ['invalidArguments', { filter: { name: 1 } }],
    ['unsupportedSort', { sort: [{ property: 'colour' }] }],
    ['unsupportedSort', { sort: [{ property: 'name', collation: 'i;klingon' }] }],
    ['invalidArguments', { sort: [{}] }],
    ['invalidArguments', { sort: [{ property: 'name', isAscending: 'yes' }] }],
    ['invalidArguments', { limit: -1 }],
    ['anchorNotFound', { anchor: 'B99' }],
  ])('%s for %j', async (type, args) => {
    expect((await new World().refusal('Mailbox/query', args)).type).toBe(type)
  })

  it('tells what changed (§2.4), a whole tree when one of its mailboxes did', async () => {
    const world = await tree()
    const args = { filter: { hasAnyRole: false }, sort: [{ property: 'name' }], sortAsTree: true, calculateTotal: true }
    const before = await world.call('Mailbox/query', args)
    await world.call('Mailbox/set', { create: { n: { name: 'New' } } })
    const difference = await world.call('Mailbox/queryChanges', { ...args, sinceQueryState: before.queryState })
    const old = before.ids.filter((id: string) => !difference.removed.includes(id))
    for (const { id, index } of difference.added) old.splice(index, 0, id)
    expect(old).toEqual((await world.call('Mailbox/query', args)).ids)
    expect(difference.total).toBe(4)
  })
})
