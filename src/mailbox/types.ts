/**
 * The nouns of the store as its callers see them.
 *
 * Times are milliseconds since the epoch, sizes are octets, ids are numbers (see ids.ts for their text forms).
 */
import type { MessageSummary } from '../format/index.ts'
import type {
  BlobNumber,
  CredentialId,
  EmailId,
  IdentityId,
  MailboxId,
  ModSeq,
  SubmissionId,
  ThreadId,
  Uid,
} from './ids.ts'
import type { Octets } from './put-octets.ts'

/** Special uses that a mailbox may have (RFC 8621 §2 `role`, RFC 6154); each at most once per account. */
export type MailboxRole =
  | 'inbox'
  | 'archive'
  | 'drafts'
  | 'important'
  | 'junk'
  | 'memos'
  | 'scheduled'
  | 'sent'
  | 'snoozed'
  | 'templates'
  | 'trash'

/** A mailbox (RFC 8621 §2). `name` is one path component in NFC; IMAP joins the path. */
export interface Mailbox {
  readonly id: MailboxId
  readonly name: string
  readonly parentId: MailboxId | null
  readonly role: MailboxRole | null
  readonly sortOrder: number
  readonly isSubscribed: boolean
  readonly uidValidity: number
  /** When its own properties last changed; counts do not move it. */
  readonly modseq: ModSeq
}

export interface NewMailbox {
  readonly name: string
  readonly parentId?: MailboxId | null
  readonly role?: MailboxRole | null
  readonly sortOrder?: number
  readonly isSubscribed?: boolean
}

export type MailboxPatch = Partial<Omit<NewMailbox, never>>

/**
 * Numbers about one mailbox. `visible`, `visibleUnread` and threads as JMAP counts them (RFC 8621 §2), without what is
 * marked `\Deleted` (§4.1.1); the others as IMAP STATUS does (RFC 9051 §6.3.11).
 */
export interface MailboxCounts {
  readonly total: number
  /** Messages with neither `$seen` nor `$draft`. */
  readonly unread: number
  /** Messages without `\Seen` (IMAP STATUS UNSEEN: drafts count). */
  readonly unseen: number
  /** Placements marked `\Deleted` (IMAP STATUS DELETED). */
  readonly deleted: number
  /** `totalEmails` and `unreadEmails`. */
  readonly visible: number
  readonly visibleUnread: number
  readonly totalThreads: number
  readonly unreadThreads: number
  readonly uidNext: number
  readonly uidValidity: number
  /** The account's counter when anything in this mailbox last changed; at least 1. */
  readonly highestModSeq: number
  /** Sum of the message sizes. */
  readonly size: number
}

/** Where an email lies: one mailbox and its UID there. */
export interface Place {
  readonly mailboxId: MailboxId
  readonly uid: Uid
}

/** What the store keeps about one email, without its bytes. Immutable but for `places` and keywords. */
export interface Email {
  readonly id: EmailId
  readonly threadId: ThreadId
  readonly blob: BlobNumber
  readonly size: number
  /** With every line ended by CRLF; undefined for an email from before this was counted. See `MailStore.crlfSizes`. */
  readonly crlfSize: number | undefined
  /** In the form without UTF-8 in headers, where that is another; undefined too for an email from before there was one. */
  readonly surrogateSize: number | undefined
  readonly receivedAt: number
  readonly sentAt: number | undefined
  /** Minutes east of UTC in the Date field. */
  readonly sentZone: number
  /** Never empty; in order of arrival. */
  readonly places: readonly Place[]
  readonly hasAttachment: boolean
  /** Octets before the body, the empty line included. */
  readonly headerSize: number
  /** Without angle brackets. */
  readonly messageId: string | undefined
  /** RFC 2047 decoded. */
  readonly subject: string
  /** RFC 5256 §2.1. */
  readonly baseSubject: string
  readonly preview: string
  /** IMAP ENVELOPE value (RFC 9051 §7.5.2), one char per octet. `readEnvelope` takes it apart. */
  readonly envelope: string
  /** IMAP BODYSTRUCTURE value with extension data, one char per octet. */
  readonly bodyStructure: string
  /** The MIME tree with offsets, for format's `decodeParts`. */
  readonly parts: string
}

