import { describe, expect, it } from 'vitest'
import { defaultLimits, SharedAccess } from '../../../src/access/jmap/index.ts'
import { encodeUtf8 } from '../../../src/format/index.ts'
import { everything, nothing, reading, SharingWorld, using, writing } from './sharing-world.ts'
import type { Answer } from './world.ts'

const principals = 'urn:ietf:params:jmap:principals'
const owner = 'urn:ietf:params:jmap:principals:owner'

async function scene(rights: object) {
  const world = new SharingWorld()
  const theirs = world.deliver(world.alice, 'theirs')
  const mine = world.deliver(world.bob, 'mine')
  await world.share(world.alice, 'inbox', { a2: rights })
  const into = (of: typeof world.alice) => ({ [world.mailbox(of, 'inbox')]: true })
  return { world, theirs, mine, into }
}

const subjects = async (world: SharingWorld, of: 'alice' | 'bob') => {
  const [, got] = await world.calls(
    world[of],
    ['Email/query', { sort: [{ property: 'receivedAt' }] }],
    [
      'Email/get',
      { properties: ['subject', 'keywords'], '#ids': { resultOf: 'c0', name: 'Email/query', path: '/ids' } },
    ],
  )
  return got[1].list.map((email: Answer) => email.subject)
}

describe('capabilities (RFC 9670 §1.5)', () => {
  it('are an empty object in the session, and say in the account who the user is', () => {
    const world = new SharingWorld()
    const session = world.session(world.alice)
    expect(session.capabilities[principals]).toEqual({})
    expect(session.capabilities[owner]).toBeUndefined()
    expect(session.primaryAccounts[principals]).toBe('a1')
    const { accountCapabilities } = session.accounts.a1
    expect(accountCapabilities[principals]).toEqual({ currentUserPrincipalId: 'a1' })
    expect(accountCapabilities[owner]).toEqual({ accountIdForPrincipal: 'a1', principalId: 'a1' })
  })

  it('of an account that is shared are mail, blobs and its owner', async () => {
    const world = new SharingWorld()
    await world.share(world.alice, 'inbox', { a2: reading })
    const account = world.session(world.bob).accounts.a1
    expect(account).toMatchObject({ name: 'alice@facteur.test', isPersonal: false, isReadOnly: true })
    expect(account.accountCapabilities[owner]).toEqual({ accountIdForPrincipal: 'a2', principalId: 'a1' })
    expect(account.accountCapabilities['urn:ietf:params:jmap:mail'].mayCreateTopLevelMailbox).toBe(false)
    expect(Object.keys(account.accountCapabilities)).not.toContain('urn:ietf:params:jmap:submission')
    expect(Object.keys(account.accountCapabilities)).not.toContain(principals)
  })

  it('without the principals capability nothing of sharing is shown or taken', async () => {
    const { alice, ...world } = new SharingWorld()
    const mail = { using: using.slice(0, 2) }
    const ask = (calls: unknown[]) =>
      alice.jmap
        .handle(encodeUtf8(JSON.stringify({ ...mail, methodCalls: calls })))
        .then(({ body }): Answer => JSON.parse(body).methodResponses)
    const inbox = new SharingWorld().mailbox(world.bob, 'inbox')
    const [[, got], [, asked], [, set], [, unknown]] = (await ask([
      ['Mailbox/get', { accountId: 'a1', ids: [inbox] }, '0'],
      ['Mailbox/get', { accountId: 'a1', ids: [inbox], properties: ['shareWith'] }, '1'],
      ['Mailbox/set', { accountId: 'a1', update: { [inbox]: { shareWith: {} } } }, '2'],
      ['Principal/get', { accountId: 'a1', ids: [] }, '3'],
    ])) as [Answer, Answer, Answer, Answer]
    expect(Object.keys(got.list[0])).not.toContain('shareWith')
    expect(got.list[0].myRights).not.toHaveProperty('mayShare')
    expect(asked.type).toBe('invalidArguments')
    expect(set.notUpdated[inbox]).toMatchObject({ type: 'invalidProperties', properties: ['shareWith'] })
    expect(unknown.type).toBe('unknownMethod')
  })
})

