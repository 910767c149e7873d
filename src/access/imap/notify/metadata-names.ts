/**
 * Which annotations have changed.
 *
 * Standards: RFC 5465 §5.6 (MailboxMetadataChange), §5.7 (ServerMetadataChange), RFC 6154 §4 (`/private/specialuse`).
 */
import type { Commit, MailboxId } from '../../../mailbox/index.ts'
import type { NotifyWishes } from '../../../protocol/imap/index.ts'
import { specialUse } from '../mailbox-names.ts'
import { specialUseEntry } from '../metadata.ts'
import type { Places } from './name-changes.ts'

/** Entries by mailbox, the account's own without one, as far as this client wants them. */
export function metadataNames(
  { groups }: NotifyWishes,
  { annotations, mailboxes }: Commit,
  { before, after, wanted }: Places,
): Map<MailboxId | undefined, string[]> {
  const changed = new Map<MailboxId | undefined, string[]>()
  for (const [mailbox, entries] of annotations) changed.set(mailbox, [...entries])
  for (const id of mailboxes.updated) {
    const [was, now] = [before.get(id), after.get(id)]
    if (was === undefined || now === undefined || specialUse(was.role) === specialUse(now.role)) continue
    changed.set(id, [...(changed.get(id) ?? []), specialUseEntry])
  }
  const ofServer = groups.some(({ events }) => events.includes('ServerMetadataChange'))
  for (const mailbox of changed.keys()) {
    const known = mailbox === undefined ? undefined : after.get(mailbox)
    const told = mailbox === undefined ? ofServer : known && wanted(known).has('MailboxMetadataChange')
    if (!told) changed.delete(mailbox)
  }
  return changed
}
