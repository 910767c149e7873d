/**
 * Which shared mailboxes a principal wants to see. The owner's own subscriptions are in the mailbox rows.
 *
 * Standards: RFC 8621 §2 (isSubscribed is stored for each user, and false at first for what others share).
 */
import type { Sql } from '../storage/index.ts'
import type { MailboxId } from './ids.ts'
import type { Journal } from './journal.ts'

/** Principals whose subscriptions are kept in memory. */
const maxKept = 64

export class Subscriptions {
  readonly #sql: Sql
  readonly #journal: Journal
  readonly #kept = new Map<string, Set<MailboxId>>()

  constructor(sql: Sql, journal: Journal) {
    this.#sql = sql
    this.#journal = journal
  }

  has(principal: string, mailbox: MailboxId): boolean {
    return this.#of(principal).has(mailbox)
  }

  /** In a transaction. The mailbox is told as updated: to that principal's clients it is. */
  set(principal: string, mailbox: MailboxId, isSubscribed: boolean): void {
    const subscribed = this.#of(principal)
    if (subscribed.has(mailbox) === isSubscribed) return
    this.#journal.touch()
    this.#journal.record.mailboxes.update(mailbox)
    if (isSubscribed) {
      subscribed.add(mailbox)
      this.#sql.exec('INSERT INTO subscription (principal, mailbox) VALUES (?, ?)', principal, mailbox)
    } else this.#remove(principal, mailbox)
  }

  /** Ends those of principals who do not see the mailbox any more. */
  keep(mailbox: MailboxId, sees: (principal: string) => boolean): void {
    const query = 'SELECT principal FROM subscription WHERE mailbox = ?'
    for (const { principal } of this.#sql.exec<{ principal: string }>(query, mailbox).toArray()) {
      if (!sees(principal)) this.#remove(principal, mailbox)
    }
  }

  forget(): void {
    this.#kept.clear()
  }

  #remove(principal: string, mailbox: MailboxId): void {
    this.#kept.get(principal)?.delete(mailbox)
    this.#sql.exec('DELETE FROM subscription WHERE principal = ? AND mailbox = ?', principal, mailbox)
  }

  #of(principal: string): Set<MailboxId> {
    let mailboxes = this.#kept.get(principal)
    if (mailboxes === undefined) {
      const query = 'SELECT mailbox FROM subscription WHERE principal = ?'
      const rows = this.#sql.exec<{ mailbox: MailboxId }>(query, principal).toArray()
      mailboxes = new Set(rows.map(({ mailbox }) => mailbox))
      if (this.#kept.size >= maxKept) this.#kept.clear()
      this.#kept.set(principal, mailboxes)
    }
    return mailboxes
  }
}