export interface NewEmail {
  /** What `Incoming.message` gave, or just the octets: then they are stored inline. */
  readonly raw: Octets
  /** At least one, all existing. */
  readonly mailboxIds: readonly MailboxId[]
  /** Keywords in any case; `\Deleted` (see `deleted`) is allowed and stays with the placements. */
  readonly keywords?: readonly string[]
  /** Default: now. */
  readonly receivedAt?: number
  /** When the caller has parsed the message already. */
  readonly summary?: MessageSummary
}

/** A change of a set: `replace` first, then `remove`, then `add`. */
export interface SetPatch<T> {
  readonly replace?: readonly T[]
  readonly add?: readonly T[]
  readonly remove?: readonly T[]
}

export interface EmailUpdate {
  readonly id: EmailId
  readonly keywords?: SetPatch<string>
  readonly mailboxIds?: SetPatch<MailboxId>
}

/** What `setFlags` did (RFC 7162 §3.1.3). */
export interface FlagOutcome {
  /** UIDs whose flags are now different; they all have mod-sequence `modseq`. Ascending. */
  readonly changed: readonly Uid[]
  /** UIDs that were left alone because they changed after `unchangedSince` (the MODIFIED response code). Ascending. */
  readonly modified: readonly Uid[]
  readonly modseq: ModSeq
}

/** COPYUID (RFC 4315 §3): `source[i]` became `destination[i]`. Both ascending. */
export interface CopyOutcome {
  readonly uidValidity: number
  readonly source: readonly Uid[]
  readonly destination: readonly Uid[]
}

/** RFC 8621 §8. Times in milliseconds. */
export interface VacationResponse {
  readonly isEnabled: boolean
  readonly fromDate: number | null
  readonly toDate: number | null
  readonly subject: string | null
  readonly textBody: string | null
  readonly htmlBody: string | null
}

/** The columns that `envelopes` can read beside uid and email id. */
export type EnvelopeColumn =
  | 'envelope'
  | 'bodyStructure'
  | 'parts'
  | 'headerSize'
  | 'size'
  | 'receivedAt'
  | 'preview'
  | 'subject'
  | 'sentAt'
  | 'savedAt'

/** One row of `envelopes`; columns that were not asked for are undefined. */
export interface EnvelopeRow {
  readonly uid: Uid
  readonly emailId: EmailId
  readonly envelope?: string
  readonly bodyStructure?: string
  readonly parts?: string
  readonly headerSize?: number
  readonly size?: number
  readonly receivedAt?: number
  readonly preview?: string
  /** When it came into this mailbox (RFC 8514), milliseconds. */
  readonly savedAt?: number
  readonly subject?: string
  readonly sentAt?: number | null
}

/** An uploaded or derived blob. */
export interface Blob {
  readonly bytes: Uint8Array
  /** Media type: `message/rfc822`, the part's type, or what the uploader said. */
  readonly type: string
  readonly size: number
}

/** A blob whose octets are stored as they are: a run of those of a message or an upload. */
export interface BlobExtent {
  readonly blob: BlobNumber
  readonly start: number
  /** Exclusive. */
  readonly end: number
  /** As of `Blob`. */
  readonly type: string
}

export interface Upload {
  readonly blob: BlobNumber
  readonly type: string
  readonly size: number
  readonly expiresAt: number
}

export interface IdentityAddress {
  readonly name: string | null
  readonly email: string
}

/** RFC 8621 §6. */
export interface Identity {
  readonly id: IdentityId
  readonly name: string
  /** Immutable. */
  readonly email: string
  readonly replyTo: readonly IdentityAddress[] | null
  readonly bcc: readonly IdentityAddress[] | null
  readonly textSignature: string
  readonly htmlSignature: string
  readonly mayDelete: boolean
}

