/**
 * The mailboxes in memory: loads views on demand, keeps them in step with writes, drops the least recently used.
 */
import type { Sql } from '../storage/index.ts'
import { AccountColumns, type ColumnRow } from './columns.ts'
import type { MailboxId } from './ids.ts'
import { deletedBit, type KeywordTable } from './keyword-table.ts'
import { ThreadTrail } from './thread-trail.ts'
import { MailboxView } from './view.ts'

/** Rows that one statement packs: seven numbers each stay far below the 2 MB of a value. */
const rowsPerLoad = 16_384

/**
 * Columns as JSON arrays, a few rows for thousands of messages: crossing into JavaScript once per column and not once
 * per value makes loading several times faster. Differences to the UID are mostly zero, hence short.
 */
const load = `
  SELECT count(*) AS n, max(uid) AS last, json_group_array(uid) AS uids, json_group_array(email - uid) AS emails,
    json_group_array(thread - email) AS threads, json_group_array(received) AS received,
    json_group_array(size) AS sizes, json_group_array(flags) AS flags, json_group_array(modseq - uid) AS modseqs,
    count(keywords) AS extra
  FROM (SELECT * FROM placement WHERE mailbox = ? AND uid > ? ORDER BY uid LIMIT ${rowsPerLoad})`

interface LoadRow extends Record<string, string | number | null> {
  n: number
  last: number | null
  uids: string
  emails: string
  threads: string
  received: string
  sizes: string
  flags: string
  modseqs: string
  extra: number
}

export class Views {
  readonly #sql: Sql
  readonly #keywords: KeywordTable
  readonly #budget: number
  readonly #mailboxIds: () => readonly MailboxId[]
  /** In order of last use. */
  readonly #loaded = new Map<MailboxId, MailboxView>()
  #account: AccountColumns | undefined
  /** Moves with every change of any message: what is computed from views is good as long as it stands. */
  version = 0
  /** The threads of those messages. */
  readonly trail = new ThreadTrail()

  constructor(sql: Sql, keywords: KeywordTable, budget: number, mailboxIds: () => readonly MailboxId[]) {
    this.#sql = sql
    this.#keywords = keywords
    this.#budget = budget
    this.#mailboxIds = mailboxIds
  }

  /** The view of an existing mailbox, loaded when needed. */
  of(mailbox: MailboxId): MailboxView {
    let view = this.#loaded.get(mailbox)
    if (view === undefined) {
      view = this.#load(mailbox)
      this.#makeRoom(view.length)
    } else this.#loaded.delete(mailbox)
    this.#loaded.set(mailbox, view)
    return view
  }

  /** The view when it is in memory: what a writer has to keep in step. */
  loaded(mailbox: MailboxId): MailboxView | undefined {
    return this.#loaded.get(mailbox)
  }

