/**
 * Copies, moves and expunges messages: a few statements for any number of them.
 *
 * Standards: RFC 9051 §6.4.7 (COPY), §6.4.8 (MOVE), §6.4.3 (EXPUNGE), RFC 4315 (COPYUID, UID EXPUNGE).
 */
import type { Sql } from '../storage/index.ts'
import { batches } from './batches.ts'
import type { Blobs } from './blobs.ts'
import type { EmailReader } from './email-reader.ts'
import type { EmailWriter } from './email-writer.ts'
import { StoreError } from './errors.ts'
import type { BlobNumber, EmailId, MailboxId, ThreadId, Uid } from './ids.ts'
import type { Journal } from './journal.ts'
import type { StoreLimits } from './limits.ts'
import type { Mailboxes } from './mailboxes.ts'
import { formatPlaces, parsePlaces } from './places.ts'
import type { TextIndex } from './search/text-index.ts'
import type { CopyOutcome, Place } from './types.ts'
import type { Usage } from './usage.ts'
import type { MailboxView } from './view.ts'
import type { Views } from './views.ts'
import type { Visibility } from './visibility.ts'

export interface MoverParts {
  readonly sql: Sql
  readonly now: () => number
  readonly limits: StoreLimits
  readonly journal: Journal
  readonly mailboxes: Mailboxes
  readonly views: Views
  readonly blobs: Blobs
  readonly usage: Usage
  readonly reader: EmailReader
  readonly writer: EmailWriter
  readonly textIndex: TextIndex
  readonly visibility: Visibility
}

export class Mover {
  readonly #parts: MoverParts

  constructor(parts: MoverParts) {
    this.#parts = parts
  }

  copy(mailbox: MailboxId, uids: readonly number[], to: MailboxId): CopyOutcome {
    return this.#inBatches(mailbox, uids, to, (view, rows) => this.#copy(view, rows, to))
  }

  move(mailbox: MailboxId, uids: readonly number[], to: MailboxId): CopyOutcome {
    return this.#inBatches(mailbox, uids, to, (view, rows) => this.#move(view, rows, to))
  }

  expunge(mailbox: MailboxId, uids: readonly number[]): Uid[] {
    const { mailboxes, views } = this.#parts
    mailboxes.expect(mailbox)
    const view = views.of(mailbox)
    const gone = view.rowsOf(uids).map((row) => view.uidAt(row))
    for (const batch of batches(gone)) this.#expunge(view, view.rowsOf(batch))
    return gone
  }

