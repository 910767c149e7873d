import { describe, expect, test } from 'vitest'
import { type MailboxId, type MailStore, noRights, parseRights, type Rights } from '../../src/mailbox/index.ts'
import { countingSql, newEmail, openStore } from './fixture.ts'

const rights = (text: string): Rights => parseRights(text) ?? noRights

/** What is thrown, by its type. */
const refusal = (type: string, properties?: readonly string[]) =>
  expect.objectContaining({ type, ...(properties === undefined ? {} : { properties }) })

const nowhere = 4_000_000 as MailboxId

describe('a grant (RFC 4314 §2)', () => {
  test('is what one principal may do with one mailbox', () => {
    const { store, inbox, box } = openStore()
    store.grants.set(inbox, 'carol', rights('lr'))
    store.grants.set(inbox, 'bob', rights('lrs'))
    store.grants.set(box('archive'), 'bob', rights('l'))
    expect(store.grants.of(inbox)).toEqual([
      { mailboxId: inbox, principal: 'bob', rights: 'lrs' },
      { mailboxId: inbox, principal: 'carol', rights: 'lr' },
    ])
    expect(store.grants.rights(inbox, 'bob')).toBe('lrs')
    expect(store.grants.rights(inbox, 'dave')).toBe(noRights)
    expect(store.grants.rights(box('sent'), 'bob')).toBe(noRights)
    expect(store.grants.to('bob')).toEqual(
      new Map([
        [inbox, 'lrs'],
        [box('archive'), 'l'],
      ]),
    )
    expect(store.grants.principals()).toEqual(new Set(['bob', 'carol']))
  })

  test('to anyone adds to what a principal has by itself', () => {
    const { store, inbox } = openStore()
    store.grants.set(inbox, 'anyone', rights('lr'))
    store.grants.set(inbox, 'bob', rights('sw'))
    expect(store.grants.rights(inbox, 'bob')).toBe('lrsw')
    expect(store.grants.rights(inbox, 'dave')).toBe('lr')
    expect(store.grants.to('dave')).toEqual(new Map([[inbox, 'lr']]))
    expect(store.grants.principals()).toEqual(new Set(['anyone', 'bob']))
  })

  test('replaces the one before, and no rights take it away', () => {
    const { store, inbox } = openStore()
    store.grants.set(inbox, 'bob', rights('lrs'))
    store.grants.set(inbox, 'bob', rights('l'))
    expect(store.grants.rights(inbox, 'bob')).toBe('l')
    store.grants.set(inbox, 'bob', noRights)
    expect(store.grants.of(inbox)).toEqual([])
    expect(store.grants.principals()).toEqual(new Set())
    expect(store.sharedWith('bob')).toBeUndefined()
  })

  test('outlives the object', () => {
    const { store, inbox, reopen } = openStore()
    store.grants.set(inbox, 'bob', rights('lrs'))
    const again = reopen()
    expect(again.grants.rights(inbox, 'bob')).toBe('lrs')
    expect(again.state).toBe(store.state)
  })

  test('goes back with its transaction', () => {
    const { store, inbox } = openStore()
    expect(() =>
      store.transaction(() => {
        store.grants.set(inbox, 'bob', rights('lrs'))
        expect(store.sharedWith('bob')).toBeDefined()
        throw new Error('no')
      }),
    ).toThrow('no')
    expect(store.grants.to('bob').size).toBe(0)
    expect(store.sharedWith('bob')).toBeUndefined()
  })

  test('goes with its mailbox, and so do subscriptions', () => {
    const { store, sql, box } = openStore()
    const archive = box('archive')
    store.grants.set(archive, 'bob', rights('lr'))
    store.sharedWith('bob')?.updateMailbox(archive, { isSubscribed: true })
    store.destroyMailbox(archive)
    expect(store.grants.of(archive)).toEqual([])
    expect(store.sharedWith('bob')).toBeUndefined()
    for (const table of ['mailbox_grant', 'subscription']) {
      expect(sql.exec(`SELECT count(*) AS n FROM ${table}`).one().n).toBe(0)
    }
  })
})

