/**
 * What guests see of an account, worked out from the owner's view by the rules alone, to compare the store with.
 */
import { expect } from 'vitest'
import type {
  Changes,
  Email,
  EmailId,
  MailboxId,
  MailStore,
  Right,
  Rights,
  SharedMail,
  ThreadId,
} from '../../src/mailbox/index.ts'
import type { Fixture } from './fixture.ts'

/** What a guest saw at some state, taken from the owner's view by the rules alone. */
interface View {
  readonly emails: ReadonlyMap<number, string>
  readonly threads: ReadonlyMap<number, string>
  readonly mailboxes: ReadonlyMap<number, string>
}

interface Snapshot extends View {
  readonly state: number
  /** How often what grants let the guest see had changed. */
  readonly era: number
}

export const guests = ['bob', 'carol'] as const
export type Guest = (typeof guests)[number]

export interface World {
  readonly fixture: Fixture
  store: MailStore
  readonly grants: Map<MailboxId, Map<string, Rights>>
  readonly eras: Record<Guest, number>
  readonly snapshots: Record<Guest, Snapshot[]>
}

export const pick = <T>(list: readonly T[], at: number): T | undefined => list[at % Math.max(1, list.length)]

/** RFC 4314 §2: what is granted to the principal and to anyone adds up. */
export function rightsOf(world: World, guest: string, mailbox: MailboxId): Right[] {
  const grants = world.grants.get(mailbox)
  return [...new Set(`${grants?.get(guest) ?? ''}${grants?.get('anyone') ?? ''}`)] as Right[]
}

export const may = (world: World, guest: string, mailbox: MailboxId, letters: string): boolean =>
  Array.from(letters).every((letter) => rightsOf(world, guest, mailbox).includes(letter as Right))

export function ownersEmails(store: MailStore): Email[] {
  return store.emails(Array.from({ length: store.state }, (_, index) => (index + 1) as EmailId))
}

function viewOf(world: World, guest: Guest): View & { readonly unread: ReadonlySet<number> } {
  const { store } = world
  const readable = (id: MailboxId) => may(world, guest, id, 'lr')
  const visible = ownersEmails(store)
    .map((email) => ({ email, boxes: email.places.map((place) => place.mailboxId).filter(readable) }))
    .filter(({ boxes }) => boxes.length > 0)
  const emails = new Map<number, string>()
  const threads = new Map<number, number[]>()
  const unread = new Set<number>()
  for (const { email, boxes } of visible) {
    const keywords = store.keywordsOf(email)
    emails.set(email.id, JSON.stringify([keywords, [...boxes].sort((a, b) => a - b)]))
    threads.set(email.threadId, [...(threads.get(email.threadId) ?? []), email.id])
    if (!keywords.includes('$seen')) unread.add(email.id)
  }
  const mailboxes = store.mailboxes().filter(({ id }) => may(world, guest, id, 'l'))
  return {
    emails,
    unread,
    threads: new Map(Array.from(threads, ([id, members]) => [id, members.join()])),
    mailboxes: new Map(
      mailboxes.map(({ id, name, parentId }) => {
        const parent = parentId !== null && may(world, guest, parentId, 'l') ? parentId : null
        const inside = visible.filter(({ boxes }) => boxes.includes(id)).map(({ email }) => email)
        const shown = new Set(inside.map(({ threadId }) => threadId))
        const withUnread = (trash: boolean): Set<ThreadId> => {
          const trashId = store.mailboxByRole('trash')?.id
          const counts = ({ email, boxes }: (typeof visible)[0]) =>
            unread.has(email.id) && boxes.some((box) => (box === trashId) === trash)
          return new Set(visible.filter(counts).map(({ email }) => email.threadId))
        }
        const unreadHere = withUnread(store.mailbox(id)?.role === 'trash')
        return [
          id,
          JSON.stringify([
            [name, parent, rightsOf(world, guest, id).sort().join('')],
            [inside.length, inside.filter((email) => unread.has(email.id)).length],
            [shown.size, [...shown].filter((thread) => unreadHere.has(thread)).length],
          ]),
        ]
      }),
    ),
  }
}

/** The same, asked from the store. */
function shownTo(mail: SharedMail): View {
  const ids = Array.from({ length: mail.state }, (_, index) => (index + 1) as EmailId)
  const emails = mail.emails(ids)
  for (const id of ids) expect(mail.raw(id) !== undefined).toBe(emails.some((email) => email.id === id))
  const threads = mail.threads(ids as number[] as ThreadId[])
  return {
    emails: new Map(
      emails.map((email) => {
        expect(mail.blob({ kind: 'message', blob: email.blob })?.size).toBe(email.size)
        return [email.id, JSON.stringify([mail.keywordsOf(email), mail.mailboxIdsOf(email).toSorted((a, b) => a - b)])]
      }),
    ),
    threads: new Map(Array.from(threads, ([id, members]) => [id, members.toSorted((a, b) => a - b).join()])),
    mailboxes: new Map(
      mail.mailboxes().map(({ id, name, parentId }) => {
        const { visible, visibleUnread, totalThreads, unreadThreads } = mail.counts(id)
        expect(mail.mailbox(id)?.parentId).toBe(parentId)
        return [
          id,
          JSON.stringify([
            [name, parentId, Array.from(mail.rightsTo(id)).sort().join('')],
            [visible, visibleUnread],
            [totalThreads, unreadThreads],
          ]),
        ]
      }),
    ),
  }
}

