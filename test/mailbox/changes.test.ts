import { expect, test } from 'vitest'
import { countingSql, newEmail, openStore } from './fixture.ts'

test('created and destroyed since a state are not told; created and updated are created (RFC 8620 §5.2)', () => {
  const { store, inbox } = openStore()
  const { state } = store
  const [a, b] = store.add([newEmail(inbox), newEmail(inbox)])
  store.setFlags(inbox, [a!.id], { add: ['$seen'] })
  store.destroy([b!.id])
  expect(store.changes('Email', state)).toMatchObject({
    created: [a!.id],
    updated: [],
    destroyed: [],
    hasMoreChanges: false,
  })
})

test('states that were never given out, or lie in the future, cannot be calculated from', () => {
  const { store } = openStore()
  for (const since of [-1, 1.5, NaN, store.state + 1]) expect(store.changes('Email', since)).toBeUndefined()
  expect(store.changes('Email', store.state)).toMatchObject({ newState: store.state, created: [] })
})

test('many creations come in steps of maxChanges; a bulk change that is larger cannot be cut', () => {
  const { store, inbox } = openStore()
  const { state } = store
  const ids = store.add(Array.from({ length: 10 }, () => newEmail(inbox))).map((email) => email.id)
  const first = store.changes('Email', state, 4)
  expect(first).toMatchObject({ created: ids.slice(0, 4), hasMoreChanges: true, newState: ids[3] })
  expect(store.changes('Email', ids[3]!, 6)).toMatchObject({ created: ids.slice(4), hasMoreChanges: false })
  const before = store.state
  store.setFlags(inbox, ids, { add: ['$seen'] })
  expect(store.changes('Email', before, 9)).toBeUndefined()
  expect(store.changes('Email', before, 10)?.updated).toEqual(ids)
})

test('threads are created with their first email, updated by others, destroyed with their last (RFC 8621 §3.2)', () => {
  const { store, inbox } = openStore()
  const start = store.state
  const [a] = store.add([newEmail(inbox, { subject: 'a', id: '1@x' })])
  const one = store.state
  const [b] = store.add([newEmail(inbox, { subject: 'Re: a', id: '2@x', inReplyTo: '1@x' })])
  const two = store.state
  store.destroy([a!.id])
  const three = store.state
  store.destroy([b!.id])
  const thread = a!.threadId
  expect(store.changes('Thread', start)).toMatchObject({ created: [], updated: [], destroyed: [] })
  expect(store.changes('Thread', one)).toMatchObject({ destroyed: [thread] })
  expect(store.changes('Thread', two)).toMatchObject({ destroyed: [thread] })
  expect(store.changes('Thread', three)).toMatchObject({ destroyed: [thread] })
})

test('mailboxes whose counts differ are updated, and it is said when only counts do (RFC 8621 §2.2)', () => {
  const { store, inbox, box } = openStore()
  store.add([newEmail(box('archive'), { subject: 'a', id: '1@x' })])
  const before = store.state
  store.add([newEmail(inbox, { subject: 'Re: a', id: '2@x', inReplyTo: '1@x' })])
  const changes = store.changes('Mailbox', before)
  expect(changes?.updated.toSorted()).toEqual([inbox, box('archive')])
  expect(changes?.onlyCounts).toBe(true)
  store.updateMailbox(box('sent'), { name: 'Gesendet' })
  expect(store.changes('Mailbox', before)).toMatchObject({ onlyCounts: false })
})

test('identities and submissions have histories of their own', () => {
  const { store, inbox } = openStore()
  const [email] = store.add([newEmail(inbox)])
  const before = store.state
  const identity = store.createIdentity({ email: 'a@facteur.test' })
  const submission = store.createSubmission({
    identityId: identity.id,
    emailId: email!.id,
    threadId: email!.threadId,
    envelope: { mailFrom: { email: 'a@facteur.test' }, rcptTo: [] },
    sendAt: 0,
    undoStatus: 'pending',
    deliveryStatus: null,
  })
  const made = store.state
  store.updateSubmission(submission.id, { undoStatus: 'final' })
  store.destroyIdentity(identity.id)
  expect(store.changes('EmailSubmission', before)).toMatchObject({ created: [submission.id], updated: [] })
  expect(store.changes('EmailSubmission', made)).toMatchObject({ updated: [submission.id] })
  expect(store.changes('Identity', made)).toMatchObject({ destroyed: [identity.id] })
  expect(store.submission(submission.id)).toMatchObject({ undoStatus: 'final', envelope: { rcptTo: [] } })
  expect(() => store.destroyIdentity(store.identities()[0]!.id)).toThrow(expect.objectContaining({ type: 'forbidden' }))
})

