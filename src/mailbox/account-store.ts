/**
 * The account side of the store: making and opening it, transactions, identities, submissions, quota.
 *
 * Standards: RFC 8621 §6 and §7, RFC 9208 (quota).
 */
import { isMigrated, migrate, type Sql } from '../storage/index.ts'
import type { Annotations } from './annotations.ts'
import type { BlobStore } from './blob-store.ts'
import { Credentials, type PasswordHasher } from './credentials.ts'
import { StoreError } from './errors.ts'
import type { BlobNumber, EmailId, IdentityId, ModSeq, SubmissionId } from './ids.ts'
import { defaultStoreLimits, type StoreLimits } from './limits.ts'
import { emailsByMessageId } from './message-ids.ts'
import { OpenAccount } from './open-account.ts'
import type { PushSubscriptions } from './push-subscriptions.ts'
import type { TextSearch, TextSource } from './query/text-search.ts'
import { schema } from './schema.ts'
import type { ShareNotifications } from './share-notifications.ts'
import type { ShareTellings } from './share-tellings.ts'
import type { SharedAccounts } from './shared-accounts.ts'
import type { Commit } from './changes.ts'
import type { SendingRate } from './sending-rate.ts'
import type { SpamFilter } from './spam/spam-filter.ts'
import type {
  AccountFacts,
  AccountPatch,
  Identity,
  IdentityPatch,
  MailboxRole,
  NewAccount,
  NewIdentity,
  NewSubmission,
  Quota,
  Submission,
  SubmissionPatch,
} from './types.ts'
import type { KeptAnswers } from './kept-answers.ts'
import type { Suppressions } from './suppressions.ts'
import type { Vacation } from './vacation.ts'

export interface MailStoreOptions {
  readonly sql: Sql
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Slow hash for passwords people choose. Without it, only app passwords and tokens can be used. */
  readonly hasher?: PasswordHasher
  /** Cryptographically random octets: secrets of app passwords and tokens, the key of the login cache. */
  readonly random?: (length: number) => Uint8Array
  /** Where large octets go; without it everything is inline. Needs `random`. */
  readonly blobs?: BlobStore | undefined
  /** Asked for when something is to be deleted from the blob store: call `collect`, now or later. Never in a transaction. */
  readonly collectSoon?: () => void
  /** Replaces the full-text index that answers text conditions of queries. */
  readonly textSearch?: (source: TextSource) => TextSearch
  readonly limits?: Partial<StoreLimits>
}

/** In the order in which apps should show them. */
const firstMailboxes: readonly (readonly [string, MailboxRole])[] = [
  ['Inbox', 'inbox'],
  ['Drafts', 'drafts'],
  ['Sent', 'sent'],
  ['Junk', 'junk'],
  ['Trash', 'trash'],
  ['Archive', 'archive'],
]

/** What `MailStore` is beside mail. Not used on its own. */
export class AccountStore {
  readonly limits: StoreLimits
  readonly credentials: Credentials
  readonly #options: MailStoreOptions
  readonly #listeners = new Set<(commit: Commit) => void>()
  #opened: OpenAccount | undefined

  constructor(options: MailStoreOptions) {
    this.#options = options
    this.limits = { ...defaultStoreLimits, ...options.limits }
    this.credentials = new Credentials({
      sql: options.sql,
      now: options.now,
      transaction: (work) => this.transaction(() => work(this.open().journal)),
      revoked: (exists) => this.open().pushSubscriptions.destroyOfRevoked(exists),
      hasher: options.hasher,
      random: options.random,
    })
  }

  // account

  /** Makes the account with Inbox, Drafts, Sent, Junk, Trash, Archive and one identity. Throws `accountExists`. */
  create(account: NewAccount): void {
    if (this.exists) throw new StoreError('accountExists', 'the account exists')
    const { sql, now } = this.#options
    const opened = sql.transaction(() => {
      migrate(sql, schema)
      const parts = this.#wire()
      parts.journal.transaction(() => {
        parts.account.create(account, now())
        for (const [sortOrder, [name, role]] of firstMailboxes.entries()) {
          parts.mailboxes.create({ name, role, sortOrder: sortOrder + 1 })
        }
        parts.identities.create({ email: account.address, name: account.name ?? '', mayDelete: false })
      })
      return parts
    })
    this.#opened = opened
  }

