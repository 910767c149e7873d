import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { type EmailId, type MailboxId, type MailStore, StoreError, type ThreadId } from '../../src/mailbox/index.ts'
import { type Fixture, message, openStore } from './fixture.ts'

/** What the store should hold, kept in the plainest way. */
interface ModelEmail {
  readonly id: EmailId
  readonly raw: string
  keywords: Set<string>
  /** Mailbox → UID, and whether `\Deleted`. */
  places: Map<MailboxId, { uid: number; deleted: boolean }>
}

interface Snapshot {
  readonly state: number
  readonly emails: Set<number>
  readonly threads: Set<number>
  readonly uids: Map<number, Set<number>>
  /** What each email looked like, to see which were updated. */
  readonly looks: Map<number, string>
}

class Model {
  readonly emails = new Map<EmailId, ModelEmail>()
  mailboxes: MailboxId[]
  readonly usedUids = new Map<MailboxId, number>()
  readonly snapshots: Snapshot[] = []
  readonly threads = new Map<EmailId, ThreadId>()

  constructor(mailboxes: readonly MailboxId[]) {
    this.mailboxes = [...mailboxes]
  }

  in(mailbox: MailboxId): ModelEmail[] {
    const inside = [...this.emails.values()].filter((email) => email.places.has(mailbox))
    return inside.sort((a, b) => this.uid(a, mailbox) - this.uid(b, mailbox))
  }

  uid(email: ModelEmail, mailbox: MailboxId): number {
    return email.places.get(mailbox)?.uid ?? 0
  }

  placed(mailbox: MailboxId, uid: number): void {
    expect(uid, 'UIDs ascend and are never reused').toBeGreaterThan(this.usedUids.get(mailbox) ?? 0)
    this.usedUids.set(mailbox, uid)
  }

  unplace(email: ModelEmail, mailbox: MailboxId): void {
    email.places.delete(mailbox)
    if (email.places.size === 0) this.emails.delete(email.id)
  }
}

/** Mailboxes that JMAP shows an email in: those where it is not marked (RFC 8621 §4.1.1). */
function shownIn(email: ModelEmail): MailboxId[] {
  return [...email.places].filter(([, { deleted }]) => !deleted).map(([mailbox]) => mailbox)
}

function visible(model: Model): ModelEmail[] {
  return [...model.emails.values()].filter((email) => shownIn(email).length > 0)
}

interface Real {
  fixture: Fixture
  store: MailStore
  /** Sum of all commits' placements, checked against the views. */
  uids: Map<MailboxId, Set<number>>
}

type Command = fc.Command<Model, Real>

const keywords = ['$seen', '$flagged', 'work', 'later'] as const
const pick = <T>(list: readonly T[], at: number): T | undefined => list[at % Math.max(1, list.length)]

function chosen(model: Model, mailbox: MailboxId, picks: readonly number[]): ModelEmail[] {
  const inside = model.in(mailbox)
  return [...new Set(picks.map((at) => pick(inside, at)).filter((email) => email !== undefined))]
}

const uidsOf = (model: Model, mailbox: MailboxId, emails: readonly ModelEmail[]): number[] =>
  emails.map((email) => model.uid(email, mailbox))

function command(name: string, args: readonly unknown[], run: (model: Model, real: Real) => void): Command {
  return {
    check: () => true,
    toString: () => `${name}${JSON.stringify(args)}`,
    run(model, real) {
      const before = real.store.state
      run(model, real)
      expect(real.store.state).toBeGreaterThanOrEqual(before)
      compare(model, real.store)
      for (const [mailbox, uids] of real.uids) {
        if (!model.mailboxes.includes(mailbox)) continue
        expect([...uids].sort((a, b) => a - b)).toEqual([...real.store.view(mailbox).uidList()])
      }
    },
  }
}

const add = (boxes: number[], subject: number, reply: number, deleted: boolean): Command =>
  command('add', [boxes, subject, reply, deleted], (model, { store }) => {
    const mailboxIds = [...new Set(boxes.map((at) => pick(model.mailboxes, at) as MailboxId))]
    const parent = pick([...model.emails.keys()], reply)
    const fields = {
      subject: `Topic ${subject}`,
      id: `${store.state}@x`,
      ...(parent ? { inReplyTo: `${parent - 1}@x` } : {}),
    }
    const raw = message(fields)
    const [email] = store.add([{ raw, mailboxIds, keywords: deleted ? ['$SEEN', '\\Deleted'] : ['$SEEN'] }])
    if (email === undefined) throw new Error('nothing added')
    const places = new Map(email.places.map(({ mailboxId, uid }) => [mailboxId, { uid, deleted }]))
    for (const [mailbox, { uid }] of places) model.placed(mailbox, uid)
    const text = new TextDecoder().decode(raw)
    model.emails.set(email.id, { id: email.id, raw: text, keywords: new Set(['$seen']), places })
    model.threads.set(email.id, email.threadId)
  })