  /** Every email of the account once; marked `\Deleted` when all its places are. */
  account(): AccountColumns {
    return (this.#account ??= this.#merge())
  }

  /** A message was put into a mailbox. `created`: as part of a new email, whose id is above all others. */
  placed(mailbox: MailboxId, uid: number, modseq: number, row: ColumnRow): void {
    this.version++
    this.trail.add(row.thread)
    this.#loaded.get(mailbox)?.place(uid, modseq, row)
  }

  emailCreated(row: ColumnRow): void {
    this.version++
    this.#account?.append(row)
  }

  flagged(view: MailboxView, row: number, modseq: number, flags: number, extra: readonly string[]): void {
    this.version++
    this.trail.add(view.threads[row] as number)
    view.flag(row, modseq, flags, extra)
    const account = this.#account
    if (account === undefined) return
    const at = account.rowOf(view.emails[row] as number)
    if (at >= 0) account.setFlags(at, (flags & ~deletedBit) | ((account.flags[at] as number) & deletedBit), extra)
  }

  /** Whether JMAP sees an email has changed: among the account's columns, the mark is that of all its places. */
  shown(email: number, isShown: boolean): void {
    this.version++
    const account = this.#account
    const at = account?.rowOf(email) ?? -1
    if (account === undefined || at < 0) return
    const flags = account.flags[at] as number
    account.flags[at] = isShown ? flags & ~deletedBit : flags | deletedBit
  }

  /** Messages left a mailbox: rows of its view, ascending. */
  expunged(view: MailboxView, rows: readonly number[]): void {
    this.version++
    for (const row of rows) this.trail.add(view.threads[row] as number)
    view.remove(rows)
  }

  emailsDestroyed(ids: readonly number[]): void {
    this.version++
    const account = this.#account
    if (account === undefined) return
    const rows = ids.map((id) => account.rowOf(id)).filter((row) => row >= 0)
    account.remove(rows.sort((a, b) => a - b))
  }

  mailboxDestroyed(mailbox: MailboxId): void {
    this.version++
    this.trail.interrupt()
    this.#loaded.delete(mailbox)
  }

  forget(): void {
    this.version++
    this.trail.interrupt()
    this.#loaded.clear()
    this.#account = undefined
  }

  #load(mailbox: MailboxId): MailboxView {
    const pages: LoadRow[] = []
    let total = 0
    for (let from = 0; ;) {
      const page = this.#sql.exec<LoadRow>(load, mailbox, from).one()
      if (page.last === null) break
      pages.push(page)
      total += page.n
      from = page.last
      if (page.n < rowsPerLoad) break
    }
    const view = new MailboxView(mailbox, this.#keywords, total + 64)
    for (const page of pages) {
      fill(view, page)
      if (page.extra > 0) this.#loadExtra(view, (JSON.parse(page.uids) as number[])[0] as number, page.last as number)
    }
    return view
  }

  #loadExtra(view: MailboxView, from: number, to: number): void {
    const query = `SELECT email, keywords FROM placement
      WHERE mailbox = ? AND uid BETWEEN ? AND ? AND keywords IS NOT NULL`
    for (const row of this.#sql.exec<{ email: number; keywords: string }>(query, view.mailboxId, from, to)) {
      view.extra.set(row.email, JSON.parse(row.keywords) as string[])
    }
  }

  #merge(): AccountColumns {
    const views = this.#mailboxIds().map((id) => this.of(id))
    const total = views.reduce((sum, view) => sum + view.length, 0)
    const ids = new Uint32Array(total)
    let filled = 0
    for (const view of views) {
      ids.set(view.emails.subarray(0, view.length), filled)
      filled += view.length
    }
    ids.sort()
    const columns = new AccountColumns(total + 64)
    // Two passes: first the ids in order and without doubles, then the other columns by position.
    let last = 0
    for (const email of ids) {
      if (email === last) continue
      last = email
      columns.append({ email, thread: 0, received: 0, size: 0, flags: deletedBit, extra: [] })
    }
    for (const view of views) copyInto(columns, view)
    return columns
  }

  #makeRoom(wanted: number): void {
    let held = wanted
    for (const view of this.#loaded.values()) held += view.length
    for (const [mailbox, view] of this.#loaded) {
      if (held <= this.#budget) return
      this.#loaded.delete(mailbox)
      held -= view.length
    }
    if (held > this.#budget) this.#account = undefined
  }
}

function fill(view: MailboxView, page: LoadRow): void {
  const [uids, emails, threads] = [parse(page.uids), parse(page.emails), parse(page.threads)]
  const [received, sizes, flags, modseqs] = [
    parse(page.received),
    parse(page.sizes),
    parse(page.flags),
    parse(page.modseqs),
  ]
  for (const [at, uid] of uids.entries()) {
    const email = uid + (emails[at] as number)
    view.place(uid, uid + (modseqs[at] as number), {
      email,
      thread: email + (threads[at] as number),
      received: received[at] as number,
      size: sizes[at] as number,
      flags: flags[at] as number,
      extra: noNames,
    })
  }
}

function copyInto(columns: AccountColumns, view: MailboxView): void {
  let row = -1
  for (let at = 0; at < view.length; at++) {
    const email = view.emails[at] as number
    // Emails mostly ascend within a mailbox, so the next row is the likely one.
    row = columns.emails[row + 1] === email ? row + 1 : columns.rowOf(email)
    columns.threads[row] = view.threads[at] as number
    columns.received[row] = view.received[at] as number
    columns.sizes[row] = view.sizes[at] as number
    // The mark stays only when every place has it.
    columns.flags[row] = (view.flags[at] as number) & ((columns.flags[row] as number) | ~deletedBit)
  }
  for (const [email, names] of view.extra) columns.extra.set(email, names)
}

const noNames: readonly string[] = []
const parse = (json: string): number[] => JSON.parse(json) as number[]