  /** Whether `create` has ever been committed. Writes nothing when it has not. */
  get exists(): boolean {
    if (this.#opened !== undefined) return true
    const { sql } = this.#options
    return isMigrated(sql) && sql.exec(`SELECT 1 AS yes FROM account WHERE key = 'address'`).toArray().length === 1
  }

  get facts(): AccountFacts {
    return this.open().account.facts
  }

  updateAccount(patch: AccountPatch): void {
    const parts = this.open()
    this.transaction(() => parts.updateAccount(patch))
  }

  /** The change counter: JMAP's state (`formatState`) and IMAP's HIGHESTMODSEQ for the whole account. */
  get state(): ModSeq {
    return this.open().journal.state
  }

  /**
   * All or nothing; nested calls join the outermost. When the outermost has committed, `onCommit` listeners run, then
   * it returns. When it throws, everything (memory too) is as before. A nested call that throws after it has written
   * makes the outermost fail even if the error is caught in between. Use this one and not the port's own transaction:
   * a rollback that the store does not see would leave its memory ahead of the database.
   */
  transaction<T>(work: () => T): T {
    return this.open().journal.transaction(work)
  }

  /** Called after each commit that changed something. Returns the function that removes the listener. */
  onCommit(listener: (commit: Commit) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  // people

  identities(): readonly Identity[] {
    return this.open().identities.all()
  }

  identity(id: IdentityId): Identity | undefined {
    return this.open().identities.get(id)
  }

  createIdentity(identity: NewIdentity): Identity {
    const parts = this.open()
    return this.transaction(() => parts.identities.create(identity))
  }

  /** Throws `notFound`. */
  updateIdentity(id: IdentityId, patch: IdentityPatch): Identity {
    const parts = this.open()
    return this.transaction(() => parts.identities.update(id, patch))
  }

  /** Throws `notFound`, `forbidden` when it may not be deleted. */
  destroyIdentity(id: IdentityId): void {
    const parts = this.open()
    this.transaction(() => parts.identities.destroy(id))
  }

  /** All, oldest first. */
  submissions(): readonly Submission[] {
    return this.open().submissions.all()
  }

  submission(id: SubmissionId): Submission | undefined {
    return this.open().submissions.get(id)
  }

  submissionByTag(tag: string): Submission | undefined {
    return this.open().submissions.byTag(tag)
  }

  submissionByMessageId(messageId: string): Submission | undefined {
    return this.open().submissions.byMessageId(messageId)
  }

  /** By Message-ID without brackets: the emails that have it, oldest first, also what JMAP does not see. */
  emailsByMessageId(messageIds: readonly string[]): ReadonlyMap<string, readonly EmailId[]> {
    this.open()
    return emailsByMessageId(this.#options.sql, messageIds)
  }

  /** Pending submissions whose time has come. */
  dueSubmissions(): readonly Submission[] {
    return this.open().submissions.due(this.#options.now())
  }

  /** When the next pending submission is due. */
  nextSubmission(): number | undefined {
    return this.open().submissions.nextDue()
  }

  createSubmission(submission: NewSubmission): Submission {
    const parts = this.open()
    return this.transaction(() => parts.submissions.create(submission))
  }

  /** Throws `notFound`. */
  updateSubmission(id: SubmissionId, patch: SubmissionPatch): Submission {
    const parts = this.open()
    return this.transaction(() => parts.submissions.update(id, patch))
  }

  /** Throws `notFound`. */
  destroySubmission(id: SubmissionId): void {
    const parts = this.open()
    this.transaction(() => parts.submissions.destroy(id))
  }

  /** Emails whose message this blob is. Mostly one, whose id it has; a walk over all where copies share it. */
  emailsOfBlob(blob: BlobNumber): EmailId[] {
    this.open()
    const { sql } = this.#options
    const shared = sql.exec<{ refs: number }>('SELECT refs FROM blob WHERE id = ?', blob).toArray()[0]
    const own = sql.exec<{ id: EmailId }>('SELECT id FROM email WHERE id = ? AND blob = ?', blob, blob).toArray()
    const all =
      own.length >= (shared?.refs ?? 0)
        ? own
        : sql.exec<{ id: EmailId }>('SELECT id FROM email WHERE blob = ?', blob).toArray()
    return all.map(({ id }) => id)
  }

  /** What clients keep at mailboxes (RFC 5464). */
  get annotations(): Annotations {
    return this.open().annotations
  }

  /** Addresses outside to which this account does not send for now. */
  get suppressions(): Suppressions {
    return this.open().suppressions
  }

  /** Answers to requests that carried a key. */
  get keptAnswers(): KeptAnswers {
    return this.open().keptAnswers
  }

  /** How much it has sent to recipients outside. */
  get sendingRate(): SendingRate {
    return this.open().sendingRate
  }

  /** The account's own idea of spam. */
  get spam(): SpamFilter {
    return this.open().spam
  }

  /** The vacation response (RFC 8621 §8) and whom it was sent to. */
  get vacation(): Vacation {
    return this.open().vacation
  }

  /** Who shares mail with this account, as they told it. */
  get sharedAccounts(): SharedAccounts {
    return this.open().sharedAccounts
  }

  /** Notices of rights given and taken (RFC 9670 §3). */
  get shareNotifications(): ShareNotifications {
    return this.open().shareNotifications
  }

  /** What was told to those whom this account shares with. */
  get shareTellings(): ShareTellings {
    return this.open().shareTellings
  }

  /** Whom to push to (RFC 8620 §7.2). */
  get pushSubscriptions(): PushSubscriptions {
    return this.open().pushSubscriptions
  }

  quota(): Quota {
    const parts = this.open()
    return { ...parts.usage.read(), limit: parts.account.facts.quota }
  }

  /** Drops uploads that have expired and thread keys of threads that are gone. For quiet times. */
  sweep(): void {
    const parts = this.open()
    this.transaction(() => parts.sweep())
  }

  /** Forgets everything that can be read again from the database. */
  releaseMemory(): void {
    this.#opened?.forget()
  }

  /** The wired parts; throws `accountNotFound`. For this room. */
  protected open(): OpenAccount {
    if (this.#opened === undefined) {
      if (!this.exists) throw new StoreError('accountNotFound', 'no such account')
      migrate(this.#options.sql, schema)
      this.#opened = this.#wire()
    }
    return this.#opened
  }

  #wire(): OpenAccount {
    const { sql, now, textSearch, blobs } = this.#options
    return new OpenAccount({
      sql,
      now,
      textSearch,
      blobs,
      random: this.#options.random ?? noRandom,
      collectSoon: this.#options.collectSoon ?? (() => undefined),
      limits: this.limits,
      committed: (commit) => this.#publish(commit),
    })
  }

  /** The commit stands whatever a listener does: its error surfaces on its own and not as a failure of the writer. */
  #publish(commit: Commit): void {
    for (const listener of Array.from(this.#listeners)) {
      try {
        listener(commit)
      } catch (error) {
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}

/** Names of objects must never repeat, so a blob store is of no use without a source of randomness. */
function noRandom(): never {
  throw new Error('a store with a blob store needs the random port')
}
