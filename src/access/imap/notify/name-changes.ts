/**
 * LIST responses for mailboxes that came, went, were renamed or subscribed.
 *
 * Standards: RFC 5465 §5.4 (MailboxName), §5.5 (SubscriptionChange), RFC 5258 §4 (extended data).
 */
import type { MailboxId, ObjectChanges } from '../../../mailbox/index.ts'
import type { NotifyEvent } from '../../../protocol/imap/index.ts'
import { listLine } from '../command/list-line.ts'
import type { Context } from '../context.ts'
import { delimiter, namedMailboxes } from '../mailbox-names.ts'
import type { SourcedMailbox } from '../mailbox-source.ts'
import type { KnownMailbox, KnownMailboxes } from './known-mailboxes.ts'

export interface Places {
  readonly before: KnownMailboxes
  readonly after: KnownMailboxes
  readonly wanted: (mailbox: SourcedMailbox) => ReadonlySet<NotifyEvent>
}

/** Names and what is to be said of each, once. */
export function nameChanges(
  context: Context,
  { created, updated, destroyed }: ObjectChanges<MailboxId>,
  { before, after, wanted }: Places,
): Map<string, string> {
  const lines = new Map<string, string>()
  const list = (name: string, oldName?: string): void => {
    if (oldName === undefined && lines.has(name)) return
    lines.set(name, lineOf(context, name, oldName))
  }
  /** RFC 5465 §5.4: what lies directly above is affected too. */
  const above = (name: string): void => {
    const end = name.lastIndexOf(delimiter)
    const parent = end < 0 ? undefined : name.slice(0, end)
    // Levels above what others share are no mailboxes.
    if (context.store.namePrefix !== undefined && !namedMailboxes(context.store).has(parent ?? '')) return
    if (parent !== undefined && wanted(findByName(after, parent)).has('MailboxName')) list(parent)
  }
  for (const id of destroyed) {
    const was = before.get(id)
    if (was === undefined) continue
    const events = wanted(was)
    if (events.has('MailboxName') || (was.isSubscribed && events.has('SubscriptionChange'))) list(was.name)
    above(was.name)
  }
  for (const id of created) {
    const now = after.get(id)
    if (now === undefined) continue
    const events = wanted(now)
    if (events.has('MailboxName') || (now.isSubscribed && events.has('SubscriptionChange'))) list(now.name)
    above(now.name)
  }
  for (const id of updated) {
    const [was, now] = [before.get(id), after.get(id)]
    if (was === undefined || now === undefined) continue
    const events = new Set([...wanted(was), ...wanted(now)])
    // Those below are renamed with it, and nothing is said of them (RFC 5465 §5.4).
    const renamed = was.level !== now.level || was.parentId !== now.parentId
    if (renamed && was.name !== now.name && events.has('MailboxName')) list(now.name, was.name)
    if (was.isSubscribed !== now.isSubscribed && events.has('SubscriptionChange')) list(now.name)
  }
  return lines
}

function lineOf(context: Context, name: string, oldName: string | undefined): string {
  const named = namedMailboxes(context.store).get(name)
  const written = context.mailboxName(name)
  if (named === undefined) return `* LIST (\\NonExistent) "${delimiter}" ${written}\r\n`
  const line = listLine(context, named, name, new Set(['subscribed']))
  if (oldName === undefined) return line
  return `${line.slice(0, -2)} ("OLDNAME" (${context.mailboxName(oldName)}))\r\n`
}

function findByName(mailboxes: KnownMailboxes, name: string): SourcedMailbox {
  for (const known of mailboxes.values()) if (known.name === name) return known
  return { name, isSubscribed: false, role: null } satisfies Pick<KnownMailbox, keyof SourcedMailbox>
}
