/**
 * The mailboxes in memory: loads views on demand, keeps them in step with writes, drops the least recently used.
 */
import type { Sql } from '../storage/index.ts'
import { AccountColumns, type ColumnRow } from './columns.ts'
import type { MailboxId } from './ids.ts'
import { deletedBit, type KeywordTable } from './keyword-table.ts'
import { ThreadTrail } from './thread-trail.ts'
import type { MailboxView } from './view.ts'
import { loadView } from './view-loader.ts'

export class Views {
  readonly #sql: Sql
  readonly #keywords: KeywordTable
  readonly #budget: number
  readonly #mailboxIds: () => readonly MailboxId[]
  /** In order of last use. */
  readonly #loaded = new Map<MailboxId, MailboxView>()
  /** The one used last: a command asks for it at each of its messages. */
  #latest: MailboxView | undefined
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
    if (this.#latest?.mailboxId === mailbox) return this.#latest
    let view = this.#loaded.get(mailbox)
    if (view === undefined) {
      view = loadView(this.#sql, mailbox, this.#keywords)
      this.#makeRoom(view.length)
    } else this.#loaded.delete(mailbox)
    this.#loaded.set(mailbox, view)
    this.#latest = view
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
    this.#latest = undefined
  }

  forget(): void {
    this.version++
    this.trail.interrupt()
    this.#loaded.clear()
    this.#latest = undefined
    this.#account = undefined
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
    if (!isAscending(ids)) ids.sort()
    // Two passes: first the ids in order and without doubles, then the other columns by position.
    const columns = new AccountColumns(total + 64)
    columns.extend(withoutDoubles(ids))
    columns.emails.set(ids.subarray(0, columns.length))
    columns.flags.fill(deletedBit, 0, columns.length)
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

function isAscending(ids: Uint32Array): boolean {
  for (let at = 1; at < ids.length; at++) if ((ids[at] as number) < (ids[at - 1] as number)) return false
  return true
}

/** Moves the different ones of ascending ids to the front; returns how many they are. */
function withoutDoubles(ids: Uint32Array): number {
  let kept = 0
  for (const id of ids) if (kept === 0 || id !== ids[kept - 1]) ids[kept++] = id
  return kept
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
