/**
 * The parts of an account's store, wired: made once when the account is first used.
 */
import type { Sql } from '../storage/index.ts'
import { AccountTable } from './account-table.ts'
import { Annotations } from './annotations.ts'
import type { BlobStore } from './blob-store.ts'
import { Blobs } from './blobs.ts'
import { ChangeLog } from './change-log.ts'
import { Counts } from './counts.ts'
import { CrlfSizes } from './crlf-sizes.ts'
import { EmailReader } from './email-reader.ts'
import { EmailUpdater } from './email-updater.ts'
import { EmailWriter } from './email-writer.ts'
import { MailboxError } from './errors.ts'
import { FlagWriter } from './flag-writer.ts'
import { Grants } from './grants.ts'
import { AbsentOctets, HeldOctets } from './held-octets.ts'
import { Identities } from './identities.ts'
import type { MailboxId } from './ids.ts'
import { Incoming } from './incoming.ts'
import { Journal } from './journal.ts'
import { KeywordTable } from './keyword-table.ts'
import type { StoreLimits } from './limits.ts'
import { Mailboxes } from './mailboxes.ts'
import { Mover } from './mover.ts'
import { Objects } from './objects.ts'
import { PushSubscriptions } from './push-subscriptions.ts'
import { type Query, type QueryResult, runQuery } from './query/query.ts'
import { TextAnswers } from './query/text-answers.ts'
import type { TextSearch, TextSource } from './query/text-search.ts'
import { indexedSearch } from './search/indexed-search.ts'
import { TextIndex } from './search/text-index.ts'
import { SendingRate } from './sending-rate.ts'
import { SpamFilter } from './spam/spam-filter.ts'
import { SharedAccounts } from './shared-accounts.ts'
import type { Scope } from './shared/scope.ts'
import { ShareNotifications } from './share-notifications.ts'
import { ShareTellings } from './share-tellings.ts'
import { Submissions } from './submissions.ts'
import { Subscriptions } from './subscriptions.ts'
import { prune } from './thread-keys.ts'
import { Threads } from './threads.ts'
import type { AccountPatch } from './types.ts'
import type { Commit } from './changes.ts'
import { Usage } from './usage.ts'
import { KeptAnswers } from './kept-answers.ts'
import { Suppressions } from './suppressions.ts'
import { Vacation } from './vacation.ts'
import { Views } from './views.ts'
import { Visibility } from './visibility.ts'

export interface OpenAccountOptions {
  readonly sql: Sql
  readonly now: () => number
  readonly limits: StoreLimits
  readonly blobs: BlobStore | undefined
  readonly random: (length: number) => Uint8Array
  readonly collectSoon: () => void
  readonly textSearch?: ((source: TextSource) => TextSearch) | undefined
  readonly committed: (commit: Commit) => void
}

export class OpenAccount {
  readonly account: AccountTable
  readonly journal: Journal
  readonly keywords: KeywordTable
  readonly mailboxes: Mailboxes
  readonly subscriptions: Subscriptions
  readonly grants: Grants
  readonly annotations: Annotations
  readonly views: Views
  readonly objects: Objects
  readonly blobs: Blobs
  readonly usage: Usage
  readonly reader: EmailReader
  readonly writer: EmailWriter
  readonly flags: FlagWriter
  readonly mover: Mover
  readonly updater: EmailUpdater
  readonly threads: Threads
  readonly visibility: Visibility
  readonly counts: Counts
  readonly changeLog: ChangeLog
  readonly identities: Identities
  readonly submissions: Submissions
  readonly pushSubscriptions: PushSubscriptions
  readonly vacation: Vacation
  readonly shareNotifications: ShareNotifications
  readonly sharedAccounts: SharedAccounts
  readonly shareTellings: ShareTellings
  readonly textIndex: TextIndex
  readonly crlfSizes: CrlfSizes
  readonly spam: SpamFilter
  readonly suppressions: Suppressions
  readonly keptAnswers: KeptAnswers
  readonly sendingRate: SendingRate
  readonly #sql: Sql
  readonly #limits: StoreLimits
  readonly #held: HeldOctets
  readonly #search: TextSearch
  /** Of the reading that is running. */
  #answers: TextAnswers | undefined