describe('the capability of draft-ietf-jmap-mail-sharing', () => {
  it('is offered beside that of principals, and each shows shareWith by itself', async () => {
    const world = new SharingWorld()
    const share = 'urn:ietf:params:jmap:mail:share'
    const session = world.session(world.alice)
    expect(session.capabilities[share]).toEqual({})
    expect(session.accounts.a1.accountCapabilities[share]).toEqual({})
    const ids = [world.mailbox(world.alice, 'inbox')]
    for (const one of [share, principals]) {
      const methodCalls = [['Mailbox/get', { accountId: 'a1', ids }, 'c']]
      const request = { using: [...using.slice(0, 2), one, owner], methodCalls }
      const { body, status } = await world.alice.jmap.handle(encodeUtf8(JSON.stringify(request)))
      expect(status).toBe(200)
      expect(JSON.parse(body).methodResponses[0][1].list[0]).toHaveProperty('shareWith', null)
    }
  })
})

describe('shareWith (RFC 9670 §4)', () => {
  it('is null at first, and the owner may do everything', async () => {
    const world = new SharingWorld()
    const { list } = await world.call(world.alice, 'Mailbox/get', { properties: ['shareWith', 'myRights', 'role'] })
    for (const { shareWith, myRights, role } of list) {
      expect(shareWith).toBeNull()
      expect(myRights).toEqual({ ...everything, mayDelete: role !== 'inbox' })
    }
  })

  it('is set as a whole, by principal, and by single right', async () => {
    const world = new SharingWorld()
    const id = world.mailbox(world.alice, 'drafts')
    const set = (patch: object) => world.call(world.alice, 'Mailbox/set', { update: { [id]: patch } })
    const shared = async () =>
      (await world.call(world.alice, 'Mailbox/get', { ids: [id], properties: ['shareWith'] })).list[0].shareWith
    await set({ shareWith: { a2: reading, a3: { mayReadItems: true } } })
    expect(await shared()).toEqual({ a2: reading, a3: reading })
    await set({ 'shareWith/a2/maySetSeen': true, 'shareWith/a3': null })
    expect(await shared()).toEqual({ a2: { ...reading, maySetSeen: true } })
    await set({ 'shareWith/a3': everything })
    expect(await shared()).toMatchObject({ a3: everything })
    await set({ shareWith: null })
    expect(await shared()).toBeNull()
  })

  it('is set at creation; else a mailbox is not shared, unless a sharee makes it', async () => {
    const world = new SharingWorld()
    const sharee = { ...writing, mayCreateChild: true }
    await world.share(world.alice, 'archive', { a2: sharee })
    const parentId = world.mailbox(world.alice, 'archive')
    const { created } = await world.call(world.alice, 'Mailbox/set', {
      create: {
        x: { name: 'X', shareWith: { a3: reading } },
        y: { name: 'Y', parentId },
      },
    })
    const theirs = await world.call(world.bob, 'Mailbox/set', {
      accountId: 'a1',
      create: { z: { name: 'Z', parentId } },
    })
    const ids = [created.x.id, created.y.id, theirs.created.z.id]
    const { list } = await world.call(world.alice, 'Mailbox/get', { ids, properties: ['shareWith'] })
    expect(list.map((mailbox: Answer) => mailbox.shareWith)).toEqual([{ a3: reading }, null, { a2: sharee }])
  })

  it.each([
    ['the owner is not among the sharees', { a1: reading }],
    ['a principal that does not exist', { a9: reading }],
    ['an account of another domain that has nothing to do with the user', { a4: reading }],
    ['"anyone" is no principal', { anyone: reading }],
    ['a right that there is not', { a2: { mayFly: true } }],
    ['a right that is no Boolean', { a2: { mayReadItems: 1 } }],
    ['rights that are no object', { a2: 'lr' }],
    ['mayDelete without mayRename, which IMAP grants together', { a2: { mayDelete: true } }],
  ])('refused with invalidProperties: %s', async (_, shareWith) => {
    const world = new SharingWorld()
    const id = world.mailbox(world.alice, 'inbox')
    const { notUpdated } = await world.call(world.alice, 'Mailbox/set', { update: { [id]: { shareWith, name: 'N' } } })
    expect(notUpdated[id]).toMatchObject({ type: 'invalidProperties', properties: ['shareWith'] })
    const { list } = await world.call(world.alice, 'Mailbox/get', { ids: [id] })
    expect(list[0]).toMatchObject({ shareWith: null, name: 'Inbox' })
  })

  it('may name somebody of another domain who shares something with the user', async () => {
    const world = new SharingWorld()
    world.dora.store.grants.set(world.dora.store.mailboxByRole('inbox')!.id, 'a1', 'lr' as never)
    await world.house.settle()
    await world.share(world.alice, 'inbox', { a4: reading })
    expect((await world.call(world.dora, 'Mailbox/get', { accountId: 'a1' })).list).toHaveLength(1)
    expect((await world.share(world.alice, 'drafts', { a4: reading })).notUpdated).toBeNull()
  })

  it('is told in Mailbox/changes, to the owner and to the sharee', async () => {
    const world = new SharingWorld()
    await world.share(world.alice, 'inbox', { a2: reading })
    const { state } = await world.call(world.alice, 'Mailbox/get', { ids: [] })
    await world.share(world.alice, 'inbox', { a2: { ...reading, maySetSeen: true } })
    const id = world.mailbox(world.alice, 'inbox')
    const changes = { accountId: 'a1', sinceState: state }
    expect((await world.call(world.alice, 'Mailbox/changes', changes)).updated).toEqual([id])
    expect((await world.call(world.bob, 'Mailbox/changes', changes)).updated).toEqual([id])
  })
})

