import { describe, expect, test } from 'vitest'
import { allRights, type BlobNumber, type EmailId, type MailboxId, noRights } from '../../src/mailbox/index.ts'
import { newEmail } from './fixture.ts'
import { attempt, open, rights } from './shared-world.ts'

describe('what is not shared does not exist', () => {
  test('ids of it are as unknown as ids of nothing', () => {
    const { mail, hidden, inbox, store } = open('lr')
    const nothing = 4_000_000
    for (const id of [hidden, nothing as EmailId]) {
      expect(mail.email(id)).toBeUndefined()
      expect(mail.raw(id)).toBeUndefined()
      expect(mail.slice(id, 0, 10)).toBeUndefined()
      expect(mail.update([{ id, keywords: { add: ['$seen'] } }]).get(id)?.type).toBe('notFound')
      expect(mail.destroy([id]).get(id)?.type).toBe('notFound')
      expect(mail.blob({ kind: 'message', blob: id as number as BlobNumber })).toBeUndefined()
      expect(mail.extent({ kind: 'message', blob: id as number as BlobNumber })).toBeUndefined()
      expect(mail.blob({ kind: 'part', email: id, part: 0 })).toBeUndefined()
      expect(mail.extent({ kind: 'part', email: id, part: 0 })).toBeUndefined()
      expect(mail.emailsOfBlob(id as number as BlobNumber)).toEqual([])
      expect(attempt(() => mail.query({ anchor: id }))).toBe('anchorNotFound')
    }
    for (const id of [inbox, nothing as MailboxId]) {
      expect(mail.mailbox(id)).toBeUndefined()
      expect(mail.rightsTo(id)).toBe(noRights)
      expect(attempt(() => mail.counts(id))).toBe('notFound')
      expect(attempt(() => mail.updateMailbox(id, { name: 'x' }))).toBe('notFound')
      expect(attempt(() => mail.destroyMailbox(id))).toBe('notFound')
      expect(attempt(() => mail.add([newEmail(id)]))).toBe('invalidProperties')
      expect(attempt(() => mail.createMailbox({ name: 'x', parentId: id }))).toBe('invalidProperties')
      expect(mail.query({ filter: { inMailbox: id } }).ids).toEqual([])
    }
    expect(store.email(hidden)).toBeDefined()
  })

  test('an email that is elsewhere too is in the mailboxes that may be read only (RFC 8621 §2)', () => {
    const { mail, both, team, hidden, shared, beside } = open('lr')
    expect(mail.email(both)?.places.map(({ mailboxId }) => mailboxId)).toEqual([team])
    expect(mail.emails([beside, hidden, both, shared]).map(({ id }) => id)).toEqual([beside, both, shared])
  })

  test('a mailbox whose parent is not visible is at the top (RFC 8621 §2)', () => {
    const { store, mail, team, inner } = open('')
    store.grants.set(inner, 'bob', rights('lr'))
    expect(mail.mailbox(inner)?.parentId).toBeNull()
    expect(mail.mailboxes().map(({ name }) => name)).toEqual(['Inner', 'Other'])
    store.grants.set(team, 'bob', rights('l'))
    expect(mail.mailbox(inner)?.parentId).toBe(team)
    expect(mail.mailboxes().map(({ name }) => name)).toEqual(['Other', 'Team', 'Inner'])
  })

  test('that it is at the top may be said along, but not made so', () => {
    const { store, mail, inner } = open('')
    store.grants.set(inner, 'bob', rights('lx'))
    const { parentId } = store.mailbox(inner) ?? {}
    expect(mail.updateMailbox(inner, { name: 'Core', parentId: null }).name).toBe('Core')
    expect(store.mailbox(inner)).toMatchObject({ name: 'Core', parentId })
  })

  test('threads have the emails that are seen, and unread counts look at those only', () => {
    const { store, inbox, team, mail } = open('lr')
    const [first] = store.add([newEmail(team, { subject: 'a', id: '1@x' }, { keywords: ['$seen'] })])
    const [answer] = store.add([newEmail(inbox, { subject: 'Re: a', id: '2@x', inReplyTo: '1@x' })])
    const thread = first!.threadId
    expect(store.thread(thread)).toEqual([first!.id, answer!.id])
    expect(mail.threads([thread, answer!.id as number as typeof thread])).toEqual(new Map([[thread, [first!.id]]]))
    expect(store.counts(team).unreadThreads).toBe(mail.counts(team).unreadThreads + 1)
    const lone = store.add([newEmail(inbox)])[0]!.threadId
    expect(mail.threads([lone]).size).toBe(0)
  })

  test('conditions and sorts over threads look at seen emails only', () => {
    const { store, inbox, team, mail } = open('lr')
    const [first] = store.add([newEmail(team, { subject: 'a', id: '1@x' })])
    store.add([newEmail(inbox, { subject: 'Re: a', id: '2@x', inReplyTo: '1@x' }, { keywords: ['work', '$seen'] })])
    expect(mail.query({ filter: { someInThreadHaveKeyword: 'work' } }).ids).toEqual([])
    expect(mail.query({ filter: { noneInThreadHaveKeyword: 'work', inMailbox: team } }).ids).toContain(first!.id)
    const sortedBy = (keyword: string) =>
      mail.query({ sort: [{ property: 'someInThreadHaveKeyword', keyword, isAscending: false }] }).ids
    expect(sortedBy('work')).toEqual(sortedBy('nobody-has-it'))
  })

  test('text conditions do not find what is not seen', () => {
    const { store, inbox, team, mail } = open('lr')
    const [found] = store.add([newEmail(team, { body: 'needle' }), newEmail(inbox, { body: 'needle' })])
    expect(mail.query({ filter: { text: 'needle' }, calculateTotal: true })).toMatchObject({
      ids: [found!.id],
      total: 1,
    })
  })

  test('what is marked \\Deleted in the shared mailbox is gone, wherever else it is (RFC 8621 §4.1.1)', () => {
    const { store, team, both, mail } = open('lr')
    const { state } = store
    store.setFlags(team, [both], { add: ['\\Deleted'] })
    expect(store.email(both)).toBeDefined()
    expect(mail.email(both)).toBeUndefined()
    expect(mail.changes('Email', state)).toMatchObject({ created: [], updated: [], destroyed: [both] })
  })

  test('a grant that is taken back ends at once what was open', () => {
    const { store, team, mail, shared } = open('lr')
    expect(mail.email(shared)).toBeDefined()
    store.grants.set(team, 'bob', noRights)
    expect(mail.email(shared)).toBeUndefined()
    expect(mail.raw(shared)).toBeUndefined()
    expect(mail.mailbox(team)).toBeUndefined()
  })

  test('nobody is anyone, and strangers see nothing', () => {
    const { store, team } = open('lr')
    store.grants.set(team, 'anyone', rights('r'))
    expect(store.sharedWith('dave')).toBeUndefined()
    store.grants.set(team, 'anyone', rights('lr'))
    expect(
      store
        .sharedWith('dave')
        ?.mailboxes()
        .map(({ name }) => name),
    ).toEqual(['Team'])
    expect(store.sharedWith('anyone')).toBeUndefined()
  })
})