const flag = (box: number, picks: number[], names: string[], how: 'add' | 'remove' | 'replace', deleted: boolean) =>
  command('flag', [box, picks, names, how, deleted], (model, { store }) => {
    const mailbox = pick(model.mailboxes, box) as MailboxId
    const emails = chosen(model, mailbox, picks)
    store.setFlags(mailbox, [...uidsOf(model, mailbox, emails), 4_000_000], {
      [how]: deleted ? [...names, '\\Deleted'] : names,
    })
    for (const email of emails) {
      const place = email.places.get(mailbox)
      if (place === undefined) throw new Error('model')
      if (how === 'replace') email.keywords = new Set(names)
      else for (const name of names) email.keywords[how === 'add' ? 'add' : 'delete'](name)
      if (how === 'replace') place.deleted = deleted
      else if (deleted) place.deleted = how === 'add'
    }
  })

const copyOrMove = (how: 'copy' | 'move', from: number, picks: number[], to: number): Command =>
  command(how, [from, picks, to], (model, { store }) => {
    const source = pick(model.mailboxes, from) as MailboxId
    const target = pick(model.mailboxes, to) as MailboxId
    const emails = chosen(model, source, picks).sort((a, b) => model.uid(a, source) - model.uid(b, source))
    const outcome = store[how](source, uidsOf(model, source, emails), target)
    expect(outcome.source).toEqual(uidsOf(model, source, emails))
    for (const [index, email] of emails.entries()) {
      const uid = outcome.destination[index] as number
      model.placed(target, uid)
      const deleted = email.places.get(source)?.deleted ?? false
      const renumbered = how === 'move' && source === target
      if (email.places.has(target) && !renumbered) {
        const id = uid as EmailId
        const places = new Map([[target, { uid, deleted }]])
        model.emails.set(id, { ...email, id, keywords: new Set(email.keywords), places })
        model.threads.set(id, model.threads.get(email.id) as ThreadId)
      } else email.places.set(target, { uid, deleted })
      if (how === 'move' && !renumbered) model.unplace(email, source)
    }
  })

const expunge = (box: number, picks: number[]): Command =>
  command('expunge', [box, picks], (model, { store }) => {
    const mailbox = pick(model.mailboxes, box) as MailboxId
    const emails = chosen(model, mailbox, picks)
    store.expunge(mailbox, uidsOf(model, mailbox, emails))
    for (const email of emails) model.unplace(email, mailbox)
  })

const destroy = (picks: number[]): Command =>
  command('destroy', [picks], (model, { store }) => {
    const ids = [...new Set(picks.map((at) => pick([...model.emails.keys()], at)).filter((id) => id !== undefined))]
    const refused = store.destroy([...ids, 4_000_000 as EmailId])
    const seen = new Set(visible(model).map(({ id }) => id))
    expect([...refused.keys()]).toEqual([...ids.filter((id) => !seen.has(id)), 4_000_000])
    for (const id of ids) if (seen.has(id)) model.emails.delete(id)
  })

const relabel = (at: number, boxes: number[], names: string[]): Command =>
  command('relabel', [at, boxes, names], (model, { store }) => {
    const email = pick([...model.emails.values()], at)
    if (email === undefined) return
    const mailboxIds = [...new Set(boxes.map((box) => pick(model.mailboxes, box) as MailboxId))]
    const refused = store.update([{ id: email.id, keywords: { replace: names }, mailboxIds: { replace: mailboxIds } }])
    const shown = shownIn(email)
    expect(refused.size).toBe(shown.length > 0 ? 0 : 1)
    if (shown.length === 0) return
    email.keywords = new Set(names)
    for (const mailbox of shown) if (!mailboxIds.includes(mailbox)) email.places.delete(mailbox)
    for (const [mailbox, place] of email.places) if (mailboxIds.includes(mailbox)) place.deleted = false
    for (const { mailboxId, uid } of store.email(email.id)?.places ?? []) {
      if (email.places.has(mailboxId)) continue
      model.placed(mailboxId, uid)
      email.places.set(mailboxId, { uid, deleted: false })
    }
  })

const newMailbox = (name: number): Command =>
  command('newMailbox', [name], (model, { store }) => {
    if (store.mailboxByPath([`Box ${name}`]) !== undefined) return
    model.mailboxes.push(store.createMailbox({ name: `Box ${name}` }).id)
  })