describe('a shared account', () => {
  it('appears in the session, whose state changes (RFC 8620 §2)', async () => {
    const world = new SharingWorld()
    const before = world.session(world.bob)
    await world.share(world.alice, 'inbox', { a2: reading })
    const after = world.session(world.bob)
    expect(Object.keys(before.accounts)).toEqual(['a2'])
    expect(Object.keys(after.accounts)).toEqual(['a2', 'a1'])
    expect(after.state).not.toBe(before.state)
    expect(world.session(world.carol).accounts).not.toHaveProperty('a1')
    await world.share(world.alice, 'inbox', { a2: null })
    expect(world.session(world.bob).state).toBe(before.state)
  })

  it('is not in the session when nothing in it is subscribed to, but with its principal (RFC 9670 §1.4)', async () => {
    const world = new SharingWorld()
    await world.share(world.alice, 'inbox', { a2: reading })
    const id = world.mailbox(world.alice, 'inbox')
    const own = await world.call(world.alice, 'Mailbox/get', { ids: [id], properties: ['isSubscribed'] })
    const update = { [id]: { isSubscribed: false } }
    await world.call(world.bob, 'Mailbox/set', { accountId: 'a1', update })
    await world.house.settle()
    expect(world.session(world.bob).accounts).not.toHaveProperty('a1')
    const { list } = await world.call(world.bob, 'Principal/get', { ids: ['a1'] })
    expect(list[0].accounts).toHaveProperty('a1')
    expect((await world.call(world.bob, 'Mailbox/get', { accountId: 'a1' })).list).toHaveLength(1)
    // The owner's subscription is another one.
    expect(await world.call(world.alice, 'Mailbox/get', { ids: [id], properties: ['isSubscribed'] })).toMatchObject({
      list: own.list,
    })
  })

  it('shows the mailboxes that are shared and what is in them, and nothing else', async () => {
    const world = new SharingWorld()
    const seen = world.deliver(world.alice, 'seen')
    const hidden = world.deliver(world.alice, 'hidden', 'archive')
    await world.share(world.alice, 'inbox', { a2: reading })
    const { list } = await world.call(world.bob, 'Mailbox/get', { accountId: 'a1' })
    expect(list).toHaveLength(1)
    expect(list[0]).toMatchObject({ name: 'Inbox', totalEmails: 1, myRights: reading, shareWith: null })
    const answer = await world.call(world.bob, 'Email/get', {
      accountId: 'a1',
      ids: [seen, hidden],
      properties: ['subject', 'bodyValues', 'textBody'],
      fetchTextBodyValues: true,
    })
    expect(answer.list[0].subject).toBe('seen')
    expect(answer.notFound).toEqual([hidden])
  })

  it('is as if it were not there for everybody else (RFC 8620 §3.6.2)', async () => {
    const world = new SharingWorld()
    await world.share(world.alice, 'inbox', { a2: reading })
    const refused = await world.refusal(world.carol, 'Mailbox/get', { accountId: 'a1' })
    expect(refused).toEqual(await world.refusal(world.carol, 'Mailbox/get', { accountId: 'a99' }))
    expect(refused.type).toBe('accountNotFound')
    expect(await world.carol.jmap.download('a1', 'G8')).toBeUndefined()
    expect((await world.carol.jmap.upload('a1', new Uint8Array(1), 'text/plain')).status).toBe(404)
    expect(world.house.calls).toEqual([])
  })

  it('has no methods but those of mail', async () => {
    const world = new SharingWorld()
    await world.share(world.alice, 'inbox', { a2: everything })
    for (const name of ['Identity/get', 'EmailSubmission/get', 'Principal/get', 'ShareNotification/get']) {
      expect((await world.refusal(world.bob, name, { accountId: 'a1' })).type).toBe('accountNotSupportedByMethod')
    }
  })

  it('cannot be written to without a right to', async () => {
    const world = new SharingWorld()
    const id = world.deliver(world.alice, 'read only')
    await world.share(world.alice, 'inbox', { a2: reading })
    const update = { [id]: { 'keywords/$seen': true } }
    expect((await world.refusal(world.bob, 'Email/set', { accountId: 'a1', update })).type).toBe('accountReadOnly')
    expect((await world.refusal(world.bob, 'Mailbox/set', { accountId: 'a1', create: { x: {} } })).type).toBe(
      'accountReadOnly',
    )
    expect((await world.bob.jmap.upload('a1', new Uint8Array(1), 'text/plain')).status).toBe(403)
    await world.share(world.alice, 'inbox', { a2: { ...reading, maySetSeen: true } })
    expect(world.session(world.bob).accounts.a1.isReadOnly).toBe(false)
    expect((await world.call(world.bob, 'Email/set', { accountId: 'a1', update })).updated).toEqual({ [id]: null })
    const flag = { [id]: { 'keywords/$flagged': true } }
    const { notUpdated } = await world.call(world.bob, 'Email/set', { accountId: 'a1', update: flag })
    expect(notUpdated[id].type).toBe('forbidden')
  })

  it('is shut at once when the rights are taken back, whatever was told', async () => {
    const world = new SharingWorld()
    const id = world.deliver(world.alice, 'soon gone')
    await world.share(world.alice, 'inbox', { a2: reading })
    const inbox = world.mailbox(world.alice, 'inbox')
    await world.call(world.alice, 'Mailbox/set', { update: { [inbox]: { shareWith: null } } })
    expect((await world.refusal(world.bob, 'Email/get', { accountId: 'a1', ids: [id] })).type).toBe('accountNotFound')
    expect(await world.bob.jmap.download('a1', 'G8')).toBeUndefined()
  })

  it('may be shared on by whoever got the right to', async () => {
    const world = new SharingWorld()
    await world.share(world.alice, 'inbox', { a2: { ...reading, maySetSeen: true } })
    const id = world.mailbox(world.alice, 'inbox')
    const update = { [id]: { 'shareWith/a3': reading } }
    const refused = await world.call(world.bob, 'Mailbox/set', { accountId: 'a1', update })
    expect(refused.notUpdated[id].type).toBe('forbidden')
    await world.share(world.alice, 'inbox', { a2: { ...reading, mayShare: true } })
    const { list } = await world.call(world.bob, 'Mailbox/get', { accountId: 'a1', ids: [id] })
    expect(list[0].shareWith).toEqual({ a2: { ...reading, mayShare: true } })
    await world.call(world.bob, 'Mailbox/set', { accountId: 'a1', update })
    await world.house.settle()
    expect((await world.call(world.carol, 'Mailbox/get', { accountId: 'a1' })).list).toHaveLength(1)
    const notices = await world.call(world.carol, 'ShareNotification/get', {})
    expect(notices.list[0].changedBy).toEqual({ name: 'Bob', email: 'bob@facteur.test', principalId: 'a2' })
  })

  it('that cannot be reached is serverUnavailable, and one that is gone disappears', async () => {
    const world = new SharingWorld()
    await world.share(world.alice, 'inbox', { a2: reading })
    world.house.down.add('a1')
    expect((await world.refusal(world.bob, 'Mailbox/get', { accountId: 'a1' })).type).toBe('serverUnavailable')
    world.house.down.clear()
    world.house.accounts.delete('a1')
    expect((await world.refusal(world.bob, 'Mailbox/get', { accountId: 'a1' })).type).toBe('accountNotFound')
    expect(world.session(world.bob).accounts).not.toHaveProperty('a1')
  })
})

