import { describe, expect, it } from 'vitest'
import type { MailboxRole } from '../../../src/mailbox/index.ts'
import { simpleMessage, World, type Answer } from '../../access/jmap/world.ts'

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
      expect(new Set([...some[kind], ...rest[kind]])).toEqual(new Set(all[kind]))
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

const reply = (n: number): string =>
  simpleMessage
    .replace('Subject: ', 'Subject: Re: ')
    .replace('<m1@', `<r${n}@`)
    .replace('\n\n', '\nIn-Reply-To: <m1@example.com>\n\n')

async function counts(world: World, role: MailboxRole): Promise<number[]> {
  const { list } = await world.call('Mailbox/get', { ids: [world.mailbox(role)] })
  return [list[0].totalEmails, list[0].unreadEmails, list[0].totalThreads, list[0].unreadThreads]
}

describe('counts (RFC 8621 §2)', () => {
  it('are zero in an empty mailbox', async () => {
    expect(await counts(new World(), 'inbox')).toEqual([0, 0, 0, 0])
  })

  it('an email with $seen or $draft is not unread', async () => {
    const world = new World()
    for (const [n, keywords] of [[], ['$seen'], ['$draft'], ['$seen', '$draft'], ['$flagged']].entries()) {
      world.deliver(simpleMessage.replace('<m1@', `<m${n}@`).replace('Hello', `Topic ${n}`), { keywords })
    }
    expect(await counts(world, 'inbox')).toEqual([5, 2, 5, 2])
  })

  it('a thread is unread where it is, wherever its unread email is', async () => {
    const world = new World()
    world.deliver(simpleMessage, { keywords: ['$seen'] })
    world.deliver(reply(1), { role: 'archive' })
    expect(await counts(world, 'inbox')).toEqual([1, 0, 1, 1])
    expect(await counts(world, 'archive')).toEqual([1, 1, 1, 1])
  })

  it('the example: an unread email in the trash, a read one in the inbox', async () => {
    const world = new World()
    world.deliver(simpleMessage, { keywords: ['$seen'] })
    world.deliver(reply(1), { role: 'trash' })
    expect(await counts(world, 'trash')).toEqual([1, 1, 1, 1])
    expect(await counts(world, 'inbox')).toEqual([1, 0, 1, 0])
  })

  it('emails that are not in the trash do not make its threads unread', async () => {
    const world = new World()
    world.deliver(simpleMessage)
    world.deliver(reply(1), { role: 'trash', keywords: ['$seen'] })
    expect(await counts(world, 'trash')).toEqual([1, 0, 1, 0])
    expect(await counts(world, 'inbox')).toEqual([1, 1, 1, 1])
  })

  it('an unread email that is in the trash and elsewhere counts for both', async () => {
    const world = new World()
    const id = world.deliver(simpleMessage)
    world.deliver(reply(1), { role: 'archive', keywords: ['$seen'] })
    await world.call('Email/set', { update: { [id]: { [`mailboxIds/${world.mailbox('trash')}`]: true } } })
    expect(await counts(world, 'trash')).toEqual([1, 1, 1, 1])
    expect(await counts(world, 'inbox')).toEqual([1, 1, 1, 1])
    expect(await counts(world, 'archive')).toEqual([1, 0, 1, 1])
  })

  it('whatever changes a count is a change of that mailbox, and only counts have changed (§2.2)', async () => {
    const world = new World()
    world.deliver(simpleMessage, { keywords: ['$seen'] })
    const unread = world.deliver(reply(1), { role: 'archive' })
    const [inbox, archive, trash] = [world.mailbox('inbox'), world.mailbox('archive'), world.mailbox('trash')]
    const step = async (change: Record<string, unknown>): Promise<unknown> => {
      const roles = ['inbox', 'archive', 'trash'] as const
      const all = async (): Promise<string[]> =>
        Promise.all(roles.map(async (role) => JSON.stringify(await counts(world, role))))
      const before = await all()
      const { state } = await world.call('Mailbox/get', { ids: [] })
      await world.call('Email/set', { update: { [unread]: change } })
      const after = await all()
      const moved = roles.filter((_, index) => before[index] !== after[index]).map((role) => world.mailbox(role))
      const { updated, updatedProperties } = await world.call('Mailbox/changes', { sinceState: state })
      expect(updated).toEqual(expect.arrayContaining(moved))
      expect(updatedProperties).toEqual(['totalEmails', 'unreadEmails', 'totalThreads', 'unreadThreads'])
      return moved
    }
    expect(await step({ 'keywords/$seen': true })).toEqual([inbox, archive])
    expect(await step({ 'keywords/$seen': null })).toEqual([inbox, archive])
    expect(await step({ mailboxIds: { [trash]: true } })).toEqual([inbox, archive, trash])
    expect(await step({ mailboxIds: { [inbox]: true } })).toEqual([inbox, trash])
  })

  it('a mailbox that becomes the trash changes what is unread elsewhere', async () => {
    const world = new World()
    world.deliver(simpleMessage, { keywords: ['$seen'] })
    world.deliver(reply(1), { role: 'archive' })
    const [archive, trash] = [world.mailbox('archive'), world.mailbox('trash')]
    expect(await counts(world, 'inbox')).toEqual([1, 0, 1, 1])
    const { state } = await world.call('Mailbox/get', { ids: [] })
    await world.call('Mailbox/set', { update: { [trash]: { role: 'archive' }, [archive]: { role: 'trash' } } })
    expect(await counts(world, 'inbox')).toEqual([1, 0, 1, 0])
    const { updated, updatedProperties } = await world.call('Mailbox/changes', { sinceState: state })
    expect(updated).toEqual(expect.arrayContaining([world.mailbox('inbox'), archive, trash]))
    expect(updatedProperties).toBeNull()
  })

  it('updatedProperties is null when more than counts has changed (§2.2)', async () => {
    const world = new World()
    const { state } = await world.call('Mailbox/get', { ids: [] })
    world.deliver(simpleMessage)
    await world.call('Mailbox/set', { update: { [world.mailbox('sent')]: { isSubscribed: false } } })
    const { updated, updatedProperties } = await world.call('Mailbox/changes', { sinceState: state })
    expect(new Set(updated)).toEqual(new Set([world.mailbox('inbox'), world.mailbox('sent')]))
    expect(updatedProperties).toBeNull()
  })
})

