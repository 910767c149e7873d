/**
 * Mail as JMAP's methods see it: an account's own (`MailStore`), or what of it is shared with somebody (`SharedMail`).
 *
 * Each method says what it does at `MailStore`. What the one who looks may not see does not exist for them; what they may
 * not change is refused with `forbidden` before anything is changed.
 *
 * Standards: RFC 8621 §2 (myRights), RFC 9670.
 */
import type { StoreError } from './errors.ts'
import type { BlobNumber, BlobRef, EmailId, MailboxId, ModSeq, ThreadId } from './ids.ts'
import type { Incoming } from './incoming.ts'
import type { StoreLimits } from './limits.ts'
import type { Octets } from './put-octets.ts'
import type { Query, QueryResult } from './query/query.ts'
import type { Rights } from './rights.ts'
import type { Changes, ChangeType } from './changes.ts'
import type {
  Blob,
  BlobExtent,
  Email,
  EmailUpdate,
  Mailbox,
  MailboxCounts,
  MailboxPatch,
  NewEmail,
  NewMailbox,
  Quota,
  Upload,
} from './types.ts'

/** A mailbox's numbers as JMAP counts them. */
export type ShownCounts = Pick<MailboxCounts, 'visible' | 'visibleUnread' | 'totalThreads' | 'unreadThreads'>

export interface Mail {
  /** False: somebody else's, who shares it. */
  readonly isOwn: boolean
  readonly limits: StoreLimits
  /** The owner's counter, whoever looks. */
  readonly state: ModSeq
  transaction<T>(work: () => T): T
  reading<T>(work: () => T): Promise<T>
  incoming(): Incoming

  mailboxes(): readonly Mailbox[]
  /** `isSubscribed` is the subscription of the one who looks; `parentId` is null when they do not see the parent. */
  mailbox(id: MailboxId): Mailbox | undefined
  /** What the one who looks may do with a mailbox; `''` when it does not exist for them. */
  rightsTo(id: MailboxId): Rights
  createMailbox(mailbox: NewMailbox): Mailbox
  updateMailbox(id: MailboxId, patch: MailboxPatch): Mailbox
  destroyMailbox(id: MailboxId, options?: { removeEmails?: boolean }): void
  counts(id: MailboxId): ShownCounts

  add(emails: readonly NewEmail[]): Email[]
  email(id: EmailId): Email | undefined
  emails(ids: readonly EmailId[]): Email[]
  keywordsOf(email: Email): readonly string[]
  mailboxIdsOf(email: Email): readonly MailboxId[]
  raw(id: EmailId): Uint8Array | undefined
  slice(id: EmailId, start: number, end: number): Uint8Array | undefined
  update(updates: readonly EmailUpdate[]): ReadonlyMap<EmailId, StoreError>
  destroy(ids: readonly EmailId[]): ReadonlyMap<EmailId, StoreError>
  threads(ids: readonly ThreadId[]): ReadonlyMap<ThreadId, readonly EmailId[]>

  /** Undefined for types that are not mail, unless it is one's own. */
  changes(type: ChangeType, since: number, max?: number, until?: number): Changes | undefined
  query(query: Query): QueryResult

  putUpload(bytes: Octets, type: string): Upload
  /** Uploads belong to whoever made them. */
  blob(ref: BlobRef): Blob | undefined
  extent(ref: BlobRef): BlobExtent | undefined
  /** Of an extent that `extent` gave. */
  octets(extent: BlobExtent, start: number, end: number): Uint8Array | undefined
  emailsOfBlob(blob: BlobNumber): EmailId[]

  quota(): Quota
}