describe('refused, and nothing is changed', () => {
  const cases: readonly (readonly [string, (store: MailStore, inbox: MailboxId) => void, object])[] = [
    ['a mailbox that is not there', (store) => store.grants.set(nowhere, 'bob', rights('lr')), refusal('notFound')],
    [
      'letters out of order',
      (store, inbox) => store.grants.set(inbox, 'bob', 'rl' as Rights),
      refusal('invalidProperties', ['shareWith']),
    ],
    [
      'letters that are no rights',
      (store, inbox) => store.grants.set(inbox, 'bob', 'lrc' as Rights),
      refusal('invalidProperties'),
    ],
    [
      'a principal without name',
      (store, inbox) => store.grants.set(inbox, '', rights('l')),
      refusal('invalidProperties'),
    ],
    [
      'a principal that is no id (RFC 8620 §1.2)',
      (store, inbox) => store.grants.set(inbox, 'bob smith', rights('l')),
      refusal('invalidProperties'),
    ],
    [
      'a principal of 256 characters',
      (store, inbox) => store.grants.set(inbox, 'b'.repeat(256), rights('l')),
      refusal('invalidProperties'),
    ],
  ]

  test.each(cases)('%s', (_, work, error) => {
    const { store, inbox } = openStore()
    const { state } = store
    expect(() => work(store, inbox)).toThrow(error)
    expect(store.state).toBe(state)
  })

  test('more principals than a mailbox can have', () => {
    const { store, inbox, box } = openStore({ limits: { maxGrantsPerMailbox: 2 } })
    store.grants.set(inbox, 'a', rights('l'))
    store.grants.set(inbox, 'b', rights('l'))
    const { state } = store
    expect(() => store.grants.set(inbox, 'c', rights('l'))).toThrow(refusal('tooManyGrants', ['shareWith']))
    expect(store.state).toBe(state)
    store.grants.set(inbox, 'b', rights('lr'))
    store.grants.set(box('sent'), 'c', rights('l'))
    store.grants.set(inbox, 'a', noRights)
    store.grants.set(inbox, 'c', rights('l'))
    expect(store.grants.of(inbox).map(({ principal }) => principal)).toEqual(['b', 'c'])
  })

  test('more grants than an account can have, also by inheritance', () => {
    const { store, inbox, box } = openStore({ limits: { maxGrants: 3 } })
    store.grants.set(inbox, 'bob', rights('lrk'))
    store.grants.set(inbox, 'carol', rights('l'))
    expect(() => store.sharedWith('bob')?.createMailbox({ name: 'Inner', parentId: inbox })).toThrow(
      refusal('tooManyGrants'),
    )
    expect(store.mailboxes()).toHaveLength(6)
    store.grants.set(box('sent'), 'bob', rights('l'))
    expect(() => store.grants.set(box('junk'), 'bob', rights('l'))).toThrow(refusal('tooManyGrants'))
  })
})