describe('one request about several accounts (RFC 8620 §3.7)', () => {
  it('refers to results and to what was created, across accounts', async () => {
    const world = new SharingWorld()
    world.deliver(world.alice, 'one')
    world.deliver(world.alice, 'two')
    await world.share(world.alice, 'archive', { a2: { ...writing, mayCreateChild: true } })
    await world.share(world.alice, 'inbox', { a2: writing })
    const archive = world.mailbox(world.alice, 'archive')
    const inbox = world.mailbox(world.alice, 'inbox')
    const { methodResponses, createdIds } = await world.request(
      world.bob,
      [
        ['Email/query', { accountId: 'a1', filter: { inMailbox: inbox } }],
        ['Mailbox/set', { accountId: 'a1', create: { old: { name: 'Old', parentId: archive } } }],
        [
          'Email/get',
          {
            accountId: 'a1',
            '#ids': { resultOf: 'c0', name: 'Email/query', path: '/ids' },
            properties: ['subject'],
          },
        ],
        ['Mailbox/get', { accountId: 'a1', ids: ['#old'], properties: ['name', 'parentId', 'isSubscribed'] }],
        ['Core/echo', { accountId: 'a1' }],
      ],
      { createdIds: {} },
    )
    expect(methodResponses[2][1].list.map((email: Answer) => email.subject).sort()).toEqual(['one', 'two'])
    expect(methodResponses[3][1].list).toEqual([
      { id: createdIds.old, name: 'Old', parentId: archive, isSubscribed: true },
    ])
    expect(methodResponses[4]).toEqual(['Core/echo', { accountId: 'a1' }, 'c4'])
  })
})