async function make(world: World, mailbox: Record<string, unknown>): Promise<Answer> {
  const { created, notCreated } = await world.call('Mailbox/set', { create: { k: mailbox } })
  return created?.k ?? notCreated.k
}

describe('names, roles and places (RFC 8621 §2)', () => {
  it.each([
    ['any script', '日本語'],
    ['spaces and signs', ' a & b: "c" \\ %*'],
    ['an emoji', '🎉'],
    ['255 octets', 'é'.repeat(127)],
    ['INBOX below the top', undefined],
  ])('takes a name of %s', async (_, name) => {
    const world = new World()
    const parent = await make(world, { name: 'Parent' })
    const { id } = await make(world, { name: name ?? 'INBOX', parentId: parent.id })
    const { list } = await world.call('Mailbox/get', { ids: [id], properties: ['name'] })
    expect(list[0].name).toBe(name ?? 'INBOX')
  })

  it('keeps names in form C (RFC 5198), tells the client, and takes both forms for one name', async () => {
    const world = new World()
    expect(await make(world, { name: 'e\u0301' })).toMatchObject({ name: 'é' })
    expect(await make(world, { name: 'é' })).toMatchObject({ type: 'alreadyExists', properties: ['name'] })
  })

  it.each([
    ['a slash', 'a/b'],
    ['a control character', 'a\u0007b'],
    ['a line end', 'a\nb'],
    ['a C1 control', 'a\u0085b'],
    ['more than maxSizeMailboxName octets', 'é'.repeat(128)],
    ['INBOX in any case at the top', 'iNbOx'],
  ])('refuses a name with %s', async (_, name) => {
    expect(await make(new World(), { name })).toMatchObject({ type: 'invalidProperties', properties: ['name'] })
  })

  it('siblings have different names; the same name may be under different parents, and in another case', async () => {
    const world = new World()
    const a = await make(world, { name: 'A' })
    const b = await make(world, { name: 'B', parentId: a.id })
    const twin = await make(world, { name: 'B', parentId: a.id })
    expect(twin).toMatchObject({ type: 'alreadyExists', existingId: b.id, properties: ['name'] })
    const top = await make(world, { name: 'B' })
    expect(await make(world, { name: 'b', parentId: a.id })).toHaveProperty('id')
    const { notUpdated } = await world.call('Mailbox/set', { update: { [top.id]: { parentId: a.id } } })
    expect(notUpdated[top.id]).toMatchObject({ type: 'alreadyExists', existingId: b.id })
  })

  it.each(['important', 'memos', 'scheduled', 'snoozed', 'templates'])('takes the role %s once', async (role) => {
    const world = new World()
    const { id } = await make(world, { name: 'one', role })
    expect(await make(world, { name: 'two', role })).toMatchObject({ type: 'invalidProperties', properties: ['role'] })
    await world.call('Mailbox/set', { update: { [id]: { role: null } } })
    expect(await make(world, { name: 'two', role })).toHaveProperty('id')
  })

  it.each(['Archive', 'all', 'flagged', 'x-mine', ''])(
    'refuses the role %j: none of a mailbox of its own',
    async (role) => {
      expect(await make(new World(), { name: 'x', role })).toMatchObject({ properties: ['role'] })
    },
  )

  it('the inbox keeps its role and its place, and may be renamed', async () => {
    const world = new World()
    const inbox = world.mailbox('inbox')
    const archive = world.mailbox('archive')
    const update = async (patch: object): Promise<Answer> =>
      (await world.call('Mailbox/set', { update: { [inbox]: patch } })).notUpdated?.[inbox] ?? null
    expect(await update({ role: null })).toMatchObject({ type: 'invalidProperties', properties: ['role'] })
    expect(await update({ parentId: archive })).toMatchObject({ type: 'invalidProperties', properties: ['parentId'] })
    expect(await update({ name: 'Posteingang' })).toBeNull()
  })

  it.each([
    ['itself', 1, 1],
    ['its child', 1, 2],
    ['its grandchild', 1, 3],
  ])('a mailbox is not moved into %s: there is no loop', async (_, moved, into) => {
    const world = new World()
    const { created } = await world.call('Mailbox/set', {
      create: { m1: { name: '1' }, m2: { name: '2', parentId: '#m1' }, m3: { name: '3', parentId: '#m2' } },
    })
    const id = created[`m${moved}`].id
    const { notUpdated } = await world.call('Mailbox/set', { update: { [id]: { parentId: created[`m${into}`].id } } })
    expect(notUpdated[id]).toMatchObject({ type: 'invalidProperties', properties: ['parentId'] })
  })

  it('is no deeper than maxMailboxDepth, made or moved (§1.3.1)', async () => {
    const world = new World({}, { limits: { maxMailboxDepth: 3 } })
    const { created } = await world.call('Mailbox/set', {
      create: {
        a: { name: '1' },
        b: { name: '2', parentId: '#a' },
        c: { name: '3', parentId: '#b' },
        x: { name: 'x' },
      },
    })
    const deeper = await make(world, { name: '4', parentId: created.c.id })
    expect(deeper).toMatchObject({ type: 'invalidProperties', properties: ['parentId'] })
    const { notUpdated } = await world.call('Mailbox/set', { update: { [created.a.id]: { parentId: created.x.id } } })
    expect(notUpdated[created.a.id].properties).toEqual(['parentId'])
  })

  it('overQuota above the number of mailboxes that an account may have (RFC 8620 §5.3)', async () => {
    expect(await make(new World({}, { limits: { maxMailboxes: 6 } }), { name: 'x' })).toMatchObject({
      type: 'overQuota',
    })
  })
})