describe('emails in several mailboxes', () => {
  test('keywords need the right in all that are read, and none in others (RFC 8621 §2)', () => {
    const { store, mail, team, other, both } = open('lrs')
    expect(mail.update([{ id: both, keywords: { add: ['$seen'] } }]).size).toBe(0)
    mail.update([{ id: both, mailboxIds: { add: [other] } }])
    expect(mail.update([{ id: both, keywords: { remove: ['$seen'] } }]).size).toBe(0)
    store.grants.set(team, 'bob', rights('lr'))
    expect(mail.update([{ id: both, keywords: { add: ['$seen'] } }]).get(both)?.type).toBe('forbidden')
    expect(store.keywordsOf(store.email(both)!)).toEqual([])
  })

  test('keywords that stay as they are need no right', () => {
    const { store, mail, shared } = open('lrs')
    store.update([{ id: shared, keywords: { replace: ['work'] } }])
    expect(mail.update([{ id: shared, keywords: { replace: ['WORK', '$seen'] } }]).size).toBe(0)
    expect(store.keywordsOf(store.email(shared)!)).toEqual(['$seen', 'work'])
  })

  test('new mailboxes replace those that are seen; the others keep the email', () => {
    const { store, mail, team, other, both, inbox } = open('lrte')
    expect(mail.update([{ id: both, mailboxIds: { replace: [other] } }]).size).toBe(0)
    const places = store.email(both)?.places.map(({ mailboxId }) => mailboxId)
    expect(new Set(places)).toEqual(new Set([inbox, other]))
    expect(mail.email(both)?.places.map(({ mailboxId }) => mailboxId)).toEqual([other])
    expect(store.view(team).uidList()).not.toContain(both)
  })

  test('there is always one mailbox that is seen', () => {
    const { mail, both, team } = open('lrte')
    expect(mail.update([{ id: both, mailboxIds: { remove: [team] } }]).get(both)?.type).toBe('invalidProperties')
    expect(mail.update([{ id: both, mailboxIds: { replace: [] } }]).get(both)?.type).toBe('invalidProperties')
  })

  test('an email may go where it is not read: it is destroyed then, as far as anybody can tell', () => {
    const { store, mail, other, beside, team } = open('li')
    const { state } = store
    expect(mail.update([{ id: beside, mailboxIds: { replace: [team] } }]).size).toBe(0)
    expect(mail.email(beside)).toBeUndefined()
    expect(store.email(beside)?.places.map(({ mailboxId }) => mailboxId)).toEqual([team])
    expect(mail.changes('Email', state)).toMatchObject({ updated: [], destroyed: [beside] })
    expect(mail.counts(other).visible).toBe(0)
  })

  test('destroying takes an email out of the mailboxes that are seen, and for good when there are no others', () => {
    const { store, mail, shared, both, inbox } = open('lrte')
    expect(mail.destroy([shared, both, shared]).size).toBe(0)
    expect(store.email(shared)).toBeUndefined()
    expect(store.raw(shared)).toBeUndefined()
    expect(store.email(both)?.places.map(({ mailboxId }) => mailboxId)).toEqual([inbox])
    expect(store.counts(inbox).total).toBe(2)
  })

  test('one email that may not be destroyed does not keep others', () => {
    const { store, mail, shared, beside, hidden } = open('lr')
    const refused = mail.destroy([shared, beside, hidden])
    expect([...refused].map(([id, { type }]) => [id, type])).toEqual([
      [shared, 'forbidden'],
      [hidden, 'notFound'],
    ])
    expect(store.email(beside)).toBeUndefined()
  })

  test('limits of the store hold, whatever is hidden', () => {
    const { mail, other, both } = open('lrite', { limits: { maxMailboxesPerEmail: 2 } })
    expect(mail.update([{ id: both, mailboxIds: { add: [other] } }]).get(both)?.type).toBe('tooManyMailboxes')
  })
})

