/**
 * What has happened in mailboxes that a guest watches but has not selected: the difference between now and what they were told.
 *
 * Standards: RFC 5465 §5.1–5.5. Of annotations nothing is told: who changed which is not kept.
 */
import type { MailboxId, ObjectChanges, Uid } from '../../../mailbox/index.ts'
import type { NotifyEvent, NotifyGroup } from '../../../protocol/imap/index.ts'
import { statusLine } from '../command/status.ts'
import type { Context } from '../context.ts'
import { namedMailboxes } from '../mailbox-names.ts'
import { isIn, type SourcedMailbox } from '../mailbox-source.ts'
import { figuresFor, firstFigures } from '../notify/figures.ts'
import { knownMailboxes, type KnownMailbox, type KnownMailboxes } from '../notify/known-mailboxes.ts'
import { nameChanges } from '../notify/name-changes.ts'
import type { SeenMailboxes } from '../others/seen-mailboxes.ts'

/** Tells the news since `seen`, and gives what the guest knows then. Without it, the first figures if they are wanted. */
export function tellGuest(
  context: Context,
  groups: readonly NotifyGroup[],
  seen: SeenMailboxes | undefined,
  first: boolean,
): SeenMailboxes {
  const after = knownMailboxes(context.store)
  const wanted = (mailbox: SourcedMailbox): ReadonlySet<NotifyEvent> =>
    new Set(groups.filter(({ of }) => isIn(mailbox, of)).flatMap(({ events }) => events))
  if (seen !== undefined) {
    const before = knownBefore(seen)
    const lines = nameChanges(context, difference(before, after), { before, after, wanted })
    for (const line of lines.values()) context.output.text(line)
  }
  for (const named of namedMailboxes(context.store).values()) {
    const { mailbox, name } = named
    if (mailbox.id === context.selected?.mailbox || !context.store.rightsTo(mailbox.id).includes('r')) continue
    const events = wanted({ ...mailbox, name })
    const known = seen?.mailboxes.some(([id]) => id === mailbox.id) === true
    const items = known
      ? figuresFor(events, happenedSince(context, mailbox.id, seen.told), context.modSeq)
      : first
        ? firstFigures(events)
        : []
    if (items.length > 0) context.output.text(statusLine(context, named, items))
  }
  return seenNow(context, after)
}

function happenedSince({ store }: Context, mailbox: MailboxId, told: number): ReadonlySet<NotifyEvent> {
  const happened = new Set<NotifyEvent>()
  // Most mailboxes are as they were.
  if (store.counts(mailbox).highestModSeq <= told) return happened
  const changed = store.view(mailbox).changedSince(told)
  if (changed.some((uid: Uid) => uid > told)) happened.add('MessageNew')
  if (changed.some((uid: Uid) => uid <= told)) happened.add('FlagChange')
  if (store.expungedSince(mailbox, told)?.length !== 0) happened.add('MessageExpunge')
  return happened
}

function difference(before: KnownMailboxes, after: KnownMailboxes): ObjectChanges<MailboxId> {
  return {
    created: [...after.keys()].filter((id) => !before.has(id)),
    updated: [...after.keys()].filter((id) => before.has(id)),
    destroyed: [...before.keys()].filter((id) => !after.has(id)),
  }
}

function seenNow({ store }: Context, known: KnownMailboxes): SeenMailboxes {
  const mailboxes = Array.from(known, ([id, { name, parentId, isSubscribed }]) => {
    return [id, name, parentId, isSubscribed ? 1 : 0] as const
  })
  return { told: store.state, mailboxes }
}

function knownBefore({ mailboxes }: SeenMailboxes): KnownMailboxes {
  return new Map(
    mailboxes.map(([id, name, parentId, isSubscribed]): [MailboxId, KnownMailbox] => [
      id as MailboxId,
      {
        name,
        level: name.slice(name.lastIndexOf('/') + 1),
        parentId: parentId as MailboxId | null,
        isSubscribed: isSubscribed === 1,
        role: null,
      },
    ]),
  )
}
