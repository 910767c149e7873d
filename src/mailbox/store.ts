/**
 * The facade of the mail store: one account's nouns in one place. Each method delegates to the file of its noun.
 *
 * Standards: RFC 8621 (JMAP Mail), RFC 9051 (IMAP4rev2), RFC 7162 (CONDSTORE, QRESYNC), RFC 8474 (OBJECTID).
 * Security: callers have authenticated the account; every argument may still come from a hostile client.
 */
import { AccountStore } from './account-store.ts'
import type { StoreError } from './errors.ts'
import type { Grants } from './grants.ts'
import type { BlobNumber, BlobRef, EmailId, MailboxId, ThreadId, Uid } from './ids.ts'
import type { Incoming } from './incoming.ts'
import type { Mail } from './mail.ts'
import type { Octets } from './put-octets.ts'
import type { Query, QueryResult } from './query/query.ts'
import { allRights, noRights, type Rights } from './rights.ts'
import type { EmailSet, SearchedText } from './search/text-index.ts'
import { Guests } from './shared/guests.ts'
import type { SessionMail } from './session-mail.ts'
import type { Person } from './share-news.ts'
import type { SharedMail } from './shared/shared-mail.ts'
import type { Changes, ChangeType } from './changes.ts'
import type {
  Blob,
  BlobExtent,
  CopyOutcome,
  Email,
  EmailUpdate,
  EnvelopeColumn,
  EnvelopeRow,
  FlagOutcome,
  Mailbox,
  MailboxCounts,
  MailboxPatch,
  MailboxRole,
  NewEmail,
  NewMailbox,
  SetPatch,
  Upload,
} from './types.ts'
import type { MailboxView } from './view.ts'

/**
 * One account's mail. Cheap to construct: nothing is read or written before the first call, and an account that was
 * never created stays an empty database (`exists` is false; every other method but `create` throws `accountNotFound`).
 *
 * Operations that can be refused throw `StoreError` *before* changing anything. Unknown ids in lists are ignored
 * or reported as each method says.
 */
export class MailStore extends AccountStore implements Mail {
  readonly isOwn = true
  readonly #guests = new Guests(this)

  // mailboxes

  /** All, parents before children, siblings by sortOrder, then name. */
  mailboxes(): readonly Mailbox[] {
    return this.open().mailboxes.all()
  }

  mailbox(id: MailboxId): Mailbox | undefined {
    return this.open().mailboxes.get(id)
  }

  mailboxByRole(role: MailboxRole): Mailbox | undefined {
    return this.open().mailboxes.byRole(role)
  }

  /** Exact match of each component; the first matches `INBOX` in any case (RFC 9051 §5.1). */
  mailboxByPath(path: readonly string[]): Mailbox | undefined {
    return this.open().mailboxes.byPath(path)
  }

  /** Names from the top down to this mailbox. */
  mailboxPath(id: MailboxId): readonly string[] {
    return this.open().mailboxes.path(id)
  }

  /** Throws MailboxError `invalidProperties`, `tooManyMailboxes` (RFC 8621 §2.5). */
  createMailbox(mailbox: NewMailbox): Mailbox {
    const parts = this.open()
    return this.transaction(() => parts.mailboxes.create(mailbox))
  }

  /** Throws MailboxError `notFound`, `invalidProperties`. UIDs and UIDVALIDITY stay. */
  updateMailbox(id: MailboxId, patch: MailboxPatch): Mailbox {
    const parts = this.open()
    return this.transaction(() => parts.mailboxes.update(id, patch))
  }

  /**
   * Throws MailboxError `notFound`, `mailboxHasChild`, `mailboxHasEmail` (unless `removeEmails`: emails that are in no
   * other mailbox are destroyed; or all in it are marked `\Deleted`), `forbidden` for the inbox.
   */
  destroyMailbox(id: MailboxId, options: { removeEmails?: boolean } = {}): void {
    const parts = this.open()
    this.transaction(() => parts.destroyMailbox(id, options.removeEmails ?? false))
  }

  /** Throws MailboxError `notFound`. Loads views; cached until the next change. */
  counts(id: MailboxId): MailboxCounts {
    return this.open().counts.of(id)
  }

