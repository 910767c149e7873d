/**
 * Mail as an IMAP session works on it: an account's own (`MailStore`), or what of it is shared with somebody (`GuestMail`).
 *
 * Each method says what it does at `MailStore`. Of a guest the rights are looked up with every call: what they may not look up
 * is not there (`notFound`), what they may not do is `forbidden`, and nothing has been changed then.
 *
 * Standards: RFC 9051, RFC 4314 §4.
 */
import type { Annotations } from './annotations.ts'
import type { Grants } from './grants.ts'
import type { EmailId, MailboxId, ModSeq, Uid } from './ids.ts'
import type { Incoming } from './incoming.ts'
import type { StoreLimits } from './limits.ts'
import type { Query, QueryResult } from './query/query.ts'
import type { Rights } from './rights.ts'
import type { EmailSet, SearchedText } from './search/text-index.ts'
import type { ShareTellings } from './share-tellings.ts'
import type {
  CopyOutcome,
  Email,
  EnvelopeColumn,
  EnvelopeRow,
  FlagOutcome,
  Mailbox,
  MailboxCounts,
  MailboxPatch,
  MailboxRole,
  NewEmail,
  NewMailbox,
  Quota,
  SetPatch,
} from './types.ts'
import type { MailboxView } from './view.ts'

export interface SessionMail {
  /** What stands before the names of mailboxes that are somebody else's; absent for one's own. */
  readonly namePrefix?: string
  readonly limits: StoreLimits
  readonly state: ModSeq
  readonly grants: Pick<Grants, 'of' | 'set'>
  readonly shareTellings: Pick<ShareTellings, 'all'>
  readonly annotations: Pick<Annotations, 'of' | 'set'>
  transaction<T>(work: () => T): T
  reading<T>(work: () => T): Promise<T>
  incoming(): Incoming
  quota(): Quota

  mailboxes(): readonly Mailbox[]
  mailbox(id: MailboxId): Mailbox | undefined
  mailboxByRole(role: MailboxRole): Mailbox | undefined
  mailboxPath(id: MailboxId): readonly string[]
  rightsTo(id: MailboxId): Rights
  counts(id: MailboxId): MailboxCounts
  createMailbox(mailbox: NewMailbox): Mailbox
  updateMailbox(id: MailboxId, patch: MailboxPatch): Mailbox
  destroyMailbox(id: MailboxId, options?: { removeEmails?: boolean }): void
  /** To subscribe somebody to what they are given. */
  sharedWith(principal: string): { updateMailbox(id: MailboxId, patch: { isSubscribed: boolean }): unknown } | undefined

  view(mailbox: MailboxId): MailboxView
  add(emails: readonly NewEmail[]): Email[]
  setFlags(mailbox: MailboxId, uids: readonly number[], change: SetPatch<string>, unchangedSince?: number): FlagOutcome
  copy(mailbox: MailboxId, uids: readonly number[], to: MailboxId): CopyOutcome
  move(mailbox: MailboxId, uids: readonly number[], to: MailboxId): CopyOutcome
  expunge(mailbox: MailboxId, uids: readonly number[]): Uid[]
  expungedSince(mailbox: MailboxId, modseq: number): Uid[] | undefined
  vanishedSince(mailbox: MailboxId, modseq: number): Uid[] | undefined
  envelopes(
    mailbox: MailboxId,
    uids: readonly number[] | { readonly from: number; readonly to: number },
    columns: readonly EnvelopeColumn[],
  ): Generator<EnvelopeRow>

  raw(id: EmailId): Uint8Array | undefined
  slice(id: EmailId, start: number, end: number): Uint8Array | undefined
  inlineMessages(ids: readonly EmailId[]): ReadonlyMap<EmailId, Uint8Array>
  query(query: Query): QueryResult
  mayContain(text: string, where: SearchedText): EmailSet | undefined
}
