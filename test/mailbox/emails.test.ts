import { expect, test, vi } from 'vitest'
import { type EmailId, type MailboxId, type NewEmail, type ThreadId } from '../../src/mailbox/index.ts'
import { countingSql, message, newEmail, openStore } from './fixture.ts'

const refused = (type: string) => expect.objectContaining({ type })

test('a received message costs four rows, one more for a parent that is not known here', () => {
  const { sql, written } = countingSql()
  const { store, inbox } = openStore({ sql })
  expect(written(() => store.add([newEmail(inbox, { id: 'a@x', subject: 'a', body: 'x'.repeat(50_000) })]))).toBe(4)
  expect(written(() => store.add([newEmail(inbox, { id: 'b@x', subject: 'Re: a', inReplyTo: 'a@x' })]))).toBe(4)
  const stranger = { id: 'c@x', subject: 'Re: b', inReplyTo: 'y@x', references: '<y@x>' }
  expect(written(() => store.add([newEmail(inbox, stranger)]))).toBe(5)
})

test('flags of a thousand messages cost a row each and one for the change', () => {
  const { sql, written } = countingSql()
  const { store, inbox } = openStore({ sql })
  const ids = store.add(Array.from({ length: 1000 }, () => newEmail(inbox))).map((email) => email.id)
  expect(written(() => store.setFlags(inbox, ids, { add: ['$seen'] }))).toBe(1001)
  expect(written(() => store.setFlags(inbox, ids, { add: ['$SEEN'] }))).toBe(0)
})

test('one message is threaded by its number, without a list', () => {
  const { store, inbox, sql } = openStore()
  const exec = vi.spyOn(sql, 'exec')
  store.add([newEmail(inbox)])
  expect(exec.mock.calls.filter(([query]) => query.includes('json_each'))).toEqual([])
})

test('a flag of one message is changed by its number, without a list', () => {
  const { store, inbox, sql } = openStore()
  const [email] = store.add([newEmail(inbox)])
  const exec = vi.spyOn(sql, 'exec')
  store.setFlags(inbox, [email!.id], { add: ['$seen'] })
  expect(exec.mock.calls.filter(([query]) => query.includes('json_each'))).toEqual([])
})

test.each<[string, string, (inbox: MailboxId) => Partial<NewEmail>]>([
  ['no mailbox', 'invalidProperties', () => ({ mailboxIds: [] })],
  ['an unknown mailbox', 'invalidProperties', () => ({ mailboxIds: [999 as MailboxId] })],
  ['a keyword with a space (RFC 8621 §4.1.1)', 'invalidProperties', () => ({ keywords: ['a b'] })],
  ['a keyword with a forbidden character', 'invalidProperties', () => ({ keywords: ['a]'] })],
  ['a keyword beyond ASCII', 'invalidProperties', () => ({ keywords: ['é'] })],
  ['an empty keyword', 'invalidProperties', () => ({ keywords: [''] })],
  ['a keyword of 256 characters', 'invalidProperties', () => ({ keywords: ['a'.repeat(256)] })],
  ['an unknown system flag', 'invalidProperties', () => ({ keywords: ['\\Recent'] })],
  ['101 keywords', 'tooManyKeywords', () => ({ keywords: Array.from({ length: 101 }, (_, n) => `k${n}`) })],
  ['a time that is no time', 'invalidProperties', () => ({ receivedAt: NaN })],
])('refuses %s and stores none of the batch', (_, type, change) => {
  const { store, inbox } = openStore()
  const { state } = store
  expect(() => store.add([newEmail(inbox), { ...newEmail(inbox), ...change(inbox) }])).toThrow(refused(type))
  expect(store.state).toBe(state)
  expect(store.view(inbox).length).toBe(0)
})

test('a message above the limit is refused', () => {
  const { store, inbox } = openStore({ limits: { maxMessageSize: 100 } })
  expect(() => store.add([newEmail(inbox, { body: 'x'.repeat(100) })])).toThrow(refused('tooLarge'))
})

test('more keywords than bits still work, in memory and after a restart', () => {
  const { store, inbox, reopen } = openStore()
  const names = Array.from({ length: 60 }, (_, n) => `label-${String(n).padStart(2, '0')}`)
  const [email, other] = store.add([newEmail(inbox, {}, { keywords: names }), newEmail(inbox)])
  store.setFlags(inbox, [other!.id], { add: ['label-59', '$seen'], remove: ['label-58'] })
  store.setFlags(inbox, [email!.id], { remove: ['label-00', 'label-59'] })
  for (const one of [store, reopen()]) {
    expect(one.keywordsOf(one.email(email!.id)!)).toEqual(names.slice(1, -1))
    expect(one.keywordsOf(one.email(other!.id)!)).toEqual(['$seen', 'label-59'])
    expect(one.view(inbox).keywordsAt(1)).toEqual(['$seen', 'label-59'])
    expect(one.query({ filter: { hasKeyword: 'label-59' } }).ids).toEqual([other!.id])
    expect(one.query({ filter: { notKeyword: 'label-58' } }).ids).toEqual([other!.id])
  }
})

test('keywords can not pile up beyond the limit', () => {
  const { store, inbox } = openStore()
  const [email] = store.add([newEmail(inbox, {}, { keywords: Array.from({ length: 99 }, (_, n) => `k${n}`) })])
  store.setFlags(inbox, [email!.id], { add: ['k1', 'one-more'] })
  expect(() => store.setFlags(inbox, [email!.id], { add: ['too-many'] })).toThrow(refused('tooManyKeywords'))
  expect(store.update([{ id: email!.id, keywords: { add: ['too-many'] } }]).get(email!.id)?.type).toBe(
    'tooManyKeywords',
  )
  expect(store.keywordsOf(store.email(email!.id)!)).toHaveLength(100)
})

