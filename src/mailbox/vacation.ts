/**
 * The vacation response of the account, and whom it has been sent to.
 *
 * Standards: RFC 8621 §8 (VacationResponse), RFC 5230 §4.2 (once per sender and period).
 * Cost: nothing is read or written for a message while the response is off; one row for each sender it is sent to.
 */
import type { Sql } from '../storage/index.ts'
import type { AccountTable } from './account-table.ts'
import { StoreError } from './errors.ts'
import type { Journal } from './journal.ts'
import type { VacationResponse } from './types.ts'

const off: VacationResponse = {
  isEnabled: false,
  fromDate: null,
  toDate: null,
  subject: null,
  textBody: null,
  htmlBody: null,
}

/** Characters of all texts: they are read with the account's facts, and stay below a row's 2 MB in any script. */
const maxSize = 256 * 1024
/** Senders remembered. When they are more, the oldest may hear a second time. */
const maxSenders = 10_000
const hour = 3_600_000

export class Vacation {
  readonly #sql: Sql
  readonly #journal: Journal
  readonly #account: AccountTable
  #parsed: { text: unknown; response: VacationResponse } = { text: undefined, response: off }
  #prunedAt = 0

  constructor(sql: Sql, journal: Journal, account: AccountTable) {
    this.#sql = sql
    this.#journal = journal
    this.#account = account
  }

  get(): VacationResponse {
    const text = this.#account.get('vacation')
    if (text === this.#parsed.text) return this.#parsed.response
    const response = typeof text === 'string' ? (JSON.parse(text) as VacationResponse) : off
    this.#parsed = { text, response }
    return response
  }

  /** Replaces it; senders who heard the old one may hear the new one. Throws `tooLarge`. */
  set(response: VacationResponse): void {
    const text = JSON.stringify(response)
    if (text.length > maxSize) throw new StoreError('tooLarge', 'the vacation response is too large')
    this.#journal.transaction(() => {
      if (text === (this.#account.get('vacation') ?? JSON.stringify(off))) return
      this.#journal.touch()
      this.#journal.record.vacation = true
      this.#account.set('vacation', text)
      this.#sql.exec('DELETE FROM vacation_reply')
    })
  }

  /** Whether it is on at that time: `fromDate` is included, `toDate` is not. */
  isActive(now: number): boolean {
    const { isEnabled, fromDate, toDate } = this.get()
    return isEnabled && (fromDate === null || fromDate <= now) && (toDate === null || now < toDate)
  }

  /** Takes this sender's turn: false when it had one within `period` milliseconds. */
  claim(sender: string, now: number, period: number): boolean {
    const key = sender.toLowerCase().slice(0, 320)
    const query = 'SELECT at FROM vacation_reply WHERE sender = ?'
    const last = this.#sql.exec<{ at: number }>(query, key).toArray()[0]
    if (last !== undefined && last.at > now - period) return false
    if (this.#prunedAt <= now - hour) this.#prune(now, period)
    this.#sql.exec('INSERT OR REPLACE INTO vacation_reply (sender, at) VALUES (?, ?)', key, now)
    return true
  }

  /** Gives the turn back: the sender did not hear after all. */
  release(sender: string): void {
    this.#sql.exec('DELETE FROM vacation_reply WHERE sender = ?', sender.toLowerCase().slice(0, 320))
  }

  #prune(now: number, period: number): void {
    this.#prunedAt = now
    this.#sql.exec('DELETE FROM vacation_reply WHERE at <= ?', now - period)
    this.#sql.exec(
      `DELETE FROM vacation_reply WHERE sender IN
         (SELECT sender FROM vacation_reply ORDER BY at DESC LIMIT -1 OFFSET ?)`,
      maxSenders,
    )
  }
}
