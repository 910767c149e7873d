/**
 * Ways to name many mailboxes at once, as ESEARCH and NOTIFY have them.
 *
 * Standards: RFC 7377 §2.2, RFC 5465 §6.
 */
import type { MailboxRole } from '../../mailbox/index.ts'
import { canonical, delimiter } from './mailbox-names.ts'

export type MailboxSource =
  | { source: 'INBOXES' | 'PERSONAL' | 'SUBSCRIBED' }
  | { source: 'SUBTREE' | 'SUBTREE-ONE' | 'MAILBOXES'; mailboxes: readonly string[] }

/** A mailbox, perhaps one that is no more. */
export interface SourcedMailbox {
  /** The full name. */
  readonly name: string
  readonly isSubscribed: boolean
  readonly role: MailboxRole | null
}

export function isIn({ name, isSubscribed, role }: SourcedMailbox, source: MailboxSource): boolean {
  switch (source.source) {
    case 'PERSONAL':
      return true
    case 'SUBSCRIBED':
      return isSubscribed
    case 'INBOXES':
      return role === 'inbox'
    case 'MAILBOXES':
      return source.mailboxes.some((wanted) => canonical(wanted) === name)
    case 'SUBTREE':
      return source.mailboxes.some((top) => levelsBelow(name, canonical(top)) >= 0)
    case 'SUBTREE-ONE':
      return source.mailboxes.some((top) => [0, 1].includes(levelsBelow(name, canonical(top))))
  }
}

/** 0 for the mailbox itself, 1 for its children; -1 when it is not below. */
function levelsBelow(name: string, top: string): number {
  if (name === top) return 0
  if (!name.startsWith(top + delimiter)) return -1
  return name.slice(top.length).split(delimiter).length - 1
}
