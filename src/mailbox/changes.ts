/**
 * What changed: by a transaction, and since a state.
 *
 * Standards: RFC 8620 §5.2 (/changes), RFC 9051 §7.5 (what IMAP sessions are told).
 */
import type { EmailId, IdentityId, MailboxId, ModSeq, SubmissionId, ThreadId, Uid } from './ids.ts'

/** What one outermost transaction changed. Ids created *and* destroyed in it appear nowhere but in `placements`. */
export interface Commit {
  readonly previousState: ModSeq
  readonly state: ModSeq
  readonly emails: ObjectChanges<EmailId>
  /** `counts`: mailboxes whose numbers may have changed. */
  readonly mailboxes: ObjectChanges<MailboxId> & { readonly counts: ReadonlySet<MailboxId> }
  readonly identities: ObjectChanges<IdentityId>
  readonly submissions: ObjectChanges<SubmissionId>
  readonly vacation: boolean
  /** Principals whose rights to a mailbox changed, perhaps `anyone`. */
  readonly grants: ReadonlySet<string>
  /** Entries of annotations that were set or removed, by mailbox; of the account itself without one. */
  readonly annotations: ReadonlyMap<MailboxId | undefined, ReadonlySet<string>>
  /** Notices of what others share came or went (`shareNotifications`). */
  readonly notifications: boolean
  /** The quota's limit changed, or there is one and octets were added or removed. */
  readonly quota: boolean
  /** Threads with an email created or destroyed, or that JMAP sees no longer or again. */
  readonly threads: ReadonlySet<ThreadId>
  /** For IMAP: what happened to the messages of each mailbox. UIDs ascending; a UID added and expunged at once is in neither. */
  readonly placements: ReadonlyMap<MailboxId, PlacementChanges>
}

export interface ObjectChanges<Id> {
  readonly created: readonly Id[]
  readonly updated: readonly Id[]
  readonly destroyed: readonly Id[]
}

export interface PlacementChanges {
  readonly added: readonly Uid[]
  /** Flags or keywords differ. */
  readonly changed: readonly Uid[]
  readonly expunged: readonly Uid[]
}

export type ChangeType =
  | 'Email'
  | 'Thread'
  | 'Mailbox'
  | 'Identity'
  | 'EmailSubmission'
  | 'VacationResponse'
  | 'Quota'
  | 'ShareNotification'

/** JMAP /changes (RFC 8620 §5.2) with numbers for ids. */
export interface Changes {
  readonly created: readonly number[]
  readonly updated: readonly number[]
  readonly destroyed: readonly number[]
  readonly newState: ModSeq
  readonly hasMoreChanges: boolean
  /** For 'Mailbox' and 'Quota': true when every `updated` one differs in its counts alone (RFC 8621 §2.2, RFC 9425 §4.2). */
  readonly onlyCounts: boolean
}
