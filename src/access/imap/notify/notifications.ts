import type { Commit } from '../../../mailbox/index.ts'
import type { NotifyEvent, NotifyWishes } from '../../../protocol/imap/index.ts'

/** What a client that has used NOTIFY wants to be told, and what is waiting to be told it. */
export interface Notifications {
  readonly wishes: NotifyWishes
  /** Is this event of the selected mailbox to be told? */
  ofSelected(event: NotifyEvent): boolean
  /** EXPUNGE may be told whenever no command is in progress. */
  readonly isImmediate: boolean
  readonly hasNews: boolean
  /** Gathers what a commit means for this client. What it did itself (`own`) it knows already (RFC 5465 §5). */
  note(commit: Commit, own: boolean): void
  /** Tells what is waiting. False: it is too much, and nothing was told. */
  tell(): boolean
}
