import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { EmailId, MailStore } from '../../src/mailbox/index.ts'
import { newEmail, openStore } from './fixture.ts'

/** Every number that a client may see of the mailboxes. */
function numbers(store: MailStore) {
  return store.mailboxes().map(({ id, name }) => {
    const { totalThreads, unreadThreads, ...rest } = store.counts(id)
    return { name, ...rest, totalThreads, unreadThreads }
  })
}

/** More than one message in 64 ids of the headroom: bits are kept of the inbox, not of the others. */
const inInbox = 100
const subjects = ['tea', 'coffee', 'milk', 'water']

function filled() {
  const fixture = openStore()
  const { store, inbox, box } = fixture
  const emails = store.add(
    Array.from({ length: inInbox }, (_, index) =>
      newEmail(
        index % 7 === 0 ? [inbox, box('archive')] : inbox,
        { subject: subjects[index % 4] as string, id: `m${index}`, inReplyTo: `root${index % 9}` },
        { keywords: index % 3 === 0 ? ['$seen'] : [] },
      ),
    ),
  )
  return { ...fixture, ids: emails.map(({ id }) => id) }
}

type Step = readonly [
  kind: 'seen' | 'unseen' | 'draft' | 'mark' | 'unmark' | 'expunge' | 'move' | 'also' | 'destroy' | 'add' | 'undone',
  email: number,
  role: 'inbox' | 'trash' | 'archive' | 'junk',
]

const steps = fc.array(
  fc.tuple(
    fc.constantFrom<Step[0][]>(
      'seen',
      'unseen',
      'draft',
      'mark',
      'unmark',
      'expunge',
      'move',
      'also',
      'destroy',
      'add',
      'undone',
    ),
    fc.nat(inInbox - 1),
    fc.constantFrom<Step[2][]>('inbox', 'trash', 'archive', 'junk'),
  ),
  { maxLength: 40 },
)

function run({ store, inbox, box, ids }: ReturnType<typeof filled>, [kind, at, role]: Step): void {
  const id = ids[at] as EmailId
  const uids = store.view(inbox).uidList()
  const some = Array.from(uids.slice(at, at + 3))
  const exists = store.email(id) !== undefined
  switch (kind) {
    case 'seen':
    case 'unseen':
      if (exists) store.update([{ id, keywords: { [kind === 'seen' ? 'add' : 'remove']: ['$seen'] } }])
      return
    case 'draft':
      if (exists) store.update([{ id, keywords: { add: ['$draft'] } }])
      return
    case 'mark':
      return void store.setFlags(inbox, some, { add: ['\\deleted'] })
    case 'unmark':
      return void store.setFlags(inbox, some, { remove: ['\\deleted'] })
    case 'expunge':
      return void store.expunge(inbox, store.view(inbox).deletedUids())
    case 'move':
      if (exists) store.update([{ id, mailboxIds: { replace: [box(role)] } }])
      return
    case 'also':
      if (exists) store.update([{ id, mailboxIds: { add: [box(role)] } }])
      return
    case 'destroy':
      return void store.destroy([id])
    case 'add':
      return void store.add([newEmail(box(role), { subject: 'tea', inReplyTo: `root${at % 9}` })])
    case 'undone':
      expect(() =>
        store.transaction(() => {
          store.setFlags(inbox, some, { add: ['$seen', '\\deleted'] })
          throw new Error('undone')
        }),
      ).toThrow('undone')
  }
}

describe('Numbers of mailboxes follow every change (RFC 8621 §2, RFC 9051 §6.3.11)', () => {
  test('they are those that a store counts that has just been opened', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 5 }), (list, every) => {
        const fixture = filled()
        numbers(fixture.store)
        for (const [index, step] of list.entries()) {
          run(fixture, step)
          if (index % every === 0) expect(numbers(fixture.store)).toEqual(numbers(fixture.reopen()))
        }
        expect(numbers(fixture.store)).toEqual(numbers(fixture.reopen()))
      }),
      { numRuns: 60 },
    )
  })

  test('also when more threads changed than are brought up to date one by one', () => {
    const { store, reopen, inbox } = filled()
    numbers(store)
    store.setFlags(inbox, Array.from(store.view(inbox).uidList()), { add: ['$seen'] })
    expect(numbers(store)).toEqual(numbers(reopen()))
    expect(store.counts(inbox)).toMatchObject({ unread: 0, unreadThreads: 0, visible: inInbox })
  })

  test('also when a mailbox with messages is destroyed', () => {
    const { store, reopen, box } = filled()
    numbers(store)
    store.destroyMailbox(box('archive'), { removeEmails: true })
    expect(numbers(store)).toEqual(numbers(reopen()))
  })
})
