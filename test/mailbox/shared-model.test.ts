import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type Changes,
  type Email,
  type EmailId,
  formatRights,
  type MailboxId,
  type MailStore,
  type Right,
  type Rights,
  type SharedMail,
  StoreError,
  type ThreadId,
} from '../../src/mailbox/index.ts'
import { type Fixture, message, openStore } from './fixture.ts'

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

const guests = ['bob', 'carol'] as const
type Guest = (typeof guests)[number]

interface World {
  readonly fixture: Fixture
  store: MailStore
  readonly grants: Map<MailboxId, Map<string, Rights>>
  readonly eras: Record<Guest, number>
  readonly snapshots: Record<Guest, Snapshot[]>
}

const pick = <T>(list: readonly T[], at: number): T | undefined => list[at % Math.max(1, list.length)]

/** RFC 4314 §2: what is granted to the principal and to anyone adds up. */
function rightsOf(world: World, guest: string, mailbox: MailboxId): Right[] {
  const grants = world.grants.get(mailbox)
  return [...new Set(`${grants?.get(guest) ?? ''}${grants?.get('anyone') ?? ''}`)] as Right[]
}

const may = (world: World, guest: string, mailbox: MailboxId, letters: string): boolean =>
  Array.from(letters).every((letter) => rightsOf(world, guest, mailbox).includes(letter as Right))

