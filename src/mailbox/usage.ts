/**
 * Octets and emails in the account, without a row per delivery: a saved sum up to some email id, plus what came after.
 *
 * Standards: RFC 9208 (STORAGE and MESSAGE resources), RFC 9425.
 */
import type { Sql } from '../storage/index.ts'
import type { AccountTable } from './account-table.ts'

/** Emails added before the sum is saved again: bounds what has to be summed when the object starts. */
const saveEvery = 1000

interface Saved {
  readonly bytes: number
  readonly count: number
  /** Emails with ids up to this one are in the sum. */
  readonly through: number
}

export class Usage {
  readonly #sql: Sql
  readonly #account: AccountTable
  #now: { bytes: number; count: number; sinceSaved: number } | undefined
  #mustSave = false

  constructor(sql: Sql, account: AccountTable) {
    this.#sql = sql
    this.#account = account
  }

  read(): { used: number; count: number } {
    const { bytes, count } = this.#load()
    return { used: bytes, count }
  }

  /** Before the rows are written: a first call sums what is in the table. */
  added(bytes: number, count: number): void {
    const usage = this.#load()
    usage.bytes += bytes
    usage.count += count
    usage.sinceSaved += count
  }

  /** Before the rows are deleted. Only additions can be summed again later, so a removal is saved in its transaction. */
  removed(bytes: number, count: number): void {
    const usage = this.#load()
    usage.bytes -= bytes
    usage.count -= count
    this.#mustSave = true
  }

  /** Before commit: `through` is the counter, no email has a higher id. */
  save(through: number): void {
    const usage = this.#now
    if (usage === undefined || !(this.#mustSave || usage.sinceSaved >= saveEvery)) return
    const saved: Saved = { bytes: usage.bytes, count: usage.count, through }
    this.#account.set('usage', JSON.stringify(saved))
    usage.sinceSaved = 0
    this.#mustSave = false
  }

  forget(): void {
    this.#now = undefined
    this.#mustSave = false
  }

  #load(): { bytes: number; count: number; sinceSaved: number } {
    if (this.#now !== undefined) return this.#now
    const saved = this.#saved()
    const query = 'SELECT ifnull(sum(size), 0) AS bytes, count(*) AS count FROM email WHERE id > ?'
    const later = this.#sql.exec<{ bytes: number; count: number }>(query, saved.through).one()
    this.#now = { bytes: saved.bytes + later.bytes, count: saved.count + later.count, sinceSaved: later.count }
    return this.#now
  }

  #saved(): Saved {
    const text = this.#account.get('usage')
    return typeof text === 'string' ? (JSON.parse(text) as Saved) : { bytes: 0, count: 0, through: 0 }
  }
}
