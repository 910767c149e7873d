/** The mailboxes as they were, to see what has become of them. */
import type { MailboxId, SessionMail } from '../../../mailbox/index.ts'
import { namedMailboxes } from '../mailbox-names.ts'
import type { SourcedMailbox } from '../mailbox-source.ts'

export interface KnownMailbox extends SourcedMailbox {
  /** The last level of the name, and the mailbox above: a rename is a change of one of them. */
  readonly level: string
  readonly parentId: MailboxId | null
}

export type KnownMailboxes = ReadonlyMap<MailboxId, KnownMailbox>

export function knownMailboxes(store: SessionMail): KnownMailboxes {
  const known = new Map<MailboxId, KnownMailbox>()
  for (const { mailbox, name } of namedMailboxes(store).values()) {
    const { id, parentId, isSubscribed, role } = mailbox
    known.set(id, { name, level: mailbox.name, parentId, isSubscribed, role })
  }
  return known
}
