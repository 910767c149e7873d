import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatRights, type MailboxId, type Right, type Rights, StoreError } from '../../src/mailbox/index.ts'
import { message, openStore } from './fixture.ts'
import {
  checkHistory,
  compare,
  type Guest,
  guests,
  may,
  ownersEmails,
  pick,
  rightsOf,
  snapshot,
  type World,
} from './shared-view.ts'

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