  // sharing

  /** Who else may do what (RFC 4314, RFC 9670). */
  get grants(): Grants {
    return this.open().grants
  }

  /** The owner may do everything. */
  rightsTo(id: MailboxId): Rights {
    return this.mailbox(id) === undefined ? noRights : allRights
  }

  /** The account's mail as a principal may see and change it; undefined when it sees no mailbox. */
  sharedWith(principal: string): SharedMail | undefined {
    return this.#guests.mailOf(principal, this.open())
  }

  /** The same for one command of somebody's IMAP session, where names begin with `namePrefix`. */
  guestSession(guest: Person, namePrefix: string): SessionMail | undefined {
    return this.#guests.sessionOf(guest, namePrefix, this.open())
  }

  // emails

  /**
   * Parses, threads and stores messages in one transaction; they get ascending ids and UIDs in the given order (the UID
   * equals the id in each of its mailboxes). Throws `invalidProperties` (no or unknown mailbox, bad keyword),
   * `tooManyKeywords`, `tooManyMailboxes`, `tooLarge`, `overQuota`; then none of them is stored.
   */
  add(emails: readonly NewEmail[]): Email[] {
    const parts = this.open()
    return this.transaction(() => parts.writer.add(emails))
  }

  /** As `emails`. */
  email(id: EmailId): Email | undefined {
    return this.emails([id])[0]
  }

  /**
   * Those that exist, in the order asked for. As JMAP sees them (RFC 8621 §4.1.1): `places` without those marked
   * `\Deleted`, and no email that is marked at all of them.
   */
  emails(ids: readonly EmailId[]): Email[] {
    const { reader, visibility } = this.open()
    return visibility.shown(reader.emails(ids))
  }

  /** Sorted, lower case, without `\Deleted`. */
  keywordsOf(email: Email): readonly string[] {
    return this.open().reader.keywordsOf(email)
  }

  mailboxIdsOf(email: Email): readonly MailboxId[] {
    return email.places.map((place) => place.mailboxId)
  }

  /** The message, byte for byte; undefined when there is no such email. The caller owns the array. Within `reading`. */
  raw(id: EmailId): Uint8Array | undefined {
    const parts = this.open()
    const blob = parts.reader.blobOf(id)
    return blob === undefined ? undefined : parts.blobs.read(blob)
  }

  /**
   * Whole messages in one statement: those of these emails that have no more than a row's octets (1 MiB and the header
   * section). The others are read by `raw` or `slice`. The caller bounds how many octets it asks for.
   */
  inlineMessages(ids: readonly EmailId[]): ReadonlyMap<EmailId, Uint8Array> {
    return this.open().reader.inlineMessages(ids)
  }

  /** Octets `start` (inclusive) to `end` (exclusive) of the message, clamped to it; reads only what it needs. Within `reading`. */
  slice(id: EmailId, start: number, end: number): Uint8Array | undefined {
    const parts = this.open()
    const blob = parts.reader.blobOf(id)
    return blob === undefined ? undefined : parts.blobs.slice(blob, start, end)
  }

  /**
   * Changes keywords and mailboxes of emails (JMAP Email/set update). Emails that cannot be changed so are left alone
   * and reported with the reason (`notFound`, `invalidProperties`, `tooManyKeywords`, `tooManyMailboxes`). Mailboxes where
   * an email is marked `\Deleted` are none of its mailboxes; putting it there takes the mark off.
   */
  update(updates: readonly EmailUpdate[]): ReadonlyMap<EmailId, StoreError> {
    const parts = this.open()
    return this.transaction(() => parts.updater.update(updates))
  }

  /** Removes emails from all mailboxes and for good. Ids unknown to `emails` are reported as `notFound`. */
  destroy(ids: readonly EmailId[]): ReadonlyMap<EmailId, StoreError> {
    const parts = this.open()
    return this.transaction(() => parts.updater.destroy(ids))
  }

  /** Ids of the thread's emails, as `emails` has them, by receivedAt, then id (RFC 8621 §3); empty when there is no such thread. */
  thread(id: ThreadId): readonly EmailId[] {
    return this.threads([id]).get(id) ?? []
  }