describe('Mailbox/set destroy (RFC 8621 §2.5)', () => {
  it('a mailbox and its child go in one call, in whatever order they are named (RFC 8620 §5.3)', async () => {
    for (const order of [
      ['a', 'b'],
      ['b', 'a'],
    ]) {
      const world = new World()
      const { created } = await world.call('Mailbox/set', {
        create: { a: { name: 'A' }, b: { name: 'B', parentId: '#a' } },
      })
      const ids = order.map((name) => created[name].id)
      const { destroyed, notDestroyed } = await world.call('Mailbox/set', { destroy: ids })
      expect([new Set(destroyed), notDestroyed]).toEqual([new Set(ids), null])
    }
  })

  it('onDestroyRemoveEmails leaves an email in its other mailboxes', async () => {
    const world = new World()
    const id = world.deliver(simpleMessage, { role: 'archive' })
    const archive = world.mailbox('archive')
    const inbox = world.mailbox('inbox')
    await world.call('Email/set', { update: { [id]: { [`mailboxIds/${inbox}`]: true } } })
    expect((await world.call('Mailbox/set', { destroy: [archive] })).notDestroyed[archive].type).toBe('mailboxHasEmail')
    await world.call('Mailbox/set', { destroy: [archive], onDestroyRemoveEmails: true })
    const { list } = await world.call('Email/get', { ids: [id], properties: ['mailboxIds'] })
    expect(list).toEqual([{ id, mailboxIds: { [inbox]: true } }])
  })

  it('the example of §2.6: one is renamed while another may not be destroyed', async () => {
    const world = new World()
    const [inbox, archive] = [world.mailbox('inbox'), world.mailbox('archive')]
    const { state } = await world.call('Mailbox/get', { ids: null })
    const answer = await world.call('Mailbox/set', {
      ifInState: state,
      update: { [archive]: { name: 'Maybe important mail' } },
      destroy: [inbox],
    })
    expect(answer).toMatchObject({
      oldState: state,
      updated: { [archive]: null },
      notDestroyed: { [inbox]: { type: 'forbidden' } },
    })
    expect(answer.newState).not.toBe(state)
  })
})