  #inBatches(
    mailbox: MailboxId,
    uids: readonly number[],
    to: MailboxId,
    work: (view: MailboxView, rows: readonly number[]) => Pick<CopyOutcome, 'source' | 'destination'>,
  ): CopyOutcome {
    const { mailboxes, views } = this.#parts
    mailboxes.expect(mailbox)
    const { uidValidity } = mailboxes.expect(to)
    const view = views.of(mailbox)
    const wanted = view.rowsOf(uids).map((row) => view.uidAt(row))
    const source: Uid[] = []
    const destination: Uid[] = []
    for (const batch of batches(wanted)) {
      const outcome = work(view, view.rowsOf(batch))
      for (const uid of outcome.source) source.push(uid)
      for (const uid of outcome.destination) destination.push(uid)
    }
    return { uidValidity, source, destination }
  }

  #copy(view: MailboxView, rows: readonly number[], to: MailboxId): Pick<CopyOutcome, 'source' | 'destination'> {
    const { writer, limits } = this.#parts
    const there = this.#alreadyThere(view, rows, to, limits.maxMailboxesPerEmail)
    const doubled = rows.filter((row) => there.has(view.emailIdAt(row)))
    writer.checkQuota(doubled.reduce((sum, row) => sum + sizeAt(view, row), 0))
    return this.#place(view, rows, to, there, 'also')
  }

  #move(view: MailboxView, rows: readonly number[], to: MailboxId): Pick<CopyOutcome, 'source' | 'destination'> {
    // Within one mailbox an email just gets a new UID. No octets are added for long, so no quota is asked.
    const renumber = view.mailboxId === to
    const there = renumber ? new Set<number>() : this.#alreadyThere(view, rows, to, Infinity)
    const outcome = this.#place(view, rows, to, there, 'instead')
    const doubled = outcome.source.filter((uid) => there.has(emailOf(view, uid)))
    const moved = there.size === 0 ? outcome.source : outcome.source.filter((uid) => !there.has(emailOf(view, uid)))
    this.#expunge(view, view.rowsOf(doubled))
    this.#unplace(view, view.rowsOf(moved))
    return outcome
  }

  #expunge(view: MailboxView, rows: readonly number[]): void {
    if (rows.length === 0) return
    const emails = rows.map((row) => view.emailIdAt(row))
    this.#parts.visibility.note(this.#parts.journal.record, emails)
    const query = `SELECT id, places FROM email WHERE id IN (SELECT value FROM json_each(?)) AND instr(places, ' ') > 0`
    const shared = new Set<number>()
    const found = this.#parts.sql.exec<{ id: EmailId; places: string }>(query, JSON.stringify(emails)).toArray()
    for (const { id, places } of found) {
      shared.add(id)
      this.writePlaces(
        id,
        parsePlaces(places).filter((place) => place.mailboxId !== view.mailboxId),
      )
    }
    this.#unplace(view, rows)
    this.forgetEmails(emails.filter((id) => !shared.has(id)))
  }

  /** Takes one email out of and into mailboxes (JMAP). The caller has checked that some place remains. */
  relocate(id: EmailId, places: readonly Place[], leave: readonly MailboxId[], enter: readonly MailboxId[]): void {
    const { views, journal, writer, visibility } = this.#parts
    visibility.notePlaces(journal.record, [id])
    const first = places[0] as Place
    const view = views.of(first.mailboxId)
    const at = view.indexOf(first.uid)
    const source = { ...rowAt(view, at), flags: view.withoutDeletedAt(at) }
    const remaining = places.filter((place) => !leave.includes(place.mailboxId))
    for (const mailboxId of enter) {
      const uid = journal.take() as Uid
      writer.place(mailboxId, uid, source, false)
      remaining.push({ mailboxId, uid })
    }
    this.writePlaces(id, remaining)
    for (const place of places) {
      if (!leave.includes(place.mailboxId)) continue
      const left = views.of(place.mailboxId)
      this.#unplace(left, left.rowsOf([place.uid]))
    }
  }

  /** Removes emails that are in no mailbox any more, and their bytes. */
  forgetEmails(ids: readonly EmailId[]): void {
    if (ids.length === 0) return
    const { sql, journal, blobs, usage, views, textIndex } = this.#parts
    journal.touch()
    const list = JSON.stringify(ids)
    const query = 'SELECT id, thread, blob, size FROM email WHERE id IN (SELECT value FROM json_each(?))'
    const rows = sql.exec<{ id: EmailId; thread: ThreadId; blob: BlobNumber; size: number }>(query, list).toArray()
    usage.removed(
      rows.reduce((sum, row) => sum + row.size, 0),
      rows.length,
    )
    sql.exec('DELETE FROM email WHERE id IN (SELECT value FROM json_each(?))', list)
    blobs.release(rows.map((row) => row.blob))
    textIndex.remove(rows.map((row) => row.id))
    for (const row of rows) journal.record.emailDestroyed(row.id, row.thread)
    views.emailsDestroyed(ids)
  }

  /** Deletes placements: their emails' places are the caller's business. */
  unplace(mailbox: MailboxId, uids: readonly number[]): void {
    const { views, journal, visibility } = this.#parts
    const view = views.of(mailbox)
    const rows = view.rowsOf(uids)
    visibility.notePlaces(
      journal.record,
      rows.map((row) => view.emailIdAt(row)),
    )
    this.#unplace(view, rows)
  }

  writePlaces(id: EmailId, places: readonly Place[]): void {
    this.#parts.journal.touch()
    this.#parts.sql.exec('UPDATE email SET places = ? WHERE id = ?', formatPlaces(places), id)
    this.#parts.journal.record.emails.update(id)
  }

  /** Emails at these rows that are in `to` as well. Throws when an email would be in too many mailboxes. */
  #alreadyThere(view: MailboxView, rows: readonly number[], to: MailboxId, maxPlaces: number): Set<number> {
    const emails = rows.map((row) => view.emailIdAt(row))
    if (view.mailboxId === to) return new Set(emails)
    const query = `SELECT id, places FROM email WHERE id IN (SELECT value FROM json_each(?)) AND instr(places, ' ') > 0`
    const there = new Set<number>()
    for (const row of this.#parts.sql.exec<{ id: number; places: string }>(query, JSON.stringify(emails)).toArray()) {
      const places = parsePlaces(row.places)
      if (places.some((place) => place.mailboxId === to)) there.add(row.id)
      else if (places.length >= maxPlaces) {
        throw new StoreError('tooManyMailboxes', 'an email would be in too many mailboxes', ['mailboxIds'])
      }
    }
    return there
  }

  /** Gives every row a new UID in `to`: `also` keeps the old place, `instead` takes it out of the email's places. */
  #place(
    view: MailboxView,
    rows: readonly number[],
    to: MailboxId,
    there: ReadonlySet<number>,
    how: 'also' | 'instead',
  ): Pick<CopyOutcome, 'source' | 'destination'> {
    const { journal, reader, writer, visibility } = this.#parts
    visibility.notePlaces(
      journal.record,
      rows.map((row) => view.emailIdAt(row)),
    )
    const first = journal.take(rows.length)
    const source = rows.map((row) => view.uidAt(row))
    const copies = rows.map((row) => rowAt(view, row))
    if (there.size === 0) this.#placeAll(view, source, first, to, how)
    for (const [index, row] of copies.entries()) {
      const uid = (first + index) as Uid
      if (there.has(row.email)) {
        const email = reader.emails([row.email])[0]
        if (email === undefined) throw new Error(`email ${row.email} of a placement is missing`)
        writer.duplicate(email, uid as number as EmailId, to, row.flags, row.extra)
        continue
      }
      if (there.size > 0) this.#placeAll(view, [source[index] as Uid], uid, to, how)
      this.#parts.views.placed(to, uid, uid, row)
      journal.record.placed(to, uid, false)
      journal.record.emails.update(row.email)
    }
    const destination = source.map((_, index) => (first + index) as Uid)
    return { source, destination }
  }

  /** Rows for consecutive UIDs from `first` on, copied inside the database, and the emails' new places. */
  #placeAll(view: MailboxView, uids: readonly Uid[], first: number, to: MailboxId, how: 'also' | 'instead'): void {
    const { sql, now } = this.#parts
    const from = view.mailboxId
    const [before, after] = [place('?4', 'j.value ->> 1'), place('?1', '?2 + j.key')]
    const places =
      how === 'also'
        ? `places || ' ' || ${after}`
        : `trim(replace(' ' || places || ' ', ' ' || ${before} || ' ', ' ' || ${after} || ' '))`
    const pairs = uids.map((uid) => [emailOf(view, uid), uid])
    sql.exec(
      `UPDATE email SET places = ${places} FROM json_each(?3) AS j WHERE email.id = j.value ->> 0`,
      to,
      first,
      JSON.stringify(pairs),
      ...(how === 'also' ? [] : [from]),
    )
    // CROSS JOIN fixes the order of the loops: the planner does not know that the list is short.
    sql.exec(
      `INSERT INTO placement (mailbox, uid, email, thread, received, size, flags, keywords, modseq, saved)
       SELECT ?1, ?2 + j.key, p.email, p.thread, p.received, p.size, p.flags, p.keywords, ?2 + j.key, ?5
       FROM json_each(?3) AS j CROSS JOIN placement AS p ON p.mailbox = ?4 AND p.uid = j.value`,
      to,
      first,
      JSON.stringify(uids),
      from,
      now(),
    )
  }

  /** Deletes the placement rows at these rows of a view, and remembers their UIDs as used. */
  #unplace(view: MailboxView, rows: readonly number[]): void {
    if (rows.length === 0) return
    const { sql, journal, mailboxes, views } = this.#parts
    const modseq = journal.touch()
    const uids = rows.map((row) => view.uidAt(row))
    const list = JSON.stringify(uids)
    sql.exec(
      'DELETE FROM placement WHERE mailbox = ? AND uid IN (SELECT value FROM json_each(?))',
      view.mailboxId,
      list,
    )
    const last = rows.at(-1) === view.length - 1
    mailboxes.expunged(view.mailboxId, last ? view.uidAt(view.length - 1) + 1 : 0, modseq)
    for (const uid of uids) journal.record.expunged(view.mailboxId, uid)
    views.expunged(view, rows)
  }
}

function sizeAt(view: MailboxView, row: number): number {
  return view.sizes[row] as number
}

function emailOf(view: MailboxView, uid: number): number {
  const row = view.indexOf(uid)
  return row < 0 ? 0 : view.emailIdAt(row)
}

function rowAt(view: MailboxView, row: number) {
  return {
    email: view.emailIdAt(row),
    thread: view.threads[row] as ThreadId,
    received: view.received[row] as number,
    size: sizeAt(view, row),
    flags: view.flags[row] as number,
    extra: view.extraAt(row),
  }
}

/** SQL text of a place. Numbers are bound as floating point and would read `3.0` as text, hence the casts. */
function place(mailbox: string, uid: string): string {
  return `CAST(${mailbox} AS INTEGER) || ':' || CAST(${uid} AS INTEGER)`
}