describe('uploads and downloads (RFC 8620 §6)', () => {
  it('go to the shared account, and belong to whoever made them', async () => {
    const world = new SharingWorld()
    await world.share(world.alice, 'inbox', { a2: writing, a3: writing })
    const raw = encodeUtf8('From: bob@facteur.test\r\nSubject: kept\r\n\r\nx\r\n')
    const { status, body } = await world.bob.jmap.upload('a1', raw, 'message/rfc822')
    const { blobId, accountId } = JSON.parse(body)
    expect({ status, accountId }).toEqual({ status: 200, accountId: 'a1' })
    const blob = await world.bob.jmap.download('a1', blobId)
    expect(await blob?.slice(0, blob.size)).toEqual(raw)
    expect(await world.carol.jmap.download('a1', blobId)).toBeUndefined()
    expect(await world.alice.jmap.download('a1', blobId)).toBeUndefined()
    const mailboxIds = { [world.mailbox(world.alice, 'inbox')]: true }
    const emails = { k: { blobId, mailboxIds } }
    expect((await world.call(world.bob, 'Email/import', { accountId: 'a1', emails })).created.k.size).toBe(raw.length)
    const [notFound] = (
      await world.call(world.carol, 'Email/import', { accountId: 'a1', emails: { k: { blobId, mailboxIds } } })
    ).notCreated.k.properties
    expect(notFound).toBe('blobId')
  })

  it('of messages larger than one piece come whole', async () => {
    const world = new SharingWorld()
    const raw = encodeUtf8(`From: a@b.test\r\nSubject: large\r\n\r\n${'0123456789abcdef'.repeat(600_000)}\r\n`)
    const [email] = world.alice.store.add([{ raw, mailboxIds: [world.alice.store.mailboxByRole('inbox')!.id] }])
    await world.share(world.alice, 'inbox', { a2: reading })
    const blob = await world.bob.jmap.download('a1', `G${email!.blob}`)
    expect(Buffer.compare((await blob!.slice(0, blob!.size))!, raw)).toBe(0)
    expect((await blob!.slice(5_000_000, 5_000_010))!).toEqual(raw.slice(5_000_000, 5_000_010))
  })
})