const sorted = (ids: Iterable<number>) => [...ids].sort((a, b) => a - b)

export function compare(world: World): void {
  const { store } = world
  for (const guest of guests) {
    const mail = store.sharedWith(guest)
    const expected = viewOf(world, guest)
    expect(mail === undefined).toBe(expected.mailboxes.size === 0)
    if (mail === undefined) continue
    const shown = shownTo(mail)
    expect(Object.fromEntries(shown.emails)).toEqual(Object.fromEntries(expected.emails))
    expect(Object.fromEntries(shown.threads)).toEqual(Object.fromEntries(expected.threads))
    expect(Object.fromEntries(shown.mailboxes)).toEqual(Object.fromEntries(expected.mailboxes))
    expect(sorted(mail.query({}).ids)).toEqual(sorted(expected.emails.keys()))
    expect(mail.query({ collapseThreads: true, calculateTotal: true }).total).toBe(expected.threads.size)
    expect(sorted(mail.query({ filter: { notKeyword: '$seen' } }).ids)).toEqual(sorted(expected.unread))
    const withSeen = mail.query({ filter: { someInThreadHaveKeyword: '$seen' } }).ids
    const threadOf = new Map([...expected.threads].flatMap(([id, text]) => text.split(',').map((one) => [+one, id])))
    const seenThreads = new Set(
      [...expected.emails.keys()].filter((id) => !expected.unread.has(id)).map((id) => threadOf.get(id)),
    )
    expect(sorted(withSeen)).toEqual(
      sorted([...expected.emails.keys()].filter((id) => seenThreads.has(threadOf.get(id)))),
    )
    for (const { id } of store.mailboxes()) {
      const inside = [...expected.emails].filter(([, text]) =>
        (JSON.parse(text) as [unknown, number[]])[1].includes(id),
      )
      expect(sorted(mail.query({ filter: { inMailbox: id } }).ids)).toEqual(sorted(inside.map(([email]) => email)))
      const others = [...expected.emails].filter(([, text]) =>
        (JSON.parse(text) as [unknown, number[]])[1].some((box) => box !== id),
      )
      expect(sorted(mail.query({ filter: { inMailboxOtherThan: [id] } }).ids)).toEqual(
        sorted(others.map(([email]) => email)),
      )
    }
  }
}

function fold(known: Iterable<number>, changes: Changes, strict: boolean): Set<number> {
  const now = new Set(known)
  for (const id of changes.created) {
    if (strict) expect(now.has(id), `${id} is created, but was known`).toBe(false)
    now.add(id)
  }
  for (const id of changes.updated) expect(now.has(id), `${id} is updated, but was not known`).toBe(true)
  for (const id of changes.destroyed)
    if (!now.delete(id)) expect(strict, `${id} is destroyed, but was not known`).toBe(false)
  return now
}

export function checkHistory(world: World): void {
  for (const guest of guests) {
    const mail = world.store.sharedWith(guest)
    if (mail === undefined) continue
    const now = viewOf(world, guest)
    for (const old of world.snapshots[guest]) {
      const types = [
        ['Email', 'emails'],
        ['Thread', 'threads'],
        ['Mailbox', 'mailboxes'],
      ] as const
      for (const [type, name] of types) {
        const changes = mail.changes(type, old.state)
        if (old.era !== world.eras[guest]) expect(changes).toBeUndefined()
        if (changes === undefined) {
          expect(old.era).not.toBe(world.eras[guest])
          continue
        }
        expect(fold(old[name].keys(), changes, true), `${type} since ${old.state}`).toEqual(new Set(now[name].keys()))
        const updated = new Set(changes.updated)
        for (const [id, look] of now[name]) {
          if (old[name].has(id) && old[name].get(id) !== look) expect(updated, `${type} ${id}`).toContain(id)
        }
        if (type !== 'Email') continue
        let known = new Set(old.emails.keys())
        for (let since: number = old.state, more = true; more;) {
          const step = mail.changes('Email', since, 1_000) ?? changes
          const small = mail.changes('Email', since, 2) ?? step
          known = fold(known, small, false)
          more = small.hasMoreChanges
          since = small.newState
        }
        expect(known).toEqual(new Set(now.emails.keys()))
      }
    }
  }
}

export function snapshot(world: World): void {
  for (const guest of guests) {
    world.snapshots[guest].push({ ...viewOf(world, guest), state: world.store.state, era: world.eras[guest] })
  }
}