export type NewIdentity = Pick<Identity, 'email'> & Partial<Omit<Identity, 'id' | 'email'>>
export type IdentityPatch = Partial<Omit<Identity, 'id' | 'email' | 'mayDelete'>>

/** RFC 8621 §7. */
export interface Submission {
  readonly id: SubmissionId
  readonly identityId: IdentityId
  readonly emailId: EmailId
  readonly threadId: ThreadId
  /** JMAP's Envelope object, as the access room writes it. */
  readonly envelope: unknown
  readonly sendAt: number
  readonly undoStatus: 'pending' | 'final' | 'canceled'
  /** JMAP's deliveryStatus map or null. */
  readonly deliveryStatus: unknown
  /** What the queues report about it under; null for one that was made without. */
  readonly tag: string | null
  /** While pending: the message, kept though its email may be destroyed meanwhile. */
  readonly heldBlob: BlobNumber | null
  /** While pending: when it is handed over, or tried again. */
  readonly nextAttempt: number | null
  /** Attempts to hand it over that failed. */
  readonly attempts: number
  /** JMAP blob ids of reports about it (RFC 3464, RFC 8098), oldest first. */
  readonly dsnBlobIds: readonly string[]
  readonly mdnBlobIds: readonly string[]
}

/** With `hold`, the message's blob is kept until the submission is pending no more. */
export type NewSubmission = Pick<
  Submission,
  'identityId' | 'emailId' | 'threadId' | 'envelope' | 'sendAt' | 'undoStatus' | 'deliveryStatus'
> & { readonly tag?: string; readonly hold?: BlobNumber }
export type SubmissionPatch = Partial<
  Pick<
    Submission,
    'undoStatus' | 'deliveryStatus' | 'sendAt' | 'nextAttempt' | 'attempts' | 'dsnBlobIds' | 'mdnBlobIds'
  >
>

/** RFC 8620 §7.2. */
export interface PushSubscription {
  /** Random: it must not name another one later. */
  readonly id: string
  /** Who may see it; it ends with them. */
  readonly credentialId: CredentialId
  readonly deviceClientId: string
  readonly url: string
  /** URL-safe base64 (RFC 8291). */
  readonly keys: { readonly p256dh: string; readonly auth: string } | null
  /** Null: all. */
  readonly types: readonly string[] | null
  readonly expiresAt: number
  /** What the client must send back. */
  readonly verificationCode: string
  /** `new`: the code was not taken yet by the push service; `asked`: it was; `verified`: the client sent it back. */
  readonly progress: 'new' | 'asked' | 'verified'
  /** The account's state that was told last. */
  readonly toldState: ModSeq
  /** Since the last success. */
  readonly failures: number
  /** No attempt before this time. */
  readonly notBefore: number
}

export type NewPushSubscription = Omit<PushSubscription, 'progress' | 'toldState' | 'failures' | 'notBefore'>
export type PushSubscriptionPatch = Partial<
  Pick<PushSubscription, 'types' | 'expiresAt' | 'progress' | 'toldState' | 'failures' | 'notBefore'>
>

export type CredentialKind = 'password' | 'app' | 'token'

/** A way to log in, without its secret. */
export interface Credential {
  readonly id: CredentialId
  readonly kind: CredentialKind
  readonly name: string
  readonly createdAt: number
  /** To the day; undefined when never used. */
  readonly lastUsedAt: number | undefined
}

export interface Quota {
  /** Octets of all emails. */
  readonly used: number
  readonly count: number
  /** Octets allowed; undefined: no limit. */
  readonly limit: number | undefined
}

export interface AccountFacts {
  readonly address: string
  readonly name: string
  readonly createdAt: number
  readonly quota: number | undefined
  /** In which its people want to be written to by us (RFC 5646). */
  readonly language: string | undefined
}

/** What is there and undefined is taken away. */
export interface AccountPatch {
  readonly name?: string
  readonly quota?: number | undefined
  readonly language?: string | undefined
}

export interface NewAccount {
  readonly address: string
  readonly name?: string
  readonly quota?: number
  /** See `PushSubscriptions.serverKey`. */
  readonly pushKey?: string
}