describe('what others hear of it', () => {
  test('Mailbox/changes lists the mailbox as updated, in more than its counts (RFC 8621 §2.2)', () => {
    const { store, inbox } = openStore()
    const { state } = store
    store.grants.set(inbox, 'bob', rights('lr'))
    expect(store.changes('Mailbox', state)).toMatchObject({ updated: [inbox], onlyCounts: false })
    expect(store.changes('Email', state)).toMatchObject({ created: [], updated: [], destroyed: [] })
  })

  test('a commit names the principals whose rights changed', () => {
    const { store, inbox, box } = openStore()
    const named: string[][] = []
    store.onCommit(({ grants }) => named.push([...grants]))
    store.grants.set(inbox, 'bob', rights('lr'))
    store.grants.set(inbox, 'bob', rights('lr'))
    store.grants.set(box('archive'), 'anyone', rights('l'))
    store.add([newEmail(inbox)])
    store.destroyMailbox(box('archive'))
    expect(named).toEqual([['bob'], ['anyone'], [], ['anyone']])
  })

  test('a grant that changes what is seen makes older states unknown, one that allows more changes does not', () => {
    const { store, inbox, box } = openStore()
    store.grants.set(inbox, 'bob', rights('lr'))
    store.grants.set(inbox, 'carol', rights('lr'))
    const bob = store.sharedWith('bob')
    const carol = store.sharedWith('carol')
    const { state } = store
    store.grants.set(inbox, 'bob', rights('lrswte'))
    expect(bob?.changes('Mailbox', state)).toMatchObject({ updated: [inbox] })
    store.grants.set(box('sent'), 'bob', rights('lr'))
    for (const type of ['Email', 'Mailbox', 'Thread', 'Quota'] as const) {
      expect(bob?.changes(type, state), type).toBeUndefined()
      expect(carol?.changes(type, state), type).toMatchObject({ created: [], destroyed: [] })
    }
    const later = store.state
    store.grants.set(box('junk'), 'anyone', rights('l'))
    expect(bob?.changes('Email', later)).toBeUndefined()
    expect(carol?.changes('Email', later)).toBeUndefined()
  })

  test('the grant that is taken back is remembered when there is another one later', () => {
    const { store, inbox, box, reopen } = openStore()
    store.grants.set(inbox, 'bob', rights('lr'))
    store.grants.set(box('sent'), 'bob', rights('lr'))
    const { state } = store
    store.grants.set(box('sent'), 'bob', noRights)
    expect(store.sharedWith('bob')?.changes('Email', state)).toBeUndefined()
    store.grants.set(inbox, 'bob', noRights)
    store.grants.set(inbox, 'bob', rights('lr'))
    expect(reopen().sharedWith('bob')?.changes('Email', state)).toBeUndefined()
  })
})

function rowsOf(isShared: boolean): number[] {
  const counting = countingSql()
  const { store, inbox, box } = openStore({ sql: counting.sql })
  const uids = store.add(Array.from({ length: 10 }, () => newEmail(inbox))).map(({ id }) => id)
  if (isShared) store.grants.set(inbox, 'bob', rights('lr'))
  return [
    counting.written(() => store.setFlags(inbox, uids, { add: ['$seen'] })),
    counting.written(() => store.setFlags(inbox, uids, { add: ['\\Deleted'] })),
    counting.written(() => store.setFlags(inbox, uids, { remove: ['\\Deleted'] })),
    counting.written(() => store.copy(inbox, uids, box('archive'))),
    counting.written(() => store.move(inbox, uids.slice(5), box('sent'))),
    counting.written(() => store.expunge(inbox, uids.slice(0, 3))),
    counting.written(() => store.destroy(uids)),
  ]
}

describe('what it costs', () => {
  test('a delivery writes four rows, also into a mailbox that is shared with many', () => {
    const counting = countingSql()
    const { store, inbox } = openStore({ sql: counting.sql })
    store.add([newEmail(inbox, { id: '0@x' })])
    expect(counting.written(() => store.add([newEmail(inbox, { id: '1@x' })]))).toBe(4)
    for (let n = 0; n < 50; n++) store.grants.set(inbox, `account${n}`, rights('lrs'))
    store.grants.set(inbox, 'anyone', rights('lr'))
    expect(counting.written(() => store.add([newEmail(inbox, { id: '2@x' })]))).toBe(4)
  })

  test('flags, moves and expunges write no row more when they are shared', () => {
    expect(rowsOf(true)).toEqual(rowsOf(false))
  })

  test('a grant is its row, the history’s, and that of the principal when it sees something else', () => {
    const counting = countingSql()
    const { store, inbox } = openStore({ sql: counting.sql })
    expect(counting.written(() => store.grants.set(inbox, 'bob', rights('lr')))).toBe(3)
    expect(counting.written(() => store.grants.set(inbox, 'bob', rights('lrs')))).toBe(2)
    expect(counting.written(() => store.grants.set(inbox, 'bob', rights('lrs')))).toBe(0)
  })
})