const removeMailbox = (at: number): Command =>
  command('removeMailbox', [at], (model, { store }) => {
    const mailbox = pick(model.mailboxes.slice(1), at)
    if (mailbox === undefined) return
    store.destroyMailbox(mailbox, { removeEmails: true })
    for (const email of model.in(mailbox)) model.unplace(email, mailbox)
    model.mailboxes = model.mailboxes.filter((id) => id !== mailbox)
  })

const failing = (box: number, picks: number[]): Command =>
  command('failing', [box, picks], (model, { store }) => {
    const mailbox = pick(model.mailboxes, box) as MailboxId
    const state = store.state
    const attempt = (): void =>
      store.transaction(() => {
        store.add([{ raw: message({ subject: 'never' }), mailboxIds: [mailbox], keywords: ['never'] }])
        store.expunge(mailbox, uidsOf(model, mailbox, chosen(model, mailbox, picks)))
        throw new StoreError('forbidden', 'no')
      })
    expect(attempt).toThrow('no')
    expect(store.state).toBe(state)
  })

const reopen = (): Command =>
  command('reopen', [], (model, real) => {
    const { state } = real.store
    real.store = real.fixture.reopen()
    follow(real)
    expect(real.store.state, 'the counter is recovered exactly').toBe(state)
    snapshot(model, real.store)
  })

const remember = (): Command => command('snapshot', [], (model, real) => snapshot(model, real.store))

const check = (): Command =>
  command('changes', [], (model, { store }) => {
    for (const old of model.snapshots) checkChanges(old, model, store)
  })

function follow(real: Real): void {
  real.uids = new Map()
  for (const { id } of real.store.mailboxes()) real.uids.set(id, new Set(real.store.view(id).uidList()))
  real.store.onCommit((commit) => {
    for (const [mailbox, { added, expunged }] of commit.placements) {
      const uids = real.uids.get(mailbox) ?? new Set()
      real.uids.set(mailbox, uids)
      for (const uid of added) uids.add(uid)
      for (const uid of expunged) expect(uids.delete(uid)).toBe(true)
    }
  })
}

function look(email: ModelEmail): string {
  return JSON.stringify([[...email.keywords].sort(), shownIn(email).sort((a, b) => a - b)])
}

function snapshot(model: Model, store: MailStore): void {
  model.snapshots.push({
    state: store.state,
    emails: new Set(visible(model).map(({ id }) => id)),
    threads: visibleThreads(model),
    uids: new Map(model.mailboxes.map((id) => [id, new Set(store.view(id).uidList())])),
    looks: new Map(visible(model).map((email) => [email.id, look(email)])),
  })
}

function visibleThreads(model: Model): Set<number> {
  return new Set(visible(model).map(({ id }) => model.threads.get(id) as number))
}

function checkChanges(old: Snapshot, model: Model, store: MailStore): void {
  const now = new Set<number>(visible(model).map(({ id }) => id))
  for (const max of [Infinity, 3]) {
    let state = old.state
    const folded = new Set(old.emails)
    const updated = new Set<number>()
    for (let more = true; more;) {
      const changes = store.changes('Email', state, max)
      if (changes === undefined) break
      expect(changes.created.length + changes.updated.length + changes.destroyed.length).toBeLessThanOrEqual(max)
      for (const id of changes.created) folded.add(id)
      // Gone in one step and back in a later one: what is created is fetched as what is updated.
      for (const id of changes.created) updated.add(id)
      for (const id of changes.destroyed) folded.delete(id)
      for (const id of changes.updated) updated.add(id)
      more = changes.hasMoreChanges
      if (more) expect(changes.newState).toBeGreaterThan(state)
      state = changes.newState
    }
    if (state !== store.state) continue
    expect(folded, 'changes folded onto an old snapshot').toEqual(now)
    for (const [id, before] of old.looks) {
      const email = model.emails.get(id as EmailId)
      if (email !== undefined && now.has(id) && look(email) !== before) expect(updated).toContain(id)
    }
  }
  const threads = store.changes('Thread', old.state)
  const foldedThreads = new Set(old.threads)
  for (const id of threads?.created ?? []) foldedThreads.add(id)
  for (const id of threads?.destroyed ?? []) foldedThreads.delete(id)
  expect(foldedThreads).toEqual(visibleThreads(model))
  for (const [mailbox, uids] of old.uids) {
    if (!model.mailboxes.includes(mailbox as MailboxId)) continue
    const present = new Set(store.view(mailbox as MailboxId).uidList())
    const gone = [...uids].filter((uid) => !present.has(uid))
    expect(store.expungedSince(mailbox as MailboxId, old.state)).toEqual(gone)
  }
}

