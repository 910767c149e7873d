/**
 * Changes flags: one UPDATE for any number of messages that change alike.
 *
 * Keywords belong to the email: a change is made at all its places. `\Deleted` belongs to the one place.
 *
 * Standards: RFC 9051 §6.4.6 (STORE), RFC 7162 §3.1.3 (UNCHANGEDSINCE), RFC 8621 §4.6.
 */
import type { Sql } from '../storage/index.ts'
import { batches, oneOrMany } from './batches.ts'
import type { EmailId, MailboxId, ModSeq, Uid } from './ids.ts'
import type { Journal } from './journal.ts'
import {
  checkNames,
  deletedBit,
  extraBit,
  keywordBits,
  type KeywordDelta,
  type KeywordSet,
  type KeywordTable,
} from './keyword-table.ts'
import type { StoreLimits } from './limits.ts'
import type { Mailboxes } from './mailboxes.ts'
import { parsePlaces } from './places.ts'
import type { FlagOutcome, Place, SetPatch } from './types.ts'
import type { MailboxView } from './view.ts'
import type { Views } from './views.ts'
import type { Visibility } from './visibility.ts'

const noNames: readonly string[] = []

/** What one message's flags become. */
interface Next extends KeywordSet {
  readonly row: number
}

export class FlagWriter {
  readonly #sql: Sql
  readonly #journal: Journal
  readonly #keywords: KeywordTable
  readonly #mailboxes: Mailboxes
  readonly #views: Views
  readonly #limits: StoreLimits
  readonly #visibility: Visibility

  constructor(
    sql: Sql,
    journal: Journal,
    keywords: KeywordTable,
    mailboxes: Mailboxes,
    views: Views,
    limits: StoreLimits,
    visibility: Visibility,
  ) {
    this.#sql = sql
    this.#journal = journal
    this.#keywords = keywords
    this.#mailboxes = mailboxes
    this.#views = views
    this.#limits = limits
    this.#visibility = visibility
  }

  set(mailbox: MailboxId, uids: readonly number[], change: SetPatch<string>, unchangedSince = Infinity): FlagOutcome {
    this.#mailboxes.expect(mailbox)
    checkNames(change)
    const view = this.#views.of(mailbox)
    const rows = view.rowsOf(uids)
    const wanted = rows.filter((row) => (view.modseqs[row] as number) <= unchangedSince)
    const modified = rows.filter((row) => (view.modseqs[row] as number) > unchangedSince).map((row) => view.uidAt(row))
    this.#checkRoom(view, wanted, change)
    const delta = this.#keywords.delta(change)
    const changes = this.#changes(view, wanted, delta)
    if (changes.length === 0) return { changed: [], modified, modseq: this.#journal.state }
    this.#noteMarks(view, changes)
    const elsewhere = this.#elsewhere(view, changes, mailbox)
    const changed = changes.map(({ row }) => view.uidAt(row))
    const modseq = this.#write(view, changes, delta)
    const keywordsOnly = { ...delta, keep: delta.keep | deletedBit, add: delta.add & ~deletedBit }
    for (const [other, otherUids] of elsewhere) {
      const otherView = this.#views.of(other)
      this.#write(otherView, this.#changes(otherView, otherView.rowsOf(otherUids), keywordsOnly), keywordsOnly)
    }
    return { changed, modified, modseq }
  }

  /** Changes the keywords of one email at all its places; `\Deleted` stays as it is. */
  ofEmail(places: readonly Place[], patch: SetPatch<string>): void {
    checkNames(patch)
    const first = places[0] as Place
    const view = this.#views.of(first.mailboxId)
    this.#checkRoom(view, view.rowsOf([first.uid]), patch)
    const delta = this.#keywords.delta(patch)
    const keywordsOnly = { ...delta, keep: delta.keep | deletedBit, add: delta.add & ~deletedBit }
    for (const { mailboxId, uid } of places) {
      const at = this.#views.of(mailboxId)
      this.#write(at, this.#changes(at, at.rowsOf([uid]), keywordsOnly), keywordsOnly)
    }
  }

  /** Refuses, before a bit is given out, a change that would leave some email with too many keywords. */
  #checkRoom(view: MailboxView, rows: readonly number[], patch: SetPatch<string>): void {
    const names = new Set([...(patch.replace ?? []), ...(patch.add ?? [])].map((name) => name.toLowerCase()))
    const limit = this.#limits.maxKeywordsPerEmail
    this.#keywords.check(names.size, limit)
    if (patch.replace !== undefined || names.size === 0) return
    for (const row of rows) {
      const extra = view.extraAt(row)
      // Bits alone are at most 29: only an email with many extra names, or many new ones, can come near the limit.
      if (extra.length + names.size + 29 <= limit) continue
      this.#keywords.check(new Set([...view.keywordsAt(row), ...names]).size, limit)
    }
  }

