import { expect, test } from 'vitest'
import { type MailboxId, MailboxError, type NewMailbox } from '../../src/mailbox/index.ts'
import { newEmail, openStore } from './fixture.ts'

const refused = (type: string) => expect.objectContaining({ type })

test('mailboxes make a tree, listed parents first', () => {
  const { store } = openStore()
  const work = store.createMailbox({ name: 'Work' })
  const deep = store.createMailbox({ name: 'Élan', parentId: work.id })
  expect(store.mailboxPath(deep.id)).toEqual(['Work', 'Élan'])
  expect(store.mailboxByPath(['Work', 'E\u0301lan'])?.id).toBe(deep.id)
  expect(store.mailboxByPath(['iNbOx'])?.role).toBe('inbox')
  expect(store.mailboxByPath(['Work', 'None'])).toBeUndefined()
})

test.each<[string, NewMailbox]>([
  ['an empty name', { name: '' }],
  ['a control character', { name: 'a\u0000b' }],
  ['a line end', { name: 'a\r\nb' }],
  ['a C1 control', { name: 'a\u0085b' }],
  ['a lone surrogate', { name: 'a\ud800' }],
  ['the path separator', { name: 'a/b' }],
  ['more than 255 octets', { name: 'é'.repeat(128) }],
  ['INBOX in any case at the top', { name: 'inBOX' }],
  ['a sibling of the same name', { name: 'Archive' }],
  ['a parent that does not exist', { name: 'x', parentId: 999 as MailboxId }],
  ['an unknown role', { name: 'x', role: 'all' as 'trash' }],
  ['a role that is taken (RFC 8621 §2)', { name: 'x', role: 'trash' }],
  ['a negative sortOrder', { name: 'x', sortOrder: -1 }],
  ['a fractional sortOrder', { name: 'x', sortOrder: 1.5 }],
])('refuses %s (RFC 8621 §2.5 invalidProperties)', (_, mailbox) => {
  const { store } = openStore()
  const { state } = store
  expect(() => store.createMailbox(mailbox)).toThrow(refused('invalidProperties'))
  expect(store.state).toBe(state)
})

test('depth is bounded, also when a subtree moves', () => {
  const { store } = openStore({ limits: { maxMailboxDepth: 3 } })
  const [a, x] = [store.createMailbox({ name: 'a' }), store.createMailbox({ name: 'x' })]
  const b = store.createMailbox({ name: 'b', parentId: a.id })
  const y = store.createMailbox({ name: 'y', parentId: x.id })
  expect(() => store.updateMailbox(x.id, { parentId: b.id })).toThrow(refused('invalidProperties'))
  store.updateMailbox(x.id, { parentId: a.id })
  expect(() => store.createMailbox({ name: 'z', parentId: y.id })).toThrow(refused('invalidProperties'))
})

test('a mailbox cannot be moved into itself or below itself', () => {
  const { store } = openStore()
  const a = store.createMailbox({ name: 'a' })
  const b = store.createMailbox({ name: 'b', parentId: a.id })
  for (const parentId of [a.id, b.id]) {
    expect(() => store.updateMailbox(a.id, { parentId })).toThrow(refused('invalidProperties'))
  }
})

test('the inbox keeps role and place, and stays', () => {
  const { store, inbox, box } = openStore()
  expect(() => store.updateMailbox(inbox, { role: null })).toThrow(MailboxError)
  expect(() => store.updateMailbox(inbox, { parentId: box('archive') })).toThrow(MailboxError)
  expect(() => store.destroyMailbox(inbox, { removeEmails: true })).toThrow(refused('forbidden'))
  expect(store.updateMailbox(inbox, { name: 'Posteingang' }).name).toBe('Posteingang')
})

test('destroying checks children and emails first (RFC 8621 §2.5)', () => {
  const { store, inbox } = openStore()
  const parent = store.createMailbox({ name: 'parent' })
  const child = store.createMailbox({ name: 'child', parentId: parent.id })
  const [only, shared] = store.add([newEmail(child.id), newEmail([child.id, inbox])])
  expect(() => store.destroyMailbox(parent.id)).toThrow(refused('mailboxHasChild'))
  expect(() => store.destroyMailbox(child.id)).toThrow(refused('mailboxHasEmail'))
  expect(() => store.destroyMailbox(999 as MailboxId)).toThrow(refused('notFound'))
  store.destroyMailbox(child.id, { removeEmails: true })
  expect(store.email(only!.id)).toBeUndefined()
  expect(store.mailboxIdsOf(store.email(shared!.id)!)).toEqual([inbox])
  expect(store.mailbox(child.id)).toBeUndefined()
})

test('UIDVALIDITY is never given twice, even when a mailbox is made again within a second (RFC 9051 §2.3.1.1)', () => {
  const { store } = openStore()
  const first = store.createMailbox({ name: 'again' })
  store.destroyMailbox(first.id)
  expect(store.createMailbox({ name: 'again' }).uidValidity).toBeGreaterThan(first.uidValidity)
})

test('UIDNEXT does not go back when the newest message is expunged, also after a restart (RFC 9051 §2.3.1.1)', () => {
  const { store, inbox, reopen } = openStore()
  const [email] = store.add([newEmail(inbox)])
  const { uidNext } = store.counts(inbox)
  expect(uidNext).toBe((email?.id ?? 0) + 1)
  store.expunge(inbox, [email!.id])
  expect(store.counts(inbox).uidNext).toBe(uidNext)
  expect(reopen().counts(inbox)).toMatchObject({ uidNext, highestModSeq: store.state, total: 0 })
})

test('unread threads follow the rules about the trash (RFC 8621 §2)', () => {
  const { store, inbox, box } = openStore()
  const trash = box('trash')
  store.add([
    newEmail(inbox, { subject: 'a', id: 'a@x' }, { keywords: ['$seen'] }),
    newEmail(trash, { subject: 'Re: a', id: 'b@x', inReplyTo: 'a@x' }),
    newEmail(inbox, { subject: 'c', id: 'c@x' }, { keywords: ['$seen'] }),
    newEmail(box('archive'), { subject: 'Re: c', id: 'd@x', inReplyTo: 'c@x' }),
    newEmail(trash, { subject: 'Re: c', id: 'e@x', inReplyTo: 'c@x' }, { keywords: ['$seen'] }),
  ])
  expect(store.counts(inbox)).toMatchObject({ totalThreads: 2, unreadThreads: 1, unread: 0 })
  expect(store.counts(trash)).toMatchObject({ totalThreads: 2, unreadThreads: 1, unread: 1 })
})

test('drafts are not unread, but IMAP counts them as unseen', () => {
  const { store, box } = openStore()
  store.add([newEmail(box('drafts'), {}, { keywords: ['$draft'] })])
  expect(store.counts(box('drafts'))).toMatchObject({ unread: 0, unseen: 1, unreadThreads: 0 })
})
