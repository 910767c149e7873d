/**
 * The parts of an account's store, wired: made once when the account is first used.
 */
import type { Sql } from '../storage/index.ts'
import { AccountTable } from './account-table.ts'
import { Blobs } from './blobs.ts'
import { ChangeLog } from './change-log.ts'
import { Counts } from './counts.ts'
import { EmailReader } from './email-reader.ts'
import { EmailUpdater } from './email-updater.ts'
import { EmailWriter } from './email-writer.ts'
import { MailboxError } from './errors.ts'
import { FlagWriter } from './flag-writer.ts'
import { Identities } from './identities.ts'
import type { MailboxId } from './ids.ts'
import { Journal } from './journal.ts'
import { KeywordTable } from './keyword-table.ts'
import type { StoreLimits } from './limits.ts'
import { Mailboxes } from './mailboxes.ts'
import { Mover } from './mover.ts'
import { type Query, type QueryResult, runQuery } from './query/query.ts'
import { scanningSearch, type TextSearch, type TextSource } from './query/text-search.ts'
import { Submissions } from './submissions.ts'
import { prune } from './thread-keys.ts'
import { Threads } from './threads.ts'
import type { Commit } from './types.ts'
import { Usage } from './usage.ts'
import { Views } from './views.ts'

export interface OpenAccountOptions {
  readonly sql: Sql
  readonly now: () => number
  readonly limits: StoreLimits
  readonly textSearch?: ((source: TextSource) => TextSearch) | undefined
  readonly committed: (commit: Commit) => void
}

export class OpenAccount {
  readonly account: AccountTable
  readonly journal: Journal
  readonly keywords: KeywordTable
  readonly mailboxes: Mailboxes
  readonly views: Views
  readonly blobs: Blobs
  readonly usage: Usage
  readonly reader: EmailReader
  readonly writer: EmailWriter
  readonly flags: FlagWriter
  readonly mover: Mover
  readonly updater: EmailUpdater
  readonly threads: Threads
  readonly counts: Counts
  readonly changeLog: ChangeLog
  readonly identities: Identities
  readonly submissions: Submissions
  readonly #sql: Sql
  readonly #limits: StoreLimits
  readonly #search: TextSearch

  constructor({ sql, now, limits, textSearch, committed }: OpenAccountOptions) {
    this.#sql = sql
    this.#limits = limits
    this.account = new AccountTable(sql)
    this.journal = new Journal(sql, {
      beforeCommit: (record) => {
        this.usage.save(this.journal.state)
        this.changeLog.prune(record.start, this.journal.state)
      },
      rolledBack: () => this.forget(),
      committed,
    })
    const { account, journal } = this
    const highest = (): number => journal.state
    this.keywords = new KeywordTable(sql)
    this.mailboxes = new Mailboxes(sql, journal, account, limits, now)
    this.views = new Views(sql, this.keywords, limits.viewBudget, () => this.mailboxes.ids())
    this.blobs = new Blobs(sql, journal, limits, now)
    this.usage = new Usage(sql, account)
    const { keywords, mailboxes, views, blobs, usage } = this
    const quota = (): number | undefined => account.facts.quota
    this.reader = new EmailReader(sql, views, blobs, keywords)
    this.writer = new EmailWriter({ sql, now, limits, journal, keywords, mailboxes, views, blobs, usage, quota })
    this.flags = new FlagWriter(sql, journal, keywords, mailboxes, views, limits)
    const { reader, writer, flags } = this
    this.mover = new Mover({ sql, limits, journal, mailboxes, views, blobs, usage, reader, writer })
    this.updater = new EmailUpdater(limits, reader, mailboxes, flags, this.mover)
    this.threads = new Threads(views, highest)
    this.counts = new Counts(views, mailboxes, highest)
    const { threads } = this
    const maxRows = limits.maxChangeRows
    this.changeLog = new ChangeLog({ sql, journal, account, mailboxes, views, threads, maxRows })
    this.identities = new Identities(sql, journal)
    this.submissions = new Submissions(sql, journal)
    this.#search = (textSearch ?? scanningSearch)(this.#textSource())
  }

  /** RFC 8621 §2.5. */
  destroyMailbox(id: MailboxId, removeEmails: boolean): void {
    const mailbox = this.mailboxes.expect(id)
    if (mailbox.role === 'inbox') throw new MailboxError('forbidden', 'the inbox stays')
    if (this.mailboxes.children(id).length > 0) throw new MailboxError('mailboxHasChild', 'the mailbox has children')
    const view = this.views.of(id)
    if (view.length > 0 && !removeEmails) throw new MailboxError('mailboxHasEmail', 'the mailbox is not empty')
    this.mover.expunge(id, [...view.uidList()])
    this.mailboxes.remove(id)
    this.views.mailboxDestroyed(id)
  }

  query(query: Query): QueryResult {
    return runQuery(query, {
      limits: this.#limits,
      reader: this.reader,
      mailboxExists: (id) => this.mailboxes.get(id as MailboxId) !== undefined,
      context: () => ({
        views: this.views,
        keywords: this.keywords,
        mailboxIds: () => this.mailboxes.ids(),
        highest: this.journal.state,
        search: this.#search,
      }),
    })
  }

  sweep(): void {
    this.blobs.sweep()
    prune(this.#sql)
  }

  /** Drops all that was read into memory. */
  forget(): void {
    this.account.forget()
    this.journal.forget()
    this.keywords.forget()
    this.mailboxes.forget()
    this.views.forget()
    this.usage.forget()
    this.counts.forget()
  }

  #textSource(): TextSource {
    return {
      email: (id) => this.reader.emails([id])[0],
      header: (email) => this.blobs.slice(email.blob, 0, email.headerSize) ?? new Uint8Array(),
      raw: (email) => this.blobs.read(email.blob) ?? new Uint8Array(),
    }
  }
}