  #changes(view: MailboxView, rows: readonly number[], delta: KeywordDelta): Next[] {
    const changes: Next[] = []
    for (const row of rows) {
      const before = view.flags[row] as number
      const extraBefore = view.extraAt(row)
      const extra = nextExtra(extraBefore, delta)
      const kept = (before & delta.keep) | delta.add
      const bits = extra.length > 0 ? kept | extraBit : kept & ~extraBit
      if (bits !== before || !same(extra, extraBefore)) changes.push({ row, bits, extra })
    }
    return changes
  }

  /** The other places of emails whose keywords (not only `\Deleted`) change. */
  #elsewhere(view: MailboxView, changes: readonly Next[], mailbox: MailboxId): Map<MailboxId, Uid[]> {
    const emails: number[] = []
    for (const { row, bits, extra } of changes) {
      if (keywordsDiffer(view, row, bits, extra)) emails.push(view.emails[row] as number)
    }
    const elsewhere = new Map<MailboxId, Uid[]>()
    const shared = [...batches(emails)].flatMap((batch) => {
      const [those, ids] = oneOrMany('id', batch)
      const query = `SELECT places FROM email WHERE ${those} AND instr(places, ' ') > 0`
      return this.#sql.exec<{ places: string }>(query, ids).toArray()
    })
    for (const row of shared) {
      for (const place of parsePlaces(row.places)) {
        if (place.mailboxId === mailbox) continue
        const uids = elsewhere.get(place.mailboxId)
        if (uids === undefined) elsewhere.set(place.mailboxId, [place.uid])
        else uids.push(place.uid)
      }
    }
    return elsewhere
  }

  #noteMarks(view: MailboxView, changes: readonly Next[]): void {
    const marked = changes.filter(({ row, bits }) => marksDiffer(view, row, bits))
    if (marked.length === 0) return
    this.#visibility.note(
      this.#journal.record,
      marked.map(({ row }) => view.emailIdAt(row)),
    )
  }

  #write(view: MailboxView, changes: readonly Next[], delta: KeywordDelta): ModSeq {
    if (changes.length === 0) return this.#journal.state
    const modseq = this.#journal.touch()
    const plain: number[] = []
    for (const { row, bits, extra } of changes) {
      if (extra.length === 0 && view.extraAt(row).length === 0) plain.push(view.uidAt(row))
      else this.#writeExtra(view.mailboxId, view.uidAt(row), bits, extra, modseq)
    }
    for (const batch of batches(plain)) {
      const [those, uids] = oneOrMany('uid', batch)
      const update = `UPDATE placement SET flags = (flags & ?) | ?, modseq = ? WHERE mailbox = ? AND ${those}`
      this.#sql.exec(update, delta.keep, delta.add, modseq, view.mailboxId, uids)
    }
    const { record } = this.#journal
    for (const { row, bits, extra } of changes) {
      // A mark is a change of mailboxIds, if not of existence, to JMAP (RFC 8621 §4.1.1).
      if (marksDiffer(view, row, bits) || keywordsDiffer(view, row, bits, extra))
        record.emails.update(view.emails[row] as EmailId)
      record.flagged(view.mailboxId, view.uidAt(row))
      this.#views.flagged(view, row, modseq, bits, extra)
    }
    return modseq
  }

  #writeExtra(mailbox: MailboxId, uid: Uid, bits: number, extra: readonly string[], modseq: number): void {
    this.#sql.exec(
      'UPDATE placement SET flags = ?, keywords = ?, modseq = ? WHERE mailbox = ? AND uid = ?',
      bits,
      extra.length === 0 ? null : JSON.stringify(extra),
      modseq,
      mailbox,
      uid,
    )
  }
}

function nextExtra(before: readonly string[], delta: KeywordDelta): readonly string[] {
  if (
    delta.addExtra.length === 0 &&
    (before.length === 0 || (delta.dropExtra !== 'all' && delta.dropExtra.length === 0))
  )
    return before
  const { dropExtra } = delta
  const kept = dropExtra === 'all' ? noNames : before.filter((name) => !dropExtra.includes(name))
  return [...new Set([...kept, ...delta.addExtra])].sort()
}

function keywordsDiffer(view: MailboxView, row: number, bits: number, extra: readonly string[]): boolean {
  const difference = (bits ^ (view.flags[row] as number)) & keywordBits & ~deletedBit
  return difference !== 0 || !same(extra, view.extraAt(row))
}

function marksDiffer(view: MailboxView, row: number, bits: number): boolean {
  return ((bits ^ (view.flags[row] as number)) & deletedBit) !== 0
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((name, index) => name === b[index]))
}
