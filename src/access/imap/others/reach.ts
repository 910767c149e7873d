/**
 * Which accounts of others a command may be about that names many mailboxes at once.
 *
 * Standards: RFC 7377 §2.2, RFC 5465 §6. What is personal, and where mail arrives, is the user's own.
 */
import { delimiter } from '../mailbox-names.ts'
import type { MailboxSource } from '../mailbox-source.ts'
import { hostOf } from './names.ts'
import type { Owner } from './port.ts'

/** May this source name mailboxes of that account? */
export function reachesOwner(source: MailboxSource, owner: Owner): boolean {
  const { prefix } = hostOf(owner)
  switch (source.source) {
    case 'INBOXES':
    case 'PERSONAL':
      return false
    case 'SUBSCRIBED':
      return owner.isSubscribed
    case 'MAILBOXES':
      return source.mailboxes.some((name) => name.startsWith(prefix))
    case 'SUBTREE':
    case 'SUBTREE-ONE':
      return source.mailboxes.some((top) => {
        if (top.startsWith(prefix) || top + delimiter === prefix) return true
        return source.source === 'SUBTREE' && prefix.startsWith(top + delimiter)
      })
  }
}
