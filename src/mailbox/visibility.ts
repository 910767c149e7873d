/**
 * What JMAP does not see: places marked `\Deleted`, and emails that are marked at all their places.
 *
 * IMAP marks, then expunges; JMAP has no such state in between, so for it a mark is already the removal. Marks belong to
 * places: an email that is marked in one mailbox and not in another is, for JMAP, in the other only.
 *
 * Standards: RFC 8621 §4.1.1.
 */
import type { Sql } from '../storage/index.ts'
import { batches } from './batches.ts'
import type { EmailId, ThreadId } from './ids.ts'
import { deletedBit } from './keyword-table.ts'
import { parsePlaces } from './places.ts'
import type { TransactionRecord } from './transaction-record.ts'
import type { Email, Place } from './types.ts'
import type { Views } from './views.ts'

/** Emails looked at together: their places stay far below the 2 MB of a bound value. */
const emailsAtOnce = 2000

export class Visibility {
  readonly #sql: Sql
  readonly #views: Views
  readonly #isShared: () => boolean

  /** `isShared`: whether anybody but the owner sees anything. */
  constructor(sql: Sql, views: Views, isShared: () => boolean) {
    this.#sql = sql
    this.#views = views
    this.#isShared = isShared
  }

  /** Emails as JMAP sees them: without their marked places, and without those that have no other. */
  shown(emails: readonly Email[]): Email[] {
    const unmarked = this.#unmarked(emails.map((email) => email.places))
    const shown: Email[] = []
    for (const [index, email] of emails.entries()) {
      const places = unmarked[index] as readonly Place[]
      if (places.length === email.places.length) shown.push(email)
      else if (places.length > 0) shown.push({ ...email, places })
    }
    return shown
  }

  /** Of these emails those that exist and that JMAP does not see, each with its thread. */
  hidden(ids: readonly EmailId[]): Map<EmailId, ThreadId> {
    return this.#sorted(ids).hidden
  }

  /** To be called before the marks or places of existing emails change: what they were like when the transaction began. */
  note(record: TransactionRecord, ids: readonly EmailId[]): void {
    const { hidden } = this.#sorted(ids.filter((id) => !record.wasHidden.has(id)))
    for (const id of ids) if (!record.wasHidden.has(id)) record.wasHidden.set(id, hidden.has(id))
    this.notePlaces(record, ids)
  }

  /**
   * To be called before existing emails are put into mailboxes or taken out: where JMAP saw them when the transaction began.
   * Others than the owner see some mailboxes only, so for them an email that moves may come into sight or go.
   */
  notePlaces(record: TransactionRecord, ids: readonly EmailId[]): void {
    if (!this.#isShared()) return
    const news = ids.filter((id) => id <= record.start && !record.placesBefore.has(id))
    for (const { id, places } of this.#placed(news)) {
      record.placesBefore.set(
        id,
        places.map(({ mailboxId }) => mailboxId),
      )
    }
  }

  /** Before commit: finds out which of the noted emails JMAP sees no longer, or again. */
  settle(record: TransactionRecord): void {
    if (record.wasHidden.size === 0) return
    const { hidden, visible } = this.#sorted([...record.wasHidden.keys()])
    for (const [id, thread] of hidden) {
      if (record.wasHidden.get(id) === true) continue
      record.hid(id, thread)
      this.#views.shown(id, false)
    }
    for (const [id, thread] of visible) {
      if (record.wasHidden.get(id) === false) continue
      record.revealed(id, thread)
      this.#views.shown(id, true)
    }
  }

  #sorted(ids: readonly EmailId[]): Record<'hidden' | 'visible', Map<EmailId, ThreadId>> {
    const sorted = { hidden: new Map<EmailId, ThreadId>(), visible: new Map<EmailId, ThreadId>() }
    for (const { id, thread, places } of this.#placed(ids)) {
      sorted[places.length === 0 ? 'hidden' : 'visible'].set(id, thread)
    }
    return sorted
  }

  /** Of these emails those that exist, with their unmarked places. */
  *#placed(ids: readonly EmailId[]): Generator<{ id: EmailId; thread: ThreadId; places: readonly Place[] }> {
    const query = 'SELECT id, thread, places FROM email WHERE id IN (SELECT value FROM json_each(?))'
    for (const batch of batches(ids, emailsAtOnce)) {
      const rows = this.#sql
        .exec<{ id: EmailId; thread: ThreadId; places: string }>(query, JSON.stringify(batch))
        .toArray()
      const unmarked = this.#unmarked(rows.map((row) => parsePlaces(row.places)))
      for (const [index, { id, thread }] of rows.entries()) {
        yield { id, thread, places: unmarked[index] as readonly Place[] }
      }
    }
  }

  /** Each list without its marked places: by the views in memory, and one statement for all the rest. */
  #unmarked(lists: readonly (readonly Place[])[]): (readonly Place[])[] {
    const marked = new Set<Place>()
    const unknown: Place[] = []
    for (const place of lists.flat()) {
      const view = this.#views.loaded(place.mailboxId)
      if (view === undefined) unknown.push(place)
      else {
        const row = view.indexOf(place.uid)
        if (row >= 0 && view.isDeletedAt(row)) marked.add(place)
      }
    }
    if (unknown.length > 0) {
      // CROSS JOIN fixes the order of the loops: one look-up for each place.
      const query = `SELECT j.key AS at FROM json_each(?) AS j CROSS JOIN placement AS p
        ON p.mailbox = j.value ->> 0 AND p.uid = j.value ->> 1 WHERE (p.flags & ${deletedBit}) <> 0`
      const pairs = JSON.stringify(unknown.map(({ mailboxId, uid }) => [mailboxId, uid]))
      for (const { at } of this.#sql.exec<{ at: number }>(query, pairs)) marked.add(unknown[at] as Place)
    }
    return marked.size === 0 ? [...lists] : lists.map((places) => places.filter((place) => !marked.has(place)))
  }
}
