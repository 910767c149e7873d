/**
 * The history of an account as a principal may be told it: as if only what it sees had ever been there.
 *
 * While anything is shared, change rows note in which mailboxes the emails were that were moved, marked or destroyed. So
 * whether the principal saw an email at any state since its grants are as they are follows from the first note after that
 * state or, when there is none, from where the email is now.
 *
 * Standards: RFC 8620 §5.2.
 */
import type { ChangeLens } from '../change-log.ts'
import type { ChangeRow } from '../change-row.ts'
import { effective } from '../grants.ts'
import type { MailboxId } from '../ids.ts'
import { hasRights, type Rights } from '../rights.ts'
import type { Scope } from './scope.ts'

export function changeLens(scope: Scope): ChangeLens {
  return {
    rows: (rows) => new LensedRows(scope, rows).all(),
    sees: (email) => scope.sees(email),
    hasMailbox: (mailbox) => scope.may(mailbox as MailboxId, 'l'),
  }
}

class LensedRows {
  readonly #scope: Scope
  readonly #rows: readonly ChangeRow[]
  /** Rights to mailboxes that were destroyed since. */
  readonly #lost = new Map<number, Rights>()
  /** Whether emails were seen after the row that is looked at, as far as later rows say so. */
  readonly #later = new Map<number, boolean>()
  /** Threads of emails that later rows destroy. */
  readonly #doomed = new Map<number, number>()

  constructor(scope: Scope, rows: readonly ChangeRow[]) {
    this.#scope = scope
    this.#rows = rows
    for (const { lostGrants } of rows) {
      for (const [mailbox, grants] of lostGrants) this.#lost.set(mailbox, effective(grants, scope.principal))
    }
  }

  /** From the last to the first: what was after a row is known before it. */
  all(): ChangeRow[] {
    return this.#rows
      .map((row) => row)
      .reverse()
      .map((row) => this.#seen(row))
      .reverse()
  }

  #seen(row: ChangeRow): ChangeRow {
    const stayingSeen = new Set(row.emailsUpdated.filter((id) => this.#isSeen(id)))
    const [hidden, revealed]: [number[], number[]] = [[], []]
    const destroyed = new Set(row.emailsDestroyed)
    for (const [index, id] of row.emailsDestroyed.entries()) {
      this.#doomed.set(id, row.threadsOfDestroyed[index] as number)
    }
    for (const [id, mailboxes] of row.placesBefore) {
      const before = mailboxes.some((mailbox) => this.#couldRead(mailbox))
      const after = this.#isSeen(id)
      this.#later.set(id, before)
      if (before === after || destroyed.has(id)) continue
      // Its thread is known only from the row that destroys it, which is none that the principal is told of.
      if (before && this.#doomed.has(id)) destroyed.add(id)
      else (before ? hidden : revealed).push(id)
    }
    const emailsDestroyed = [...destroyed].filter((id) => this.#isSeen(id))
    return {
      ...row,
      emailsUpdated: [...stayingSeen].filter((id) => this.#isSeen(id)),
      emailsDestroyed,
      threadsOfDestroyed: emailsDestroyed.map((id) => this.#doomed.get(id) as number),
      destroyedHidden: new Set(),
      emailsHidden: hidden,
      emailsRevealed: revealed,
      mailboxes: [
        row.mailboxes[0].filter((id) => this.#scope.may(id as MailboxId, 'l')),
        row.mailboxes[1].filter((id) => hasRights(this.#lost.get(id) ?? '', 'l')),
      ],
    }
  }

  /** After the row that is looked at; before it, once its notes are taken. */
  #isSeen(email: number): boolean {
    return this.#later.get(email) ?? this.#scope.sees(email)
  }

  #couldRead(mailbox: number): boolean {
    return hasRights(this.#lost.get(mailbox) ?? this.#scope.rights(mailbox as MailboxId), ['l', 'r'])
  }
}
