/**
 * The account's counter and the record of what the running transaction changes.
 *
 * A created object takes the next number as its id, so "created since S" is `id > S` and needs no row. Everything else
 * that a transaction changes becomes one `change` row whose key is the counter at its end. Hence at any commit some row
 * holds the highest number ever taken, and the counter is recovered from primary keys when the object starts.
 */
import type { Sql } from '../storage/index.ts'
import { encodeChanges } from './change-row.ts'
import { maxNumber, type ModSeq } from './ids.ts'
import { countedTables } from './schema.ts'
import { TransactionRecord } from './transaction-record.ts'
import type { Commit } from './changes.ts'

export interface JournalHooks {
  /** Runs inside the transaction, after the work: last rows may be written. */
  readonly beforeCommit: (record: TransactionRecord) => void
  /** The database went back: memory must be read again. */
  readonly rolledBack: () => void
  readonly committed: (commit: Commit) => void
}

export class Journal {
  readonly #sql: Sql
  readonly #hooks: JournalHooks
  #counter: number | undefined
  #record: TransactionRecord | undefined
  #steps = 0
  #poison: { error: unknown } | undefined

  constructor(sql: Sql, hooks: JournalHooks) {
    this.#sql = sql
    this.#hooks = hooks
  }

  /** The highest number taken, inside a transaction too. */
  get state(): ModSeq {
    return (this.#counter ??= this.#recover()) as ModSeq
  }

  /** Takes `count` consecutive numbers for created objects or placements; returns the first. */
  take(count = 1): number {
    const first = this.state + 1
    if (first + count - 1 > maxNumber) throw new Error('the account has used up its 32-bit numbers')
    this.#counter = first + count - 1
    this.#steps++
    return first
  }

  /** The mod-sequence for changes of existing objects: one for all that happen between two creations. */
  touch(): ModSeq {
    const record = this.record
    if (record.lastTouch !== this.state) record.lastTouch = this.take()
    this.#steps++
    return record.lastTouch as ModSeq
  }

  /** What the running transaction has changed so far. A bug outside of one. */
  get record(): TransactionRecord {
    if (this.#record === undefined) throw new Error('not in a transaction')
    return this.#record
  }

  transaction<T>(work: () => T): T {
    if (this.#record !== undefined) return this.#nested(work)
    const record = new TransactionRecord(this.state)
    let result: T
    try {
      result = this.#sql.transaction(() => {
        this.#record = record
        this.#poison = undefined
        const value = work()
        if (this.#poison !== undefined) throw (this.#poison as { error: unknown }).error
        this.#hooks.beforeCommit(record)
        if (record.needsRow) this.#write(record)
        return value
      })
    } catch (error) {
      this.#record = undefined
      this.forget()
      this.#hooks.rolledBack()
      throw error
    }
    this.#record = undefined
    // The account's own annotations have no number: JMAP does not know them, and IMAP's mod-sequences are of mailboxes.
    const annotated = record.annotations.size > 0
    if (this.state !== record.start || annotated) this.#hooks.committed(record.commit(this.state))
    return result
  }

  /** Drops the counter kept in memory. Not inside a transaction. */
  forget(): void {
    this.#counter = undefined
  }

  #nested<T>(work: () => T): T {
    const before = this.#steps
    try {
      return work()
    } catch (error) {
      if (this.#steps !== before) this.#poison ??= { error }
      throw error
    }
  }

  #write(record: TransactionRecord): void {
    const payloads = encodeChanges(record)
    for (const [index, payload] of payloads.entries()) {
      const modseq = index === 0 ? this.state : this.take()
      this.#sql.exec('INSERT INTO change (modseq, payload) VALUES (?, ?)', modseq, payload)
    }
  }

  #recover(): number {
    const keys = countedTables.map((table) => `ifnull((SELECT max(id) FROM ${table}), 0)`)
    const highest = `SELECT max(ifnull((SELECT max(modseq) FROM change), 0), ${keys.join(', ')}) AS n`
    return this.#sql.exec<{ n: number }>(highest).one().n
  }
}
