/**
 * Who else may do what with the mailboxes of this account.
 *
 * A principal is the id of another account, or `anyone`: every account. The owner needs no grant. What is stored are IMAP's
 * letters, so that JMAP and IMAP grant the same thing.
 *
 * Standards: RFC 4314 §2, RFC 9670 §4.
 * Limits: `maxGrantsPerMailbox`, `maxGrants`. Cost: nothing for a delivery; a grant that changes is two or three rows.
 */
import type { Sql } from '../storage/index.ts'
import { MailboxError, StoreError } from './errors.ts'
import type { MailboxId } from './ids.ts'
import type { Journal } from './journal.ts'
import type { StoreLimits } from './limits.ts'
import type { Mailboxes } from './mailboxes.ts'
import { hasRights, joinRights, noRights, parseRights, type Right, type Rights } from './rights.ts'
import type { Subscriptions } from './subscriptions.ts'

export interface Grant {
  readonly mailboxId: MailboxId
  readonly principal: string
  readonly rights: Rights
}

/** The principal that stands for every account (RFC 4314 §2). */
export const anyone = 'anyone'

/** What makes mailboxes, emails and the quota exist for somebody: a change of these changes what was visible before. */
const seeing: readonly Right[] = ['l', 'r', 'i']

/** Principals whose grants are kept together: with a grant to anyone, every account may ask. */
const maxKept = 256

type OfMailbox = Map<string, Rights>

export interface GrantParts {
  readonly sql: Sql
  readonly journal: Journal
  readonly limits: StoreLimits
  readonly mailboxes: Mailboxes
  readonly subscriptions: Subscriptions
}

export class Grants {
  readonly #parts: GrantParts
  #byMailbox: Map<MailboxId, OfMailbox> | undefined
  #changed = new Map<string, number>()
  readonly #byPrincipal = new Map<string, ReadonlyMap<MailboxId, Rights>>()
  /** Moves with every change: what is computed from grants is good as long as it stands. */
  version = 0

  constructor(parts: GrantParts) {
    this.#parts = parts
  }

  get isEmpty(): boolean {
    return this.#load().size === 0
  }