describe('Email/copy (RFC 8620 §5.4, RFC 8621 §4.7)', () => {
  it('copies from a shared account, with keywords and time', async () => {
    const { world, theirs, into } = await scene(reading)
    await world.call(world.alice, 'Email/set', { update: { [theirs]: { 'keywords/$flagged': true } } })
    const original = (await world.call(world.alice, 'Email/get', { ids: [theirs], properties: ['receivedAt', 'size'] }))
      .list[0]
    const { created, notCreated, oldState, newState } = await world.call(world.bob, 'Email/copy', {
      fromAccountId: 'a1',
      create: { k: { id: theirs, mailboxIds: into(world.bob) } },
    })
    expect(notCreated).toBeNull()
    expect(newState).not.toBe(oldState)
    expect(created.k).toMatchObject({ size: original.size })
    const properties = ['subject', 'keywords', 'receivedAt', 'mailboxIds']
    const { list } = await world.call(world.bob, 'Email/get', { ids: [created.k.id], properties })
    expect(list[0]).toMatchObject({
      subject: 'theirs',
      keywords: { $flagged: true },
      receivedAt: original.receivedAt,
      mailboxIds: into(world.bob),
    })
  })

  it('copies into a shared account, and destroys the original there where it was', async () => {
    const { world, mine, into } = await scene(writing)
    const [copy, destroy] = await world.calls(world.bob, [
      'Email/copy',
      {
        fromAccountId: 'a2',
        accountId: 'a1',
        create: { k: { id: mine, mailboxIds: into(world.alice), keywords: { $seen: true } } },
        onSuccessDestroyOriginal: true,
      },
    ])
    expect(copy[1].created.k).toHaveProperty('blobId')
    expect(destroy).toEqual(['Email/set', expect.objectContaining({ accountId: 'a2', destroyed: [mine] }), 'c0'])
    expect(await subjects(world, 'alice')).toEqual(['theirs', 'mine'])
    expect(await subjects(world, 'bob')).toEqual([])
  })

  it('destroys the original in the shared account, as far as that is allowed', async () => {
    const { world, theirs, into } = await scene({ ...reading, maySetSeen: true })
    const args = {
      fromAccountId: 'a1',
      create: { k: { id: theirs, mailboxIds: into(world.bob) } },
      onSuccessDestroyOriginal: true,
    }
    const [copy, refused] = await world.calls(world.bob, ['Email/copy', args])
    expect(copy[1].created).toHaveProperty('k')
    expect(refused[1].notDestroyed[theirs].type).toBe('forbidden')
    await world.share(world.alice, 'inbox', { a2: writing })
    const [, done] = await world.calls(world.bob, ['Email/copy', args])
    expect(done[1].destroyed).toEqual([theirs])
    expect(await subjects(world, 'alice')).toEqual([])
  })

  it('copies from one shared account to another', async () => {
    const { world, theirs } = await scene(reading)
    await world.share(world.carol, 'inbox', { a2: writing })
    const { created } = await world.call(world.bob, 'Email/copy', {
      fromAccountId: 'a1',
      accountId: 'a3',
      create: { k: { id: theirs, mailboxIds: { [world.mailbox(world.carol, 'inbox')]: true } } },
    })
    expect(created.k.id).toMatch(/^M/)
    expect(
      (await world.call(world.carol, 'Email/get', { ids: [created.k.id], properties: ['subject'] })).list[0].subject,
    ).toBe('theirs')
  })

  it.each([
    ['fromAccountNotFound', { fromAccountId: 'a3' }],
    ['fromAccountNotFound', { fromAccountId: 'a99' }],
    ['accountNotFound', { accountId: 'a3', fromAccountId: 'a1' }],
    ['accountReadOnly', { accountId: 'a1', fromAccountId: 'a2' }],
    ['invalidArguments', { accountId: 'a2', fromAccountId: 'a2' }],
    ['stateMismatch', { fromAccountId: 'a1', ifInState: '1' }],
    ['stateMismatch', { fromAccountId: 'a1', ifFromInState: '1' }],
  ])('is refused with %s: %o', async (type, args) => {
    const { world, theirs, into } = await scene(reading)
    const create = { k: { id: theirs, mailboxIds: into(world.bob) } }
    expect((await world.refusal(world.bob, 'Email/copy', { create, ...args })).type).toBe(type)
  })

  it('refuses single emails by themselves', async () => {
    const { world, theirs, mine, into } = await scene(reading)
    const hidden = world.deliver(world.alice, 'hidden', 'archive')
    const { created, notCreated } = await world.call(world.bob, 'Email/copy', {
      fromAccountId: 'a1',
      create: {
        good: { id: theirs, mailboxIds: into(world.bob) },
        hidden: { id: hidden, mailboxIds: into(world.bob) },
        nowhere: { id: theirs, mailboxIds: { B999: true } },
        none: { id: theirs },
        subject: { id: theirs, mailboxIds: into(world.bob), subject: 'other' },
        noId: { mailboxIds: into(world.bob) },
      },
    })
    expect(Object.keys(created)).toEqual(['good'])
    const types = Object.fromEntries(Object.entries(notCreated).map(([key, error]) => [key, (error as Answer).type]))
    expect(types).toEqual({
      hidden: 'notFound',
      nowhere: 'invalidProperties',
      none: 'invalidProperties',
      subject: 'invalidProperties',
      noId: 'invalidProperties',
    })
    expect(mine).toMatch(/^M/)
  })
})