  /** Many threads in one pass; absent threads have no entry. */
  threads(ids: readonly ThreadId[]): ReadonlyMap<ThreadId, readonly EmailId[]> {
    return this.open().threads.of(ids)
  }

  // IMAP-shaped

  /** Throws `notFound`. Live: later writes show in it. Ask again after each await; do not keep it. */
  view(mailbox: MailboxId): MailboxView {
    const parts = this.open()
    parts.mailboxes.expect(mailbox)
    return parts.views.of(mailbox)
  }

  /**
   * Changes flags of the messages with these UIDs; unknown UIDs are ignored. Keywords change on the email, so in all
   * its mailboxes; `deletedFlag` only here. With `unchangedSince`, messages with a higher mod-sequence are left alone
   * (RFC 7162 §3.1.3). Throws `notFound`, `invalidProperties` (bad keyword), `tooManyKeywords`.
   */
  setFlags(
    mailbox: MailboxId,
    uids: readonly number[],
    change: SetPatch<string>,
    unchangedSince?: number,
  ): FlagOutcome {
    const parts = this.open()
    return this.transaction(() => parts.flags.set(mailbox, uids, change, unchangedSince))
  }

  /**
   * Puts messages into another mailbox too (RFC 9051 §6.4.7). Flags and internal date come along. Where the email is
   * there already, a new email that shares its bytes and thread is made. Throws `notFound`, `overQuota`.
   */
  copy(mailbox: MailboxId, uids: readonly number[], to: MailboxId): CopyOutcome {
    const parts = this.open()
    return this.transaction(() => parts.mover.copy(mailbox, uids, to))
  }

  /** RFC 6851: as `copy` and `expunge` in one; email ids stay. `to` may be the same mailbox: new UIDs. */
  move(mailbox: MailboxId, uids: readonly number[], to: MailboxId): CopyOutcome {
    const parts = this.open()
    return this.transaction(() => parts.mover.move(mailbox, uids, to))
  }

  /** Takes messages out of this mailbox, `\Deleted` or not; an email in no other mailbox is destroyed. Returns their UIDs. */
  expunge(mailbox: MailboxId, uids: readonly number[]): Uid[] {
    const parts = this.open()
    return this.transaction(() => parts.mover.expunge(mailbox, uids))
  }

  /**
   * UIDs that were in the mailbox at `modseq` and are gone, ascending (VANISHED, RFC 7162 §3.2.6); undefined when that
   * is before the history kept: then compare the client's UIDs with the view.
   */
  expungedSince(mailbox: MailboxId, modseq: number): Uid[] | undefined {
    return this.open().changeLog.expungedSince(mailbox, modseq)
  }

  /**
   * As `expungedSince`, with those of messages that came after `modseq` too: whoever has a state may have seen later
   * messages (RFC 7162 §3.2.5.1).
   */
  vanishedSince(mailbox: MailboxId, modseq: number): Uid[] | undefined {
    return this.open().changeLog.vanishedSince(mailbox, modseq)
  }

  /** UIDs added or changed after `modseq`, ascending. */
  changedSince(mailbox: MailboxId, modseq: number): Uid[] {
    return this.view(mailbox).changedSince(modseq)
  }

  /**
   * Reads stored columns of many messages, ascending by UID, a few hundred rows at a time, so 100,000 are never in
   * memory at once. `uids` is an ascending list or an inclusive range. Safe to pause between rows: rows removed
   * meanwhile are left out.
   */
  envelopes(
    mailbox: MailboxId,
    uids: readonly number[] | { readonly from: number; readonly to: number },
    columns: readonly EnvelopeColumn[],
  ): Generator<EnvelopeRow> {
    return this.open().reader.envelopes(mailbox, uids, columns)
  }

  // POP3-shaped

  /**
   * Octets with every line ended by CRLF (RFC 1939 §11), of the emails for which that is not their size; null when it was
   * never counted: `countCrlfSizes` does it.
   */
  crlfSizes(): ReadonlyMap<EmailId, number | null> {
    return this.open().crlfSizes.odd()
  }