test('messages changed after UNCHANGEDSINCE are left alone and named (RFC 7162 §3.1.3)', () => {
  const { store, inbox } = openStore()
  const [a, b] = store.add([newEmail(inbox), newEmail(inbox)])
  const { state } = store
  store.setFlags(inbox, [a!.id], { add: ['$flagged'] })
  const outcome = store.setFlags(inbox, [a!.id, b!.id, 999], { add: ['$seen'] }, state)
  expect(outcome).toEqual({ changed: [b!.id], modified: [a!.id], modseq: store.state })
  expect(store.changedSince(inbox, state)).toEqual([a!.id, b!.id])
})

test('\\Deleted stays with its placement and is no JMAP keyword', () => {
  const { store, inbox, box } = openStore()
  const [email] = store.add([newEmail([inbox, box('archive')])])
  const before = store.state
  store.setFlags(inbox, [email!.id], { add: ['\\Deleted'] })
  expect(store.view(inbox).deletedUids()).toEqual([email!.id])
  expect(store.view(box('archive')).deletedUids()).toEqual([])
  expect(store.keywordsOf(email!)).toEqual([])
  expect(store.mailboxIdsOf(store.email(email!.id)!)).toEqual([box('archive')])
  expect(store.changes('Email', before)?.updated).toEqual([email!.id])
  store.update([{ id: email!.id, keywords: { replace: ['$seen'] } }])
  expect(store.view(inbox).deletedUids()).toEqual([email!.id])
})

test('an update is refused whole, with its reason, and the others are done', () => {
  const { store, inbox, box } = openStore()
  const [a, b] = store.add([newEmail(inbox), newEmail(inbox)])
  const refusals = store.update([
    { id: a!.id, keywords: { add: ['$seen'] }, mailboxIds: { remove: [inbox] } },
    { id: b!.id, keywords: { add: ['$seen'] }, mailboxIds: { replace: [box('trash')] } },
    { id: 999 as EmailId, keywords: { add: ['$seen'] } },
  ])
  expect([...refusals].map(([id, { type }]) => [id, type])).toEqual([
    [a!.id, 'invalidProperties'],
    [999, 'notFound'],
  ])
  expect(store.keywordsOf(store.email(a!.id)!)).toEqual([])
  expect(store.mailboxIdsOf(store.email(b!.id)!)).toEqual([box('trash')])
})

test('threads join by Message-ID and base subject, in whatever order messages come (RFC 8621 §3)', () => {
  const { store, inbox } = openStore()
  const thread = (fields: Parameters<typeof message>[0]): ThreadId => store.add([newEmail(inbox, fields)])[0]!.threadId
  const late = thread({ subject: 'Re: Plan', id: '2@x', references: '<1@x>' })
  expect(thread({ subject: 'Plan', id: '1@x' })).toBe(late)
  expect(thread({ subject: 'RE: [list] plan', id: '3@x', references: '<1@x> <2@x>' })).toBe(late)
  expect(thread({ subject: 'Re: Plan', id: '4@x', references: '<1@x> <9@x>' })).toBe(late)
  expect(thread({ subject: 'Other matter', id: '5@x', inReplyTo: '1@x' })).not.toBe(late)
  expect(thread({ subject: 'Plan' })).not.toBe(late)
  expect(store.thread(late)).toHaveLength(4)
  expect(store.thread(9999 as ThreadId)).toEqual([])
})

test('within one batch too, and emails of a thread are in order of receipt', () => {
  const { store, inbox } = openStore()
  const [a, b] = store.add([
    newEmail(inbox, { subject: 'a', id: '1@x' }, { receivedAt: 2000 }),
    newEmail(inbox, { subject: 'Re: a', id: '2@x', inReplyTo: '1@x' }, { receivedAt: 1000 }),
  ])
  expect(b!.threadId).toBe(a!.threadId)
  expect(store.thread(a!.threadId)).toEqual([b!.id, a!.id])
})

test('columns of many messages are streamed, in pages and by list', () => {
  const { store, inbox } = openStore()
  const ids = store
    .add(Array.from({ length: 600 }, (_, n) => newEmail(inbox, { subject: `s${n}` })))
    .map(({ id }) => id)
  const all = [...store.envelopes(inbox, { from: 1, to: 4_000_000 }, ['envelope', 'size'])]
  expect(all.map((row) => row.emailId)).toEqual(ids)
  expect(all[599]?.envelope).toContain('"s599"')
  const listed = [...store.envelopes(inbox, [...ids.slice(5, 500), 4_000_000], ['subject'])]
  expect(listed.map((row) => row.subject)).toEqual(Array.from({ length: 495 }, (_, n) => `s${n + 5}`))
})

test('a message whose description does not fit a row is described from its bytes', () => {
  const { sql, store, inbox, reopen } = openStore()
  // From counts three times in an ENVELOPE: as sender and reply-to as well.
  const from = Array.from({ length: 600 }, (_, n) => `"${'N'.repeat(180)}" <user${n}@example.com>`).join(',\r\n ')
  const raw = message({ subject: 'huge', from })
  const [email] = store.add([{ raw, mailboxIds: [inbox] }])
  expect(sql.exec('SELECT envelope FROM email').one().envelope).toBeNull()
  expect(reopen().email(email!.id)).toEqual(email)
  const [row] = [...store.envelopes(inbox, { from: 1, to: 99 }, ['envelope', 'subject'])]
  expect(row).toMatchObject({ envelope: email!.envelope, subject: 'huge' })
  expect(store.query({ filter: { from: 'user599' }, sort: [{ property: 'from' }] }).ids).toEqual([email!.id])
  expect(store.raw(email!.id)).toEqual(raw)
})
