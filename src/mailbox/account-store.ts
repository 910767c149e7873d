/**
 * The account side of the store: making and opening it, transactions, identities, submissions, quota.
 *
 * Standards: RFC 8621 §6 and §7, RFC 9208 (quota).
 */
import { isMigrated, migrate, type Sql } from '../storage/index.ts'
import { Credentials, type PasswordHasher } from './credentials.ts'
import { StoreError } from './errors.ts'
import type { IdentityId, ModSeq, SubmissionId } from './ids.ts'
import { defaultStoreLimits, type StoreLimits } from './limits.ts'
import { OpenAccount } from './open-account.ts'
import type { TextSearch, TextSource } from './query/text-search.ts'
import { schema } from './schema.ts'
import type {
  AccountFacts,
  Commit,
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

export interface MailStoreOptions {
  readonly sql: Sql
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Slow hash for passwords people choose. Without it, only app passwords and tokens can be used. */
  readonly hasher?: PasswordHasher
  /** Cryptographically random octets: secrets of app passwords and tokens, the key of the login cache. */
  readonly random?: (length: number) => Uint8Array
  /** Replaces the scan of messages that answers text conditions of queries. */
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

  updateAccount(patch: { name?: string; quota?: number | undefined }): void {
    const parts = this.open()
    this.transaction(() => parts.account.update(patch))
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
    const { sql, now, textSearch } = this.#options
    return new OpenAccount({ sql, now, textSearch, limits: this.limits, committed: (commit) => this.#publish(commit) })
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