  /** The grants of a mailbox, by principal. */
  of(mailboxId: MailboxId): readonly Grant[] {
    const grants = Array.from(this.#load().get(mailboxId) ?? [], ([principal, rights]) => ({
      mailboxId,
      principal,
      rights,
    }))
    return grants.sort((a, b) => (a.principal < b.principal ? -1 : 1))
  }

  /** What a principal may do: by its own grant and by that to anyone. Not for the owner, who may do everything. */
  rights(mailboxId: MailboxId, principal: string): Rights {
    const grants = this.#load().get(mailboxId)
    return grants === undefined ? noRights : effective(grants, principal)
  }

  /** All that a principal may do, as `rights` says; mailboxes without rights are not in it. */
  to(principal: string): ReadonlyMap<MailboxId, Rights> {
    const kept = this.#byPrincipal.get(principal)
    if (kept !== undefined) return kept
    const found = new Map<MailboxId, Rights>()
    for (const [mailboxId, grants] of this.#load()) {
      const rights = effective(grants, principal)
      if (rights !== noRights) found.set(mailboxId, rights)
    }
    if (this.#byPrincipal.size >= maxKept) this.#byPrincipal.clear()
    this.#byPrincipal.set(principal, found)
    return found
  }

  /** Everyone who has a grant; `anyone` among them when it has one. */
  principals(): ReadonlySet<string> {
    return new Set([...this.#load().values()].flatMap((grants) => [...grants.keys()]))
  }

  /**
   * Gives a principal exactly these rights; `''` takes the grant away. Mailbox/changes lists the mailbox. Throws `notFound`,
   * `invalidProperties`, `tooManyGrants`.
   */
  set(mailboxId: MailboxId, principal: string, rights: Rights): void {
    const { journal, mailboxes } = this.#parts
    mailboxes.expect(mailboxId)
    if (parseRights(rights) !== rights) throw invalid('these are no rights')
    if (!/^[\w-]{1,255}$/.test(principal)) throw invalid('this is no principal')
    const grants = this.#load().get(mailboxId)
    const before = grants?.get(principal) ?? noRights
    if (before === rights) return
    if (before === noRights) this.#checkRoom(grants)
    journal.transaction(() => {
      const saw = this.#sight(mailboxId, principal)
      this.#write(mailboxId, principal, rights)
      journal.record.mailboxes.update(mailboxId)
      if (this.#sight(mailboxId, principal) !== saw) this.#visibilityChanged(principal)
      this.#parts.subscriptions.keep(mailboxId, (one) => hasRights(this.rights(mailboxId, one), 'l'))
    })
  }

  /**
   * The state before which nobody can tell any more what the principal saw. Changes of the grants that only allow or forbid
   * to change things do not move it.
   */
  visibleSince(principal: string): number {
    this.#load()
    return Math.max(this.#changed.get(principal) ?? 0, this.#changed.get(anyone) ?? 0)
  }

  /** A new, still empty mailbox gets the grants of its parent. To nobody is anything older made visible. In a transaction. */
  inherit(mailboxId: MailboxId, parentId: MailboxId): void {
    for (const { principal, rights } of this.of(parentId)) this.#write(mailboxId, principal, rights)
  }

  /** Throws `tooManyGrants` when there is no room to inherit those of a parent. */
  checkInheriting(parentId: MailboxId): void {
    if (this.#count() + this.of(parentId).length > this.#parts.limits.maxGrants) throw tooMany()
  }

  /** Its grants go with it; the history remembers them, so that /changes can tell who saw it. In a transaction. */
  mailboxDestroyed(mailboxId: MailboxId): void {
    const grants = this.#load().get(mailboxId)
    if (grants === undefined) return
    const { sql, journal, subscriptions } = this.#parts
    const { record } = journal
    record.lostGrants.set(mailboxId, new Map(grants))
    for (const principal of grants.keys()) record.grantees.add(principal)
    sql.exec('DELETE FROM mailbox_grant WHERE mailbox = ?', mailboxId)
    this.#load().delete(mailboxId)
    this.#moved()
    subscriptions.keep(mailboxId, () => false)
  }

  forget(): void {
    this.#byMailbox = undefined
    this.#changed.clear()
    this.#moved()
  }

  #write(mailboxId: MailboxId, principal: string, rights: Rights): void {
    const { sql, journal } = this.#parts
    journal.touch()
    journal.record.grantees.add(principal)
    const all = this.#load()
    const grants = all.get(mailboxId) ?? new Map<string, Rights>()
    if (rights === noRights) {
      sql.exec('DELETE FROM mailbox_grant WHERE mailbox = ? AND principal = ?', mailboxId, principal)
      grants.delete(principal)
    } else {
      const insert = 'INSERT OR REPLACE INTO mailbox_grant (mailbox, principal, rights) VALUES (?, ?, ?)'
      sql.exec(insert, mailboxId, principal, rights)
      grants.set(principal, rights)
    }
    if (grants.size === 0) all.delete(mailboxId)
    else all.set(mailboxId, grants)
    this.#moved()
  }

  /** What of the mailbox exists for the principal. */
  #sight(mailboxId: MailboxId, principal: string): string {
    const rights = this.rights(mailboxId, principal)
    return seeing.filter((right) => hasRights(rights, right)).join('')
  }

  #visibilityChanged(principal: string): void {
    const { sql, journal } = this.#parts
    const state = journal.touch()
    sql.exec('INSERT OR REPLACE INTO grantee (principal, changed) VALUES (?, ?)', principal, state)
    this.#changed.set(principal, state)
  }

  #checkRoom(grants: OfMailbox | undefined): void {
    const { maxGrantsPerMailbox, maxGrants } = this.#parts.limits
    if ((grants?.size ?? 0) >= maxGrantsPerMailbox || this.#count() >= maxGrants) throw tooMany()
  }

  #count(): number {
    return [...this.#load().values()].reduce((sum, grants) => sum + grants.size, 0)
  }

  #moved(): void {
    this.version++
    this.#byPrincipal.clear()
  }

  #load(): Map<MailboxId, OfMailbox> {
    if (this.#byMailbox !== undefined) return this.#byMailbox
    const { sql } = this.#parts
    const all = new Map<MailboxId, OfMailbox>()
    for (const row of sql.exec<{ mailbox: MailboxId; principal: string; rights: Rights }>(
      'SELECT mailbox, principal, rights FROM mailbox_grant',
    )) {
      const grants = all.get(row.mailbox)
      if (grants === undefined) all.set(row.mailbox, new Map([[row.principal, row.rights]]))
      else grants.set(row.principal, row.rights)
    }
    for (const row of sql.exec<{ principal: string; changed: number }>('SELECT principal, changed FROM grantee')) {
      this.#changed.set(row.principal, row.changed)
    }
    return (this.#byMailbox = all)
  }
}

/** By its own grant and by that to anyone. */
export function effective(grants: ReadonlyMap<string, Rights>, principal: string): Rights {
  return joinRights(grants.get(principal) ?? noRights, grants.get(anyone) ?? noRights)
}

function invalid(message: string): StoreError {
  return new StoreError('invalidProperties', message, ['shareWith'])
}

function tooMany(): MailboxError {
  return new MailboxError('tooManyGrants', 'the mailbox is shared with too many', ['shareWith'])
}