  /** Octets of the surrogates of emails that have other than ASCII in a header (RFC 6858), lines ended by CRLF. */
  surrogateSizes(): ReadonlyMap<EmailId, number> {
    return this.open().crlfSizes.ofSurrogates()
  }

  /** Reads these emails, keeps what it counts, and gives that; without those that do not exist. Throws `unavailable`. */
  countCrlfSizes(ids: readonly EmailId[]): Promise<ReadonlyMap<EmailId, number>> {
    return this.open().crlfSizes.count(ids)
  }

  // JMAP-shaped

  /**
   * RFC 8620 §5.2, of what `emails` and `threads` give, up to the state `until` or the present one. Undefined: a state never
   * given out, too old, or one step above `max`.
   */
  changes(type: ChangeType, since: number, max?: number, until?: number): Changes | undefined {
    return this.open().changeLog.changes(type, since, max, until)
  }

  /** RFC 8621 §4.4. With text conditions within `reading`. Throws `anchorNotFound`, `unsupportedFilter`, `invalidArguments`. */
  query(query: Query): QueryResult {
    return this.open().query(query)
  }

  /**
   * Puts up to `limit` emails that are not yet in the full-text index into it, fewer when they are long, and returns how
   * many, 0 when none is left: for quiet times, so that a search need not. Throws `unavailable` when the blob store fails.
   */
  async indexPending(limit: number): Promise<number> {
    const parts = this.open()
    return await parts.reading(() => parts.textIndex.indexPending(limit))
  }

  /**
   * The emails that may contain a text as IMAP compares it, in these fields; undefined: any may. None is left out that
   * does, so whoever reads those left has the exact answer.
   */
  mayContain(text: string, where: SearchedText): EmailSet | undefined {
    return this.open().textIndex.mayContain(text, where)
  }

  // blobs

  /** The way in for octets that may be large, before the transaction that stores them. See incoming.ts. */
  incoming(): Incoming {
    return this.open().incoming()
  }

  /**
   * The result of synchronous work that reads octets: `raw`, `slice`, `blob`, text conditions of `query`. What is only in
   * the blob store is fetched and the work run again from its start, so it must not write, and the store may have changed
   * between two runs. Gives memory back when it ends: do one message at a time. Throws `unavailable` when the blob store
   * fails.
   */
  reading<T>(work: () => T): Promise<T> {
    return this.open().reading(work)
  }

  /** Whether `collect` has something to delete that was dropped: durable, so a reason to wake up for. */
  get hasDropped(): boolean {
    return this.exists && this.open().objects.isPending
  }

  /** Deletes from the blob store what is no longer needed. Rejects when that fails: then to be called again later. */
  async collect(): Promise<void> {
    if (this.exists) await this.open().objects.collect()
  }

  /** Keeps bytes for a day. Throws `tooLarge`, `overQuota`. */
  putUpload(bytes: Octets, type: string): Upload {
    const parts = this.open()
    parts.writer.checkQuota(bytes.length)
    return this.transaction(() => parts.blobs.putUpload(bytes, type))
  }

  /** The bytes that a JMAP blobId names, a part with its transfer encoding undone; undefined when there are none. Within `reading`. */
  blob(ref: BlobRef): Blob | undefined {
    return this.open().reader.blob(ref)
  }

  /**
   * Where the octets of a blob lie, which reads none of them; undefined when there is no such blob, or when they are
   * stored with a transfer encoding: then `blob` has them.
   */
  extent(ref: BlobRef): BlobExtent | undefined {
    return this.open().reader.extent(ref)
  }

  /**
   * Octets `start` (inclusive) to `end` (exclusive) of an extent, clamped to it; undefined when the blob is gone. Within
   * `reading`.
   */
  octets(extent: BlobExtent, start: number, end: number): Uint8Array | undefined {
    const from = extent.start + Math.max(0, start)
    return this.open().blobs.slice(extent.blob, from, Math.min(extent.end, extent.start + end))
  }

  /** The blob of a whole message, or undefined: whether an upload or message exists without reading it. */
  blobSize(blob: BlobNumber): number | undefined {
    return this.open().blobs.size(blob)
  }
}