function ownersEmails(store: MailStore): Email[] {
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

function compare(world: World): void {
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

function checkHistory(world: World): void {
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

function snapshot(world: World): void {
  for (const guest of guests) {
    world.snapshots[guest].push({ ...viewOf(world, guest), state: world.store.state, era: world.eras[guest] })
  }
}

type Command = fc.Command<object, World>

function command(name: string, args: readonly unknown[], run: (world: World) => void): Command {
  return {
    check: () => true,
    toString: () => `${name}${JSON.stringify(args)}`,
    run(_, world) {
      run(world)
      compare(world)
    },
  }
}

const boxesOf = (world: World): MailboxId[] => world.store.mailboxes().map(({ id }) => id)
const boxAt = (world: World, at: number): MailboxId => pick(boxesOf(world), at) as MailboxId
const uidsAt = ({ store }: World, box: MailboxId, picks: readonly number[]): number[] => {
  const uids = [...store.view(box).uidList()]
  return [...new Set(picks.map((at) => pick(uids, at)).filter((uid) => uid !== undefined))]
}

const add = (boxes: number[], reply: number): Command =>
  command('add', [boxes, reply], (world) => {
    const mailboxIds = [...new Set(boxes.map((at) => boxAt(world, at)))]
    const parent = pick(ownersEmails(world.store), reply)
    const raw = message({
      subject: 'Topic',
      id: `${world.store.state}@x`,
      ...(parent?.messageId === undefined ? {} : { inReplyTo: parent.messageId }),
    })
    world.store.add([{ raw, mailboxIds }])
  })

const flag = (box: number, picks: number[], name: string, how: 'add' | 'remove'): Command =>
  command('flag', [box, picks, name, how], (world) => {
    const mailbox = boxAt(world, box)
    world.store.setFlags(mailbox, uidsAt(world, mailbox, picks), { [how]: [name] })
  })

const transfer = (how: 'copy' | 'move', from: number, picks: number[], to: number): Command =>
  command(how, [from, picks, to], (world) => {
    const source = boxAt(world, from)
    world.store[how](source, uidsAt(world, source, picks), boxAt(world, to))
  })

const expunge = (box: number, picks: number[]): Command =>
  command('expunge', [box, picks], (world) => {
    const mailbox = boxAt(world, box)
    world.store.expunge(mailbox, uidsAt(world, mailbox, picks))
  })

const destroy = (at: number): Command =>
  command('destroy', [at], (world) => {
    const email = pick(ownersEmails(world.store), at)
    if (email !== undefined) world.store.destroy([email.id])
  })

const relabel = (at: number, boxes: number[]): Command =>
  command('relabel', [at, boxes], (world) => {
    const email = pick(ownersEmails(world.store), at)
    const replace = [...new Set(boxes.map((box) => boxAt(world, box)))]
    if (email !== undefined) world.store.update([{ id: email.id, mailboxIds: { replace } }])
  })

const together = (box: number, picks: number[], to: number, at: number): Command =>
  command('together', [box, picks, to, at], (world) => {
    const mailbox = boxAt(world, box)
    world.store.transaction(() => {
      const [email] = world.store.add([{ raw: message({ id: `${world.store.state}@x` }), mailboxIds: [mailbox] }])
      world.store.move(mailbox, [...uidsAt(world, mailbox, picks), email?.id ?? 0], boxAt(world, to))
      const doomed = pick(ownersEmails(world.store), at)
      if (doomed !== undefined) world.store.destroy([doomed.id])
    })
  })

const addMailbox = (name: number, parent: number): Command =>
  command('addMailbox', [name, parent], (world) => {
    const parentId = parent % 2 === 0 ? null : boxAt(world, parent)
    const siblings = world.store.mailboxes().filter((mailbox) => mailbox.parentId === parentId)
    if (siblings.some((sibling) => sibling.name === `Box ${name}`)) return
    if (parentId !== null && world.store.mailboxPath(parentId).length > 5) return
    world.store.createMailbox({ name: `Box ${name}`, parentId })
  })

const removeMailbox = (at: number): Command =>
  command('removeMailbox', [at], (world) => {
    const inner = new Set(world.store.mailboxes().map(({ parentId }) => parentId))
    const childless = boxesOf(world).filter((id) => !inner.has(id) && world.store.mailbox(id)?.role !== 'inbox')
    const mailbox = pick(childless, at)
    if (mailbox === undefined) return
    world.store.destroyMailbox(mailbox, { removeEmails: true })
    world.grants.delete(mailbox)
  })

const letters = ['', 'l', 'lr', 'lrs', 'lrswi', 'lrit', 'lrswite', 'lrswikxte', 'r', 'li', 'lrswipkxtea'] as const

const showing = (of: string): string =>
  Array.from(of)
    .filter((right) => 'lri'.includes(right))
    .sort()
    .join()

const grant = (box: number, principal: string, text: string): Command =>
  command('grant', [box, principal, text], (world) => {
    const mailbox = boxAt(world, box)
    const seen = (guest: Guest) => showing(rightsOf(world, guest, mailbox).join(''))
    const before = guests.map(seen)
    const own = world.grants.get(mailbox) ?? new Map<string, Rights>()
    const old = own.get(principal) ?? ''
    world.grants.set(mailbox, own.set(principal, formatRights(Array.from(text) as Right[])))
    world.store.grants.set(mailbox, principal, formatRights(Array.from(text) as Right[]))
    for (const [index, guest] of guests.entries()) {
      const byAnyone = principal === 'anyone' && showing(old) !== showing(text)
      if (before[index] !== seen(guest) || byAnyone) world.eras[guest]++
    }
  })

/** Whatever a guest tries: what it may not do changes nothing. */
const guestUpdates = (guest: Guest, at: number, boxes: number[], keyword: string): Command =>
  command('guestUpdates', [guest, at, boxes, keyword], (world) => {
    const mail = world.store.sharedWith(guest)
    const email = pick(ownersEmails(world.store), at)
    if (mail === undefined || email === undefined) return
    const shown = mail.email(email.id)
    const target = [...new Set(boxes.map((box) => boxAt(world, box)))]
    const current = shown?.places.map(({ mailboxId }) => mailboxId) ?? []
    const enters = target.filter((id) => !current.includes(id))
    const leaves = current.filter((id) => !target.includes(id))
    const isAllowed =
      shown !== undefined &&
      enters.every((id) => may(world, guest, id, 'li')) &&
      leaves.every((id) => may(world, guest, id, 'te')) &&
      (world.store.keywordsOf(email).includes(keyword) ||
        current.every((id) => may(world, guest, id, keyword === '$seen' ? 's' : 'w')))
    const state = world.store.state
    const elsewhere = email.places.map(({ mailboxId }) => mailboxId).filter((id) => !current.includes(id))
    const refusal = mail
      .update([{ id: email.id, keywords: { add: [keyword] }, mailboxIds: { replace: target } }])
      .get(email.id)
    expect(refusal?.type, 'only what the rights allow').toBe(
      isAllowed
        ? undefined
        : shown === undefined
          ? 'notFound'
          : refusal?.type === 'invalidProperties' && enters.some((id) => !may(world, guest, id, 'l'))
            ? 'invalidProperties'
            : 'forbidden',
    )
    if (!isAllowed) expect(world.store.state).toBe(state)
    else {
      const places = world.store.email(email.id)?.places.map(({ mailboxId }) => mailboxId)
      expect(new Set(places), 'mailboxes that the guest does not read stay').toEqual(new Set([...target, ...elsewhere]))
    }
  })

const guestDestroys = (guest: Guest, at: number): Command =>
  command('guestDestroys', [guest, at], (world) => {
    const mail = world.store.sharedWith(guest)
    const email = pick(ownersEmails(world.store), at)
    if (mail === undefined || email === undefined) return
    const shown = mail.email(email.id)
    const state = world.store.state
    const elsewhere = email.places.filter(({ mailboxId }) => !may(world, guest, mailboxId, 'lr'))
    const refusal = mail.destroy([email.id]).get(email.id)
    const mayRemove = shown?.places.every(({ mailboxId }) => may(world, guest, mailboxId, 'te'))
    expect(refusal?.type).toBe(shown === undefined ? 'notFound' : mayRemove === true ? undefined : 'forbidden')
    if (refusal !== undefined) expect(world.store.state).toBe(state)
    else expect(world.store.email(email.id)?.places ?? []).toEqual(elsewhere)
  })

const guestMakesMailbox = (guest: Guest, parent: number, name: number): Command =>
  command('guestMakesMailbox', [guest, parent, name], (world) => {
    const mail = world.store.sharedWith(guest)
    if (mail === undefined) return
    const parentId = boxAt(world, parent)
    const siblings = world.store.mailboxes().filter((mailbox) => mailbox.parentId === parentId)
    if (siblings.some((sibling) => sibling.name === `Box ${name}`)) return
    if (world.store.mailboxPath(parentId).length > 5) return
    try {
      const made = mail.createMailbox({ name: `Box ${name}`, parentId })
      expect(may(world, guest, parentId, 'lk')).toBe(true)
      world.grants.set(made.id, new Map(world.grants.get(parentId)))
    } catch (error) {
      expect(error).toBeInstanceOf(StoreError)
      const type = may(world, guest, parentId, 'l') ? 'forbidden' : 'invalidProperties'
      expect((error as StoreError).type).toBe(type)
      expect(may(world, guest, parentId, 'lk')).toBe(false)
    }
  })

const reopen = (): Command =>
  command('reopen', [], (world) => {
    world.store = world.fixture.reopen()
  })

const remember = (): Command => command('snapshot', [], snapshot)
const history = (): Command => command('history', [], checkHistory)

function setup(): { model: object; real: World } {
  const fixture = openStore()
  const real: World = {
    fixture,
    store: fixture.store,
    grants: new Map(),
    eras: { bob: 0, carol: 0 },
    snapshots: { bob: [], carol: [] },
  }
  return { model: {}, real }
}

const box = fc.nat(7)
const picks = fc.array(fc.nat(20), { minLength: 1, maxLength: 3 })
const boxes = fc.array(box, { minLength: 1, maxLength: 3 })
const guest = fc.constantFrom(...guests)

test('what a guest sees, and is told of changes, is always the part of the owner’s mail that its rights show (RFC 8621 §2)', () => {
  const commands = [
    fc.tuple(boxes, fc.nat(9)).map((given) => add(...given)),
    fc.tuple(boxes, fc.nat(9)).map((given) => add(...given)),
    fc
      .tuple(box, picks, fc.constantFrom('$seen', '$flagged', '\\Deleted'), fc.constantFrom('add', 'remove'))
      .map((given) => flag(...given)),
    fc.tuple(fc.constantFrom('copy', 'move'), box, picks, box).map((given) => transfer(...given)),
    fc.tuple(box, picks).map((given) => expunge(...given)),
    fc.nat(20).map(destroy),
    fc.tuple(fc.nat(20), boxes).map((given) => relabel(...given)),
    fc.tuple(box, picks, box, fc.nat(20)).map((given) => together(...given)),
    fc.tuple(fc.nat(3), fc.nat(9)).map((given) => addMailbox(...given)),
    fc.nat(8).map(removeMailbox),
    fc
      .tuple(box, fc.constantFrom('bob', 'bob', 'carol', 'anyone'), fc.constantFrom(...letters))
      .map((given) => grant(...given)),
    fc.tuple(guest, fc.nat(9), boxes, fc.constantFrom('$seen', 'work')).map((given) => guestUpdates(...given)),
    fc.tuple(guest, fc.nat(9), boxes, fc.constantFrom('$seen', 'work')).map((given) => guestUpdates(...given)),
    fc.tuple(guest, fc.nat(20)).map((given) => guestDestroys(...given)),
    fc.tuple(guest, box, fc.nat(3)).map((given) => guestMakesMailbox(...given)),
    fc.constant(reopen()),
    fc.constant(remember()),
    fc.constant(remember()),
    fc.constant(history()),
  ]
  // Grants that stay long enough to have a history.
  const start = [
    grant(0, 'bob', 'lrswite'),
    grant(1, 'bob', 'lrswite'),
    grant(1, 'carol', 'lrswikxte'),
    grant(2, 'carol', 'lr'),
    add([0, 1, 2], 0),
    add([0, 3], 0),
    add([1, 3], 0),
    add([0, 1], 1),
    remember(),
  ]
  fc.assert(
    fc.property(fc.commands(commands, { maxCommands: 50, size: 'max' }), (sequence) => {
      fc.modelRun(setup, [...start, ...sequence, history(), reopen(), history()])
    }),
    { numRuns: 60, interruptAfterTimeLimit: 15_000, markInterruptAsFailure: false },
  )
}, 60_000)