describe('Mailbox/query, condition by condition (RFC 8621 §2.3)', () => {
  it.each<[string, Record<string, unknown>, string[]]>([
    ['parentId null', { parentId: null, hasAnyRole: false }, ['Zoo']],
    ['a parentId', { parentId: 'ZOO' }, ['ape', 'Bear']],
    ['a parentId that is not there', { parentId: 'B999' }, []],
    ['a name that contains the text', { name: 'oo' }, ['Zoo']],
    ['a role', { role: 'trash' }, ['Trash']],
    ['role null', { role: null }, ['ape', 'Bear', 'Zoo']],
    ['a role that nothing has', { role: 'important' }, []],
    ['hasAnyRole', { hasAnyRole: true }, ['Archive', 'Drafts', 'Inbox', 'Junk', 'Sent', 'Trash']],
    ['isSubscribed', { isSubscribed: true, hasAnyRole: false }, ['ape', 'Zoo']],
    ['no condition', {}, ['ape', 'Archive', 'Bear', 'Drafts', 'Inbox', 'Junk', 'Sent', 'Trash', 'Zoo']],
    ['conditions that must all hold', { role: null, isSubscribed: false, name: 'ear' }, ['Bear']],
  ])('%s', async (_, filter, found) => {
    const world = await tree()
    const [zoo] = (await world.call('Mailbox/query', { filter: { name: 'Zoo' } })).ids
    const sought = JSON.parse(JSON.stringify(filter).replace('ZOO', zoo))
    expect(await names(world, { filter: sought, sort: [{ property: 'name' }] })).toEqual(found)
  })

  it('sorts by sortOrder, up and down', async () => {
    const world = new World()
    const roles = ['Inbox', 'Drafts', 'Sent', 'Junk', 'Trash', 'Archive']
    expect(await names(world, { sort: [{ property: 'sortOrder' }] })).toEqual(roles)
    expect(await names(world, { sort: [{ property: 'sortOrder', isAscending: false }] })).toEqual(roles.toReversed())
  })

  it('sortAsTree: an ancestor first, otherwise by the nearest ancestors that are siblings', async () => {
    const world = new World()
    await world.call('Mailbox/set', {
      create: {
        b: { name: 'b' },
        bz: { name: 'z', parentId: '#b' },
        ba: { name: 'a', parentId: '#b' },
        baz: { name: 'y', parentId: '#ba' },
        a: { name: 'a' },
        aq: { name: 'q', parentId: '#a' },
      },
    })
    const args = { filter: { hasAnyRole: false }, sortAsTree: true }
    expect(await names(world, { ...args, sort: [{ property: 'name' }] })).toEqual(['a', 'q', 'b', 'a', 'y', 'z'])
    const down = [{ property: 'name', isAscending: false }]
    expect(await names(world, { ...args, sort: down })).toEqual(['b', 'z', 'a', 'y', 'a', 'q'])
    // The tree is there also for those whose ancestors the filter left out.
    const filter = { operator: 'OR', conditions: [{ name: 'q' }, { name: 'z' }, { name: 'y' }] }
    expect(await names(world, { filter, sortAsTree: true, sort: [{ property: 'name' }] })).toEqual(['q', 'y', 'z'])
    expect(await names(world, { filter, sortAsTree: true, filterAsTree: true })).toEqual([])
  })

  it('filterAsTree keeps what has all its ancestors in the results', async () => {
    const world = await tree()
    const filter = { hasAnyRole: false, isSubscribed: true }
    expect(await names(world, { filter, filterAsTree: true, sort: [{ property: 'name' }] })).toEqual(['ape', 'Zoo'])
  })
})