describe('mailboxes of a guest', () => {
  test('are never at the top, and have no role: that order is the owner’s', () => {
    const { mail, team, other } = open(allRights)
    expect(attempt(() => mail.createMailbox({ name: 'Top' }))).toBe('forbidden')
    expect(attempt(() => mail.createMailbox({ name: 'Top', parentId: team, role: 'important' }))).toBe('forbidden')
    expect(attempt(() => mail.updateMailbox(team, { role: 'important' }))).toBe('forbidden')
    mail.updateMailbox(team, { parentId: other })
    expect(attempt(() => mail.updateMailbox(team, { parentId: null }))).toBe('forbidden')
    expect(mail.mailbox(team)).toMatchObject({ parentId: other, role: null })
  })

  test('inside a shared one are shared as that one is, and subscribed to by whoever made them (RFC 8621 §2)', () => {
    const { store, mail, team } = open('lrk')
    store.grants.set(team, 'carol', rights('l'))
    const { state } = store
    const made = mail.createMailbox({ name: 'Child', parentId: team })
    expect(made).toMatchObject({ name: 'Child', parentId: team, isSubscribed: true })
    expect(store.grants.of(made.id).map((grant) => [grant.principal, grant.rights])).toEqual([
      ['bob', 'lrk'],
      ['carol', 'l'],
    ])
    expect(store.sharedWith('carol')?.mailbox(made.id)?.isSubscribed).toBe(false)
    expect(mail.changes('Mailbox', state)).toMatchObject({ created: [made.id] })
    expect(store.sharedWith('carol')?.changes('Mailbox', state)).toMatchObject({ created: [made.id] })
  })

  test('of the owner inside a shared one are not shared by themselves', () => {
    const { store, mail, team } = open('lr')
    const made = store.createMailbox({ name: 'Private', parentId: team })
    expect(mail.mailbox(made.id)).toBeUndefined()
    expect(store.grants.of(made.id)).toEqual([])
  })

  test('that hold more than is seen are not destroyed from under it', () => {
    const { store, mail, team } = open('lxte')
    expect(attempt(() => mail.destroyMailbox(team, { removeEmails: true }))).toBe('mailboxHasChild')
    store.grants.set(team, 'bob', rights('lx'))
    expect(attempt(() => mail.destroyMailbox(team))).toBe('mailboxHasChild')
    expect(store.mailbox(team)).toBeDefined()
  })

  test('the inbox stays, whatever was granted', () => {
    const { store, mail, inbox } = open('lr')
    store.grants.set(inbox, 'bob', allRights)
    expect(attempt(() => mail.destroyMailbox(inbox, { removeEmails: true }))).toBe('forbidden')
  })
})

describe('subscriptions (RFC 8621 §2: stored for each user)', () => {
  test('begin with none, and are not the owner’s nor another guest’s', () => {
    const { store, mail, team, reopen } = open('l')
    store.grants.set(team, 'carol', rights('l'))
    expect(store.mailbox(team)?.isSubscribed).toBe(true)
    expect(mail.mailbox(team)?.isSubscribed).toBe(false)
    const { state } = store
    expect(mail.updateMailbox(team, { isSubscribed: true }).isSubscribed).toBe(true)
    expect(store.sharedWith('carol')?.mailbox(team)?.isSubscribed).toBe(false)
    store.updateMailbox(team, { isSubscribed: false })
    expect(reopen().sharedWith('bob')?.mailbox(team)?.isSubscribed).toBe(true)
    expect(mail.changes('Mailbox', state)).toMatchObject({ updated: [team] })
    mail.updateMailbox(team, { isSubscribed: false })
    expect(mail.mailbox(team)?.isSubscribed).toBe(false)
  })

  test('end with the right to look the mailbox up', () => {
    const { store, mail, team } = open('lr')
    mail.updateMailbox(team, { isSubscribed: true })
    store.grants.set(team, 'anyone', rights('l'))
    store.grants.set(team, 'bob', noRights)
    expect(mail.mailbox(team)?.isSubscribed).toBe(true)
    store.grants.set(team, 'anyone', noRights)
    store.grants.set(team, 'bob', rights('l'))
    expect(mail.mailbox(team)?.isSubscribed).toBe(false)
  })
})