test('history is pruned to its limit; older states are refused, not answered wrongly', () => {
  const { sql, store, inbox } = openStore({ limits: { maxChangeRows: 50 } })
  const [email] = store.add([newEmail(inbox)])
  const start = store.state
  for (let n = 0; n < 4200; n++)
    store.setFlags(inbox, [email!.id], n % 2 === 0 ? { add: ['$seen'] } : { remove: ['$seen'] })
  expect(Number(sql.exec('SELECT count(*) AS n FROM change').one().n)).toBeLessThan(200)
  expect(store.changes('Email', start)).toBeUndefined()
  expect(store.expungedSince(inbox, start)).toBeUndefined()
  expect(store.changes('Email', store.state - 10)?.updated).toEqual([email!.id])
})

test('a change of very many messages is split over rows and read back whole', () => {
  const { sql, store, inbox } = openStore()
  const summary = {
    inReplyTo: [],
    references: [],
    subject: '',
    baseSubject: '',
    from: [],
    envelope: '',
    bodyStructure: '',
    parts: '',
    preview: '',
    hasAttachment: false,
    crlfSize: 0,
    headerSize: 0,
  }
  const total = 100_500
  for (let n = 0; n < total; n += 500) {
    store.add(Array.from({ length: 500 }, () => ({ raw: new Uint8Array(1), mailboxIds: [inbox], summary })))
  }
  const before = store.state
  store.setFlags(inbox, [...store.view(inbox).uidList()], { add: ['$seen'] })
  expect(sql.exec('SELECT count(*) AS n FROM change').one().n).toBe(2)
  expect(store.changes('Email', before)?.updated).toHaveLength(total)
}, 30_000)

test('marking \\Deleted writes no more rows than another flag, and a delivery none (RFC 8621 §4.1.1)', () => {
  const counting = countingSql()
  const { store, inbox } = openStore({ sql: counting.sql })
  const uids = store.add(Array.from({ length: 100 }, () => newEmail(inbox))).map(({ id }) => id)
  const rows = (flag: string) => counting.written(() => store.setFlags(inbox, uids, { add: [flag] }))
  expect(rows('\\Deleted')).toBe(rows('$flagged'))
  expect(counting.written(() => store.add([newEmail(inbox, { id: 'x@x' })]))).toBe(4)
})

test('an email hidden and seen again between two states is updated, in steps destroyed and created (RFC 8620 §5.2)', () => {
  const { store, inbox } = openStore()
  const [email] = store.add([newEmail(inbox)])
  const { id } = email!
  const seen = store.state
  store.setFlags(inbox, [id], { add: ['\\Deleted'] })
  const hidden = store.state
  store.setFlags(inbox, [id], { remove: ['\\Deleted'] })
  expect(store.changes('Email', seen)).toMatchObject({ created: [], updated: [id], destroyed: [] })
  expect(store.changes('Email', hidden)).toMatchObject({ created: [id], updated: [], destroyed: [] })
  expect(store.changes('Thread', hidden)).toMatchObject({ created: [email!.threadId], updated: [], destroyed: [] })
  store.setFlags(inbox, [id], { add: ['\\Deleted'] })
  store.expunge(inbox, [id])
  expect(store.changes('Email', seen)).toMatchObject({ created: [], updated: [], destroyed: [id] })
  expect(store.changes('Email', hidden)).toMatchObject({ created: [], updated: [] })
  expect(store.changes('Thread', seen)).toMatchObject({ destroyed: [email!.threadId] })
})
