/**
 * Notices that somebody gave or took rights to their mailboxes; the user dismisses them.
 *
 * A row that is dismissed, or dropped for its age or their number, stays for a while without its facts, so that /changes
 * can name it.
 *
 * Standards: RFC 9670 §3.
 * Limits: number and age; an owner who changes rights all day makes the oldest notices go, and nothing grow.
 */
import type { Sql } from '../storage/index.ts'
import type { AccountTable } from './account-table.ts'
import { StoreError } from './errors.ts'
import type { MailboxId, ModSeq } from './ids.ts'
import type { Journal } from './journal.ts'
import type { Rights } from './rights.ts'
import type { Person } from './share-news.ts'
import type { Changes } from './changes.ts'

export interface ShareNotification {
  readonly id: number
  readonly createdAt: number
  /** Whose mailbox it is. */
  readonly accountId: string
  readonly mailboxId: MailboxId
  /** As it was called at that time. */
  readonly name: string
  /** `''`: none. */
  readonly oldRights: Rights
  readonly newRights: Rights
  readonly changedBy: Person
}

export type NewShareNotification = Omit<ShareNotification, 'id' | 'createdAt'>

const maxNotifications = 200
const maxAge = 60 * 24 * 3600 * 1000
/** Dismissed ones that are remembered. */
const maxGone = 1000

export const formatShareNotificationId = (id: number): string => `N${id}`

/** Undefined for anything that `formatShareNotificationId` would not write. */
export function parseShareNotificationId(text: string): number | undefined {
  return /^N[1-9][0-9]{0,9}$/.test(text) ? Number(text.slice(1)) : undefined
}

export class ShareNotifications {
  readonly #sql: Sql
  readonly #journal: Journal
  readonly #account: AccountTable
  readonly #now: () => number

  constructor(sql: Sql, journal: Journal, account: AccountTable, now: () => number) {
    this.#sql = sql
    this.#journal = journal
    this.#account = account
    this.#now = now
  }

  /** Oldest first. */
  all(): readonly ShareNotification[] {
    const query = 'SELECT id, at, facts FROM share_notification WHERE gone IS NULL ORDER BY id'
    return Array.from(this.#sql.exec<{ id: number; at: number; facts: string }>(query), (row) => ({
      ...(JSON.parse(row.facts) as NewShareNotification),
      id: row.id,
      createdAt: row.at,
    }))
  }

  create(notification: NewShareNotification): void {
    this.#journal.transaction(() => {
      const id = this.#journal.take()
      const query = 'INSERT INTO share_notification (id, at, facts) VALUES (?, ?, ?)'
      this.#sql.exec(query, id, this.#now(), JSON.stringify(notification))
      // The counter is kept by change rows, and this table is none of those that it is read from.
      this.#journal.touch()
      this.#journal.record.notifications = true
      this.#tidy()
    })
  }

  /** Throws `notFound`. */
  destroy(id: number): void {
    this.#journal.transaction(() => {
      if (!this.#drop('id = ?', id)) throw new StoreError('notFound', 'no such notification')
    })
  }

  /** Drops what is too old. Writes nothing when nothing is. */
  expire(): void {
    const before = this.#now() - maxAge
    const query = 'SELECT 1 FROM share_notification WHERE gone IS NULL AND at < ? LIMIT 1'
    if (this.#sql.exec(query, before).toArray().length === 0) return
    this.#journal.transaction(() => this.#drop('at < ?', before))
  }

  /** RFC 8620 §5.2; undefined for a state before the ones that are remembered. */
  changes(since: number, until: number): Changes | undefined {
    if (since < Number(this.#account.get('notices_floor') ?? 0)) return undefined
    const query = 'SELECT id, gone FROM share_notification WHERE id > ? OR gone > ? ORDER BY id'
    const rows = this.#sql.exec<{ id: number; gone: number | null }>(query, since, since).toArray()
    const created = rows.filter(({ id, gone }) => id > since && id <= until && (gone === null || gone > until))
    const destroyed = rows.filter(({ id, gone }) => id <= since && gone !== null && gone <= until)
    return {
      created: created.map(({ id }) => id),
      updated: [],
      destroyed: destroyed.map(({ id }) => id),
      newState: until as ModSeq,
      hasMoreChanges: false,
      onlyCounts: false,
    }
  }

  /** Whether there was one to drop. */
  #drop(which: string, binding: number): boolean {
    const where = `gone IS NULL AND ${which}`
    if (this.#sql.exec(`SELECT 1 FROM share_notification WHERE ${where} LIMIT 1`, binding).toArray().length === 0) {
      return false
    }
    const gone = this.#journal.touch()
    this.#journal.record.notifications = true
    this.#sql.exec(`UPDATE share_notification SET gone = ?, facts = '' WHERE ${where}`, gone, binding)
    this.#tidy()
    return true
  }

  /** RFC 9670 §3.1: the oldest go when there are too many. */
  #tidy(): void {
    const oldest = `SELECT id FROM share_notification WHERE gone IS NULL ORDER BY id DESC LIMIT 1 OFFSET ${maxNotifications}`
    const tooMany = this.#sql.exec<{ id: number }>(oldest).toArray()[0]
    if (tooMany !== undefined) {
      const query = `UPDATE share_notification SET gone = ?, facts = '' WHERE gone IS NULL AND id <= ?`
      this.#sql.exec(query, this.#journal.touch(), tooMany.id)
    }
    const last = `SELECT gone FROM share_notification WHERE gone IS NOT NULL ORDER BY gone DESC LIMIT 1 OFFSET ${maxGone}`
    const floor = this.#sql.exec<{ gone: number }>(last).toArray()[0]?.gone
    if (floor === undefined) return
    this.#sql.exec('DELETE FROM share_notification WHERE gone <= ?', floor)
    this.#account.set('notices_floor', floor)
  }
}
