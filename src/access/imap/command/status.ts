/**
 * `STATUS`.
 *
 * Standards: RFC 9051 §6.3.11, §7.3.4; RFC 7162 §3.1.7, RFC 8474 §4.3, RFC 7889 §5, RFC 9208 §4.1.4.
 */
import { formatMailboxId, type MailboxView } from '../../../mailbox/index.ts'
import type { ImapCommand, StatusItem } from '../../../protocol/imap/index.ts'
import type { Completion, Context } from '../context.ts'
import { expectMailbox, type NamedMailbox } from '../mailbox-names.ts'

export function status(context: Context, command: Extract<ImapCommand, { name: 'STATUS' }>): Completion {
  const named = expectMailbox(context.store, command.mailbox)
  context.output.text(statusLine(context, named, command.items))
  if (command.items.includes('HIGHESTMODSEQ')) context.enabled.add('CONDSTORE')
  return { text: 'STATUS completed' }
}

/** The untagged response for one mailbox. */
export function statusLine(context: Context, { mailbox, name }: NamedMailbox, items: readonly StatusItem[]): string {
  const counts = context.store.counts(mailbox.id)
  const values: Record<StatusItem, number | string> = {
    MESSAGES: counts.total,
    RECENT: 0,
    UIDNEXT: counts.uidNext,
    UIDVALIDITY: counts.uidValidity,
    UNSEEN: counts.unseen,
    DELETED: counts.deleted,
    'DELETED-STORAGE': items.includes('DELETED-STORAGE') ? deletedStorage(context.store.view(mailbox.id)) : 0,
    SIZE: counts.size,
    HIGHESTMODSEQ: counts.highestModSeq,
    MAILBOXID: `(${formatMailboxId(mailbox.id)})`,
    APPENDLIMIT: context.limits.appendLimit,
  }
  const pairs = items.map((item) => `${item} ${values[item]}`)
  return `* STATUS ${context.mailboxName(name)} (${pairs.join(' ')})\r\n`
}

/** Octets that EXPUNGE would free. */
function deletedStorage(view: MailboxView): number {
  let octets = 0
  for (let row = 0; row < view.length; row++) if (view.isDeletedAt(row)) octets += view.sizes[row] as number
  return octets
}
