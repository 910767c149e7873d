/**
 * Annotations: small texts that clients keep at a mailbox, or at the account.
 *
 * Standards: RFC 5464 (METADATA), of which this is the storage; RFC 7162 §3.2 (the mailbox's mod-sequence rises).
 * Cost: one row for each; nothing for mailboxes without.
 */
import type { Sql } from '../storage/index.ts'
import { StoreError } from './errors.ts'
import type { MailboxId } from './ids.ts'
import type { Journal } from './journal.ts'
import type { StoreLimits } from './limits.ts'
import type { Mailboxes } from './mailboxes.ts'

export interface Annotation {
  /** Lower case: `/private/comment`. */
  readonly entry: string
  readonly value: Uint8Array
}

/** Stands for the account itself. */
const account = 0

export class Annotations {
  readonly #sql: Sql
  readonly #journal: Journal
  readonly #limits: StoreLimits
  readonly #mailboxes: Mailboxes

  constructor(sql: Sql, journal: Journal, limits: StoreLimits, mailboxes: Mailboxes) {
    this.#sql = sql
    this.#journal = journal
    this.#limits = limits
    this.#mailboxes = mailboxes
  }

  /** All of a mailbox, or of the account, by name. */
  of(mailbox: MailboxId | undefined): Annotation[] {
    const query = 'SELECT entry, value FROM annotation WHERE mailbox = ? ORDER BY entry'
    const rows = this.#sql.exec<{ entry: string; value: ArrayBuffer }>(query, mailbox ?? account)
    return Array.from(rows, ({ entry, value }) => ({ entry, value: new Uint8Array(value) }))
  }

  /** Sets entries, null removing them: all or none. Throws `tooLarge`, `tooManyAnnotations`. */
  set(mailbox: MailboxId | undefined, values: ReadonlyMap<string, Uint8Array | null>): void {
    const owner = mailbox ?? account
    this.#check(owner, values)
    this.#journal.transaction(() => {
      if (mailbox !== undefined && values.size > 0) this.#mailboxes.changed(mailbox, this.#journal.touch())
      for (const [entry, value] of values) {
        this.#journal.record.annotated(mailbox, entry)
        if (value === null) this.#sql.exec('DELETE FROM annotation WHERE mailbox = ? AND entry = ?', owner, entry)
        else {
          const put = 'INSERT OR REPLACE INTO annotation (mailbox, entry, value) VALUES (?, ?, ?)'
          this.#sql.exec(put, owner, entry, value)
        }
      }
    })
  }

  #check(owner: number, values: ReadonlyMap<string, Uint8Array | null>): void {
    const { maxAnnotations, maxAnnotationSize } = this.#limits
    const names = this.#sql.exec<{ entry: string }>('SELECT entry FROM annotation WHERE mailbox = ?', owner)
    const known = new Set(Array.from(names, ({ entry }) => entry))
    let { count } = this.#sql.exec<{ count: number }>('SELECT count(*) AS count FROM annotation').one()
    for (const [entry, value] of values) {
      if (value === null) count -= known.has(entry) ? 1 : 0
      else if (!known.has(entry)) count++
      if ((value?.length ?? 0) > maxAnnotationSize) {
        throw new StoreError('tooLarge', `an annotation may have ${maxAnnotationSize} octets`)
      }
    }
    if (count > maxAnnotations) throw new StoreError('tooManyAnnotations', 'there are too many annotations')
  }

  mailboxDestroyed(mailbox: MailboxId): void {
    this.#sql.exec('DELETE FROM annotation WHERE mailbox = ?', mailbox)
  }
}