function compare(model: Model, store: MailStore): void {
  expect(
    store
      .mailboxes()
      .map((mailbox) => mailbox.id)
      .sort((a, b) => a - b),
  ).toEqual(model.mailboxes)
  for (const mailbox of model.mailboxes) {
    const expected = model.in(mailbox)
    const entries = [...store.view(mailbox).entries()]
    const shape = ({ uid, emailId, keywords, deleted }: (typeof entries)[0]) => [uid, emailId, keywords.join(), deleted]
    expect(entries.map(shape)).toEqual(
      expected.map((email) => {
        const place = email.places.get(mailbox)
        return [place?.uid, email.id, [...email.keywords].sort().join(), place?.deleted]
      }),
    )
    const counts = store.counts(mailbox)
    expect(counts.total).toBe(expected.length)
    expect(counts.unread).toBe(expected.filter((email) => !email.keywords.has('$seen')).length)
    const shown = expected.filter((email) => shownIn(email).includes(mailbox))
    expect(counts.visible).toBe(shown.length)
    expect(counts.visibleUnread).toBe(shown.filter((email) => !email.keywords.has('$seen')).length)
    expect(counts.totalThreads).toBe(new Set(shown.map((email) => model.threads.get(email.id))).size)
    expect([...store.query({ filter: { inMailbox: mailbox } }).ids].sort((a, b) => a - b)).toEqual(
      shown.map(({ id }) => id).sort((a, b) => a - b),
    )
    expect(counts.uidNext).toBe((model.usedUids.get(mailbox) ?? 0) + 1)
    expect(counts.size).toBe(expected.reduce((sum, email) => sum + email.raw.length, 0))
    for (const { modseq } of entries) expect(modseq).toBeLessThanOrEqual(counts.highestModSeq)
  }
  for (const email of model.emails.values()) {
    const stored = store.email(email.id)
    const shown = shownIn(email).map((mailbox) => `${mailbox}:${model.uid(email, mailbox)}`)
    const places = stored?.places.map(({ mailboxId, uid }) => `${mailboxId}:${uid}`)
    expect(places?.sort()).toEqual(shown.length === 0 ? undefined : shown.sort())
    expect(new TextDecoder().decode(store.raw(email.id))).toBe(email.raw)
  }
  const all = visible(model)
    .map(({ id }) => id)
    .sort((a, b) => b - a)
  expect(store.query({ calculateTotal: true })).toMatchObject({ ids: all, total: all.length })
  const threads = new Map(
    [...visibleThreads(model)].map((thread) => [
      thread,
      all.filter((id) => model.threads.get(id) === thread).reverse(),
    ]),
  )
  expect(store.threads([...new Set(model.threads.values())])).toEqual(threads)
  const used = [...model.emails.values()].reduce((sum, email) => sum + email.raw.length, 0)
  expect(store.quota()).toMatchObject({ used, count: model.emails.size })
}

function setup(): { model: Model; real: Real } {
  const fixture = openStore()
  const real: Real = { fixture, store: fixture.store, uids: new Map() }
  follow(real)
  const model = new Model(fixture.store.mailboxes().map(({ id }) => id))
  snapshot(model, real.store)
  return { model, real }
}

const box = fc.nat(8)
const picks = fc.array(fc.nat(20), { minLength: 1, maxLength: 4 })
const names = fc.subarray([...keywords])
/** An APPEND that brings `\Deleted` along is rare. */
const mark = fc.nat(5).map((n) => n === 0)

test('after any sequence of operations and restarts the store is what a plain model says', () => {
  const commands = [
    fc.tuple(fc.array(box, { minLength: 1, maxLength: 3 }), fc.nat(2), fc.nat(9), mark).map((given) => add(...given)),
    fc
      .tuple(box, picks, names, fc.constantFrom('add', 'remove', 'replace'), fc.boolean())
      .map((given) => flag(...given)),
    fc.tuple(fc.constantFrom('copy', 'move'), box, picks, box).map((given) => copyOrMove(...given)),
    fc.tuple(box, picks).map((given) => expunge(...given)),
    picks.map(destroy),
    fc.tuple(fc.nat(20), fc.array(box, { minLength: 1, maxLength: 3 }), names).map((given) => relabel(...given)),
    fc.nat(3).map(newMailbox),
    fc.nat(8).map(removeMailbox),
    fc.tuple(box, picks).map((given) => failing(...given)),
    fc.constant(reopen()),
    fc.constant(remember()),
    fc.constant(check()),
  ]
  fc.assert(
    fc.property(fc.commands(commands, { maxCommands: 60, size: 'max' }), (sequence) => {
      fc.modelRun(setup, [...sequence, check(), reopen(), check()])
    }),
    { numRuns: 60, interruptAfterTimeLimit: 15_000, markInterruptAsFailure: false },
  )
}, 60_000)