describe('Blob/copy (RFC 8620 §6.3)', () => {
  it('copies uploads in both directions, and says what it did not find', async () => {
    const world = new SharingWorld()
    await world.share(world.alice, 'inbox', { a2: writing })
    const upload = async (account: string) =>
      JSON.parse((await world.bob.jmap.upload(account, encodeUtf8(`for ${account}`), 'text/plain')).body).blobId
    const [mine, theirs] = [await upload('a2'), await upload('a1')]
    for (const [fromAccountId, accountId, blobId] of [
      ['a2', 'a1', mine],
      ['a1', 'a2', theirs],
    ]) {
      const blobIds = [blobId, 'G999']
      const answer = await world.call(world.bob, 'Blob/copy', { fromAccountId, accountId, blobIds })
      expect(answer.notCopied.G999.type).toBe('notFound')
      const blob = await world.bob.jmap.download(accountId as string, answer.copied[blobId as string])
      expect(new TextDecoder().decode(await blob?.slice(0, blob.size))).toBe(`for ${fromAccountId}`)
      expect(blob?.type).toBe('text/plain')
    }
  })
})

describe('telling (RFC 9670 §3)', () => {
  it('is repeated until it was heard, also by the next life', async () => {
    const world = new SharingWorld()
    world.house.down.add('a2')
    await world.share(world.alice, 'inbox', { a2: reading })
    expect(world.session(world.bob).accounts).not.toHaveProperty('a1')
    expect(world.alice.teller.nextWakeup()).toBe(world.house.now + 5_000)
    world.house.down.clear()
    await world.house.settle()
    expect(world.session(world.bob).accounts).not.toHaveProperty('a1')
    world.house.now += 5_000
    await world.house.settle()
    expect(world.session(world.bob).accounts).toHaveProperty('a1')
    expect(world.alice.teller.nextWakeup()).toBeUndefined()
  })

  it('that is older than what is known changes nothing', async () => {
    const world = new SharingWorld()
    await world.share(world.alice, 'inbox', { a2: reading })
    const owner = world.alice.person
    const late = { owner, version: 1, mailboxes: [], isSubscribed: false, changedBy: owner }
    expect(world.bob.store.sharedAccounts.learn(late)).toBe(false)
    expect(world.session(world.bob).accounts).toHaveProperty('a1')
  })

  it('of an account that is removed ends what it shared and what was shared with it', async () => {
    const world = new SharingWorld()
    await world.share(world.alice, 'inbox', { a2: reading })
    await world.share(world.bob, 'inbox', { a1: reading })
    await world.alice.teller.farewell()
    world.house.accounts.delete('a1')
    expect(world.session(world.bob).accounts).not.toHaveProperty('a1')
    await world.share(world.bob, 'inbox', { a1: writing })
    const { list } = await world.call(world.bob, 'Mailbox/get', { properties: ['shareWith'] })
    expect(list.every((mailbox: Answer) => mailbox.shareWith === null)).toBe(true)
    expect(world.bob.teller.nextWakeup()).toBeUndefined()
  })

  it('costs an account that shares nothing nothing', async () => {
    const world = new SharingWorld()
    world.deliver(world.alice, 'a message')
    await world.call(world.alice, 'Mailbox/set', { create: { x: { name: 'X' } } })
    expect(world.alice.wakeups).toEqual([])
    expect(world.alice.teller.nextWakeup()).toBeUndefined()
  })
})

const sharees = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`n${n}`, reading]))