  constructor(options: OpenAccountOptions) {
    const { sql, now, limits, textSearch, committed } = options
    this.#sql = sql
    this.#limits = limits
    this.account = new AccountTable(sql)
    this.journal = new Journal(sql, {
      beforeCommit: (record) => {
        this.visibility.settle(record)
        this.usage.save(this.journal.state)
        if (this.account.facts.quota !== undefined && record.emails.counted) record.quota ??= 'used'
        this.changeLog.prune(record.start, this.journal.state)
        this.objects.beforeCommit(record.start, this.journal.state)
      },
      rolledBack: () => this.forget(),
      committed,
    })
    const { account, journal } = this
    const highest = (): number => journal.state
    this.keywords = new KeywordTable(sql)
    this.mailboxes = new Mailboxes(sql, journal, account, limits, now)
    this.subscriptions = new Subscriptions(sql, journal)
    const { mailboxes: all, subscriptions } = this
    this.grants = new Grants({ sql, journal, limits, mailboxes: all, subscriptions })
    this.annotations = new Annotations(sql, journal, limits, all)
    this.views = new Views(sql, this.keywords, limits.viewBudget, () => this.mailboxes.ids())
    const { blobs: store, random, collectSoon } = options
    const namedAbove = (blob: number): ReadonlySet<string> => this.blobs.namedAbove(blob)
    this.objects = new Objects({ sql, journal, account, blobs: store, random, collectSoon, namedAbove })
    const { maxHeld } = limits
    this.#held = new HeldOctets({ blobs: store, maxHeld, refers: (blob, key) => this.blobs.refers(blob, key) })
    this.blobs = new Blobs(sql, this.#held, this.objects, journal, limits, now)
    this.usage = new Usage(sql, account)
    const { keywords, mailboxes, views, blobs, usage } = this
    const quota = (): number | undefined => account.facts.quota
    this.reader = new EmailReader(sql, views, blobs, keywords)
    this.writer = new EmailWriter({ sql, now, limits, journal, keywords, mailboxes, views, blobs, usage, quota })
    this.visibility = new Visibility(sql, views, () => !this.grants.isEmpty)
    const { visibility } = this
    this.flags = new FlagWriter(sql, journal, keywords, mailboxes, views, limits, visibility)
    const { reader, writer, flags } = this
    const source = this.#textSource()
    this.textIndex = new TextIndex({ sql, journal, source })
    const { textIndex } = this
    this.crlfSizes = new CrlfSizes({
      sql,
      blobs,
      reader,
      reading: (work) => this.reading(work),
      transaction: (work) => journal.transaction(work),
    })
    this.mover = new Mover({
      sql,
      now,
      limits,
      journal,
      mailboxes,
      views,
      blobs,
      usage,
      reader,
      writer,
      textIndex,
      visibility,
    })
    this.updater = new EmailUpdater(limits, reader, mailboxes, flags, this.mover, visibility)
    this.threads = new Threads(views, highest)
    this.counts = new Counts(views, mailboxes, highest)
    const { threads } = this
    const maxRows = limits.maxChangeRows
    this.shareNotifications = new ShareNotifications(sql, journal, account, now)
    this.sharedAccounts = new SharedAccounts({ sql, journal, notify: (notice) => shareNotifications.create(notice) })
    this.shareTellings = new ShareTellings(sql)
    const { shareNotifications } = this
    this.changeLog = new ChangeLog({
      sql,
      journal,
      account,
      mailboxes,
      views,
      threads,
      visibility,
      shareNotifications,
      maxRows,
    })
    this.identities = new Identities(sql, journal)
    this.submissions = new Submissions(sql, journal, blobs)
    this.pushSubscriptions = new PushSubscriptions(sql, journal, account, now)
    this.vacation = new Vacation(sql, journal, account)
    this.suppressions = new Suppressions(sql, now)
    this.keptAnswers = new KeptAnswers(sql, now)
    this.sendingRate = new SendingRate(account, now)
    this.spam = new SpamFilter(sql, {
      mailboxByRole: (role) => mailboxes.byRole(role),
      view: (id) => views.of(id),
      raw: (id) => {
        const blob = reader.blobOf(id)
        return blob === undefined ? undefined : blobs.read(blob)
      },
      reading: (work) => this.reading(work),
      transaction: (work) => journal.transaction(work),
    })
    this.#search = textSearch?.(source) ?? indexedSearch(this.textIndex, source)
  }

  /** A changed quota is a change that JMAP tells of (RFC 9425); a name or a language is not. */
  updateAccount(patch: AccountPatch): void {
    const before = this.account.facts.quota
    this.account.update(patch)
    const { quota } = this.account.facts
    if (quota === before) return
    this.journal.touch()
    this.journal.record.quota = before === undefined ? 'created' : quota === undefined ? 'destroyed' : 'updated'
  }

  /** RFC 8621 §2.5. */
  destroyMailbox(id: MailboxId, removeEmails: boolean): void {
    const mailbox = this.mailboxes.expect(id)
    if (mailbox.role === 'inbox') throw new MailboxError('forbidden', 'the inbox stays')
    if (this.mailboxes.children(id).length > 0) throw new MailboxError('mailboxHasChild', 'the mailbox has children')
    const view = this.views.of(id)
    // JMAP does not see what is marked `\Deleted` (RFC 8621 §4.1.1), so its clients could not take it out first.
    if (view.length > view.deletedUids().length && !removeEmails)
      throw new MailboxError('mailboxHasEmail', 'the mailbox is not empty')
    this.mover.expunge(id, [...view.uidList()])
    this.grants.mailboxDestroyed(id)
    this.annotations.mailboxDestroyed(id)
    this.mailboxes.remove(id)
    this.views.mailboxDestroyed(id)
  }

  /** With `scope`, over what is within it only. */
  query(query: Query, scope?: Scope): QueryResult {
    return runQuery(query, {
      limits: this.#limits,
      reader: this.reader,
      mailboxExists: (id) =>
        scope === undefined ? this.mailboxes.get(id as MailboxId) !== undefined : scope.mayRead(id as MailboxId),
      context: () => ({
        views: this.views,
        keywords: this.keywords,
        mailboxIds: () => scope?.readable() ?? this.mailboxes.ids(),
        highest: this.journal.state,
        search: this.#answers?.over(this.#search) ?? this.#search,
        // A query within one mailbox need not know.
        get seen() {
          return scope?.seen()
        },
      }),
    })
  }

  incoming(): Incoming {
    return new Incoming({
      objects: this.objects,
      limits: this.#limits,
      refers: (blob, key) => this.blobs.refers(blob, key),
      hasRoom: (size) => this.usage.read().used + size <= (this.account.facts.quota ?? Infinity),
      checkUpload: (size) => {
        this.blobs.checkUpload(size)
        this.writer.checkQuota(size)
      },
    })
  }

  async reading<T>(work: () => T): Promise<T> {
    try {
      // Nearly always everything is there.
      return work()
    } catch (error) {
      if (!(error instanceof AbsentOctets)) throw error
    }
    const answers = new TextAnswers()
    for (;;) {
      try {
        const result = await this.#held.reading(() => this.#answering(answers, work))
        if (!answers.isOpen) return result
      } catch (error) {
        if (!answers.isOpen) throw error
      }
      await answers.settle((question) => this.#held.reading(question))
    }
  }

  sweep(): void {
    this.blobs.sweep()
    prune(this.#sql)
  }

  /** Drops all that was read into memory. */
  forget(): void {
    this.account.forget()
    this.objects.forget()
    this.journal.forget()
    this.keywords.forget()
    this.mailboxes.forget()
    this.grants.forget()
    this.sharedAccounts.forget()
    this.shareTellings.forget()
    this.subscriptions.forget()
    this.views.forget()
    this.usage.forget()
    this.counts.forget()
    this.pushSubscriptions.forget()
    this.textIndex.forget()
    this.spam.forget()
    this.sendingRate.forget()
  }

  #answering<T>(answers: TextAnswers, work: () => T): T {
    this.#answers = answers
    try {
      return work()
    } finally {
      this.#answers = undefined
    }
  }

  #textSource(): TextSource {
    return {
      email: (id) => this.reader.emails([id])[0],
      octets: (email, start, end) => this.blobs.slice(email.blob, start, end) ?? new Uint8Array(),
    }
  }
}
