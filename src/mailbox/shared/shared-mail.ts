/**
 * An account's mail through the eyes of a principal with whom mailboxes are shared.
 *
 * Nothing but what is visible to it exists: other ids are unknown, whether they name something or not. Grants are looked at
 * anew with every call, so a grant that is taken back ends at once.
 *
 * Standards: RFC 9670 §4, RFC 8621 §2, RFC 4314.
 * Security: the principal is authenticated; all its arguments are hostile.
 */
import type { ChangeLog } from '../change-log.ts'
import type { StoreError } from '../errors.ts'
import type { BlobNumber, BlobRef, EmailId, MailboxId, ModSeq, ThreadId } from '../ids.ts'
import type { Incoming } from '../incoming.ts'
import type { StoreLimits } from '../limits.ts'
import type { Mail, ShownCounts } from '../mail.ts'
import type { OpenAccount } from '../open-account.ts'
import type { Octets } from '../put-octets.ts'
import type { Query, QueryResult } from '../query/query.ts'
import type { Rights } from '../rights.ts'
import type { Changes, ChangeType, Commit } from '../changes.ts'
import type {
  Blob,
  BlobExtent,
  Email,
  EmailUpdate,
  Mailbox,
  MailboxPatch,
  NewEmail,
  NewMailbox,
  Quota,
  Upload,
} from '../types.ts'
import { changeLens } from './change-lens.ts'
import { Scope } from './scope.ts'
import { SharedEmails } from './shared-emails.ts'
import { forbidden, SharedMailboxes } from './shared-mailboxes.ts'

export class SharedMail implements Mail {
  readonly isOwn = false
  readonly principal: string
  readonly #owner: Mail
  readonly #parts: OpenAccount
  readonly #scope: Scope
  readonly #mailboxes: SharedMailboxes
  readonly #emails: SharedEmails
  readonly #changeLog: ChangeLog

