/**
 * What the owner of mail tells the account of somebody whom it is shared with, as plain values.
 *
 * Each news is the whole picture at one state of the owner's counter, so that news may come twice, late, or not for every
 * change: only the newest counts.
 *
 * Standards: RFC 9670 §3 (Entity), §4.
 */
import type { MailboxId } from './ids.ts'
import type { Rights } from './rights.ts'

/** Somebody with an account here, as others may see them. */
export interface Person {
  /** The account's id, which is the principal's too. */
  readonly id: string
  readonly address: string
  readonly name: string
}

/** A mailbox somebody else shares. */
export interface SharedMailbox {
  readonly id: MailboxId
  readonly name: string
  readonly rights: Rights
}

export interface ShareNews {
  readonly owner: Person
  /** The owner's counter. */
  readonly version: number
  /** All that the reader of the news has rights to; empty: nothing is shared any more. */
  readonly mailboxes: readonly SharedMailbox[]
  /** Whether they are subscribed to one of them at least (RFC 9670 §1.4). */
  readonly isSubscribed: boolean
  /** Who changed the rights last. */
  readonly changedBy: Person
}