describe('limits', () => {
  it('the owner takes 16 calls of others at once, and refuses more without waiting', async () => {
    const { alice, bob, ...world } = new SharingWorld()
    alice.store.grants.set(alice.store.mailboxByRole('inbox')!.id, 'a2', 'lra' as never)
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>()
    const access = new SharedAccess({
      store: alice.store,
      account: () => ({ id: 'a1', address: alice.address, name: '' }),
      limits: defaultLimits,
      clock: () => 0,
      ids: () => 'id',
      people: { ...world.house.peopleOf(alice), people: () => answered.then(() => ({ state: 0, people: [] })) },
      onFault: () => {},
    })
    const id = new SharingWorld().mailbox(alice, 'inbox')
    const update = { [id]: { 'shareWith/a3': reading } }
    const set = { name: 'Mailbox/set', arguments: { accountId: 'a1', update }, using, createdIds: [] }
    const waiting = Array.from({ length: 16 }, () => access.call(bob.person, set))
    const refused = { error: { type: 'serverUnavailable', description: expect.any(String) } }
    expect(await access.call(bob.person, set)).toEqual(refused)
    answer()
    for (const done of await Promise.all(waiting)) expect(done).toHaveProperty('arguments')
    expect(await access.call(bob.person, set)).toHaveProperty('arguments')
  })

  it('a mailbox is shared with at most 99, and one place is left for anyone', async () => {
    const world = new SharingWorld()
    const id = world.mailbox(world.alice, 'inbox')
    for (let n = 0; n < 100; n++) world.house.domain('facteur.test').addAccount(`n${n}`, `n${n}`)
    const set = (shareWith: object) => world.call(world.alice, 'Mailbox/set', { update: { [id]: { shareWith } } })
    expect((await set(sharees(100))).notUpdated[id].type).toBe('invalidProperties')
    expect((await set(sharees(99))).updated).toEqual({ [id]: null })
    expect((await set({ ...sharees(98), n99: reading })).updated).toEqual({ [id]: null })
  })
})

describe('what hostile clients send', () => {
  it.each([
    ['Email/get', { ids: 7 }, 'invalidArguments'],
    ['Email/get', { ids: ['M1'], properties: ['nonsense'] }, 'invalidArguments'],
    ['Email/query', { filter: { inMailbox: 'B2' }, unknown: true }, 'invalidArguments'],
    ['Email/changes', { sinceState: '99999' }, 'cannotCalculateChanges'],
    ['Mailbox/set', { update: { B2: { shareWith: 7 } }, ifInState: '0' }, 'stateMismatch'],
    ['Thread/get', { ids: null }, 'requestTooLarge'],
    ['Foo/get', {}, 'unknownMethod'],
  ])("%s %j is refused as in one's own account", async (name, args, type) => {
    const world = new SharingWorld()
    await world.share(world.alice, 'inbox', { a2: writing })
    expect((await world.refusal(world.bob, name, { accountId: 'a1', ...args })).type).toBe(type)
  })

  it('an account id that is no id is an account that is not there', async () => {
    const world = new SharingWorld()
    await world.share(world.alice, 'inbox', { a2: writing })
    for (const accountId of ['__proto__', 'constructor', '', 'A1', 'a1 ', '../a1']) {
      expect((await world.refusal(world.bob, 'Mailbox/get', { accountId })).type).toBe('accountNotFound')
    }
    expect((await world.refusal(world.bob, 'Mailbox/get', { accountId: 7 })).type).toBe('invalidArguments')
  })

  it('names of members like __proto__ travel as they are', async () => {
    const world = new SharingWorld()
    await world.share(world.alice, 'inbox', { a2: writing })
    const body = `{"using": ${JSON.stringify(using)}, "methodCalls": [["Email/set",
      {"accountId": "a1", "update": {"__proto__": {"keywords/$seen": true}}}, "c"]]}`
    const answer = JSON.parse((await world.bob.jmap.handle(encodeUtf8(body))).body)
    expect(Object.keys(answer.methodResponses[0][1].notUpdated)).toEqual(['__proto__'])
  })
})

describe('rights', () => {
  it.each(['l', 'r', 'lrt', 'lrswipkxte'])(
    'of letters that JMAP shows in part stay when they are sent back: %s (RFC 4314 §2.1)',
    async (letters) => {
      const world = new SharingWorld()
      const { grants } = world.alice.store
      const inbox = world.alice.store.mailboxByRole('inbox')!.id
      grants.set(inbox, 'a2', letters as never)
      const id = world.mailbox(world.alice, 'inbox')
      const { list } = await world.call(world.alice, 'Mailbox/get', { ids: [id], properties: ['shareWith'] })
      const shareWith = { ...list[0].shareWith, a3: reading }
      await world.call(world.alice, 'Mailbox/set', { update: { [id]: { shareWith } } })
      expect(grants.of(inbox).map(({ principal, rights }) => [principal, rights])).toEqual([
        ['a2', letters],
        ['a3', 'lr'],
      ])
    },
  )

  it('of nothing take the grant away', async () => {
    const world = new SharingWorld()
    await world.share(world.alice, 'inbox', { a2: reading })
    await world.share(world.alice, 'inbox', { a2: nothing })
    expect(world.session(world.bob).accounts).not.toHaveProperty('a1')
  })
})