  constructor(principal: string, owner: Mail, parts: OpenAccount) {
    this.principal = principal
    this.#owner = owner
    this.#parts = parts
    const { grants, views, mailboxes, journal } = parts
    this.#scope = new Scope(principal, { grants, views, mailboxes, highest: () => journal.state })
    this.#mailboxes = new SharedMailboxes(parts, this.#scope)
    this.#emails = new SharedEmails(parts, this.#scope)
    this.#changeLog = parts.changeLog.through(changeLens(this.#scope), {
      mailboxes: {
        get: (id) => (this.#scope.mayRead(id) ? mailboxes.get(id) : undefined),
        expect: (id) => mailboxes.expect(id),
        ids: () => this.#scope.readable(),
      },
      threads: { of: (ids) => this.threads(ids) },
    })
  }

  get limits(): StoreLimits {
    return this.#owner.limits
  }

  get state(): ModSeq {
    return this.#owner.state
  }

  /** Whether a commit may have changed something that the principal sees, or its rights. */
  isConcerned(commit: Commit): boolean {
    const { grants, mailboxes, placements } = commit
    const ids = [...mailboxes.created, ...mailboxes.updated, ...placements.keys()]
    return grants.has(this.principal) || grants.has('anyone') || ids.some((id) => this.#scope.may(id, 'l'))
  }

  transaction<T>(work: () => T): T {
    return this.#owner.transaction(work)
  }

  reading<T>(work: () => T): Promise<T> {
    return this.#owner.reading(work)
  }

  incoming(): Incoming {
    return this.#parts.incoming()
  }

  mailboxes(): readonly Mailbox[] {
    return this.#mailboxes.all()
  }

  mailbox(id: MailboxId): Mailbox | undefined {
    return this.#mailboxes.get(id)
  }

  rightsTo(id: MailboxId): Rights {
    return this.#scope.rights(id)
  }

  createMailbox(mailbox: NewMailbox): Mailbox {
    return this.transaction(() => this.#mailboxes.create(mailbox))
  }

  updateMailbox(id: MailboxId, patch: MailboxPatch): Mailbox {
    return this.transaction(() => this.#mailboxes.update(id, patch))
  }

  destroyMailbox(id: MailboxId, options: { removeEmails?: boolean } = {}): void {
    this.transaction(() => this.#mailboxes.destroy(id, options.removeEmails ?? false))
  }

  counts(id: MailboxId): ShownCounts {
    return this.#mailboxes.counts(id)
  }

  add(emails: readonly NewEmail[]): Email[] {
    return this.transaction(() => this.#emails.add(emails))
  }

  email(id: EmailId): Email | undefined {
    return this.emails([id])[0]
  }

  emails(ids: readonly EmailId[]): Email[] {
    return this.#emails.of(ids)
  }

  keywordsOf(email: Email): readonly string[] {
    return this.#owner.keywordsOf(email)
  }

  mailboxIdsOf(email: Email): readonly MailboxId[] {
    return this.#owner.mailboxIdsOf(email)
  }

  raw(id: EmailId): Uint8Array | undefined {
    return this.#scope.sees(id) ? this.#owner.raw(id) : undefined
  }

  slice(id: EmailId, start: number, end: number): Uint8Array | undefined {
    return this.#scope.sees(id) ? this.#owner.slice(id, start, end) : undefined
  }

  update(updates: readonly EmailUpdate[]): ReadonlyMap<EmailId, StoreError> {
    return this.transaction(() => this.#emails.update(updates))
  }

  destroy(ids: readonly EmailId[]): ReadonlyMap<EmailId, StoreError> {
    return this.transaction(() => this.#emails.destroy(ids))
  }

  threads(ids: readonly ThreadId[]): ReadonlyMap<ThreadId, readonly EmailId[]> {
    const shown = new Map<ThreadId, readonly EmailId[]>()
    const seen = this.#scope.seen()
    for (const [thread, emails] of this.#owner.threads(ids)) {
      const visible = emails.filter((id) => seen.has(id))
      if (visible.length > 0) shown.set(thread, visible)
    }
    return shown
  }

  /** Undefined too for states from before what the principal sees was changed by a grant. */
  changes(type: ChangeType, since: number, max?: number, until?: number): Changes | undefined {
    if (since < this.#parts.grants.visibleSince(this.principal)) return undefined
    if (type === 'Quota')
      return this.#mayAdd() ? this.#owner.changes(type, since, max, until) : this.#none(since, until)
    if (type !== 'Email' && type !== 'Mailbox' && type !== 'Thread') return undefined
    return this.#changeLog.changes(type, since, max, until)
  }

  query(query: Query): QueryResult {
    return this.#parts.query(query, this.#scope)
  }

  /** Only for whoever may put mail somewhere; nobody else reads it, not even the owner. */
  putUpload(bytes: Octets, type: string): Upload {
    if (!this.#mayAdd()) throw forbidden()
    this.#parts.writer.checkQuota(bytes.length)
    return this.transaction(() => this.#parts.blobs.putUpload(bytes, type, this.principal))
  }

  blob(ref: BlobRef): Blob | undefined {
    if (ref.kind === 'upload') return this.#parts.blobs.upload(ref.blob, this.principal)
    return this.#isVisible(ref) ? this.#owner.blob(ref) : undefined
  }

  extent(ref: BlobRef): BlobExtent | undefined {
    if (ref.kind === 'upload') return this.#parts.blobs.uploadExtent(ref.blob, this.principal)
    return this.#isVisible(ref) ? this.#owner.extent(ref) : undefined
  }

  octets(extent: BlobExtent, start: number, end: number): Uint8Array | undefined {
    return this.#owner.octets(extent, start, end)
  }

  emailsOfBlob(blob: BlobNumber): EmailId[] {
    return this.#owner.emailsOfBlob(blob).filter((id) => this.#scope.sees(id))
  }

  /** The owner's, for whoever adds to what it counts; to others there is none. */
  quota(): Quota {
    return this.#mayAdd() ? this.#owner.quota() : { used: 0, count: 0, limit: undefined }
  }

  #none(since: number, until = this.state as number): Changes | undefined {
    if (!(Number.isInteger(since) && since >= 0 && since <= until && until <= this.state)) return undefined
    const hasMoreChanges = until < this.state
    const newState = until as ModSeq
    return { created: [], updated: [], destroyed: [], newState, hasMoreChanges, onlyCounts: false }
  }

  #mayAdd(): boolean {
    return [...this.#scope.visible().keys()].some((id) => this.#scope.may(id, 'i'))
  }

  #isVisible(ref: Exclude<BlobRef, { kind: 'upload' }>): boolean {
    if (ref.kind === 'part') return this.#scope.sees(ref.email)
    // Whose message it is may be a long search: not for what is no message.
    return this.#parts.blobs.messageExtent(ref.blob) !== undefined && this.emailsOfBlob(ref.blob).length > 0
  }
}
