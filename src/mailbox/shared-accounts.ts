/**
 * Which accounts share mail with this one, as their owners told it.
 *
 * What counts when mail is read are the grants that the owner's account holds; this table says whom to ask, and what to
 * show in a session. News that are older than what is known change nothing, so a row stays when nothing is shared any more.
 *
 * Standards: RFC 9670 §1.4 (accounts in a session), §3 (notifications).
 */
import type { Sql } from '../storage/index.ts'
import type { Journal } from './journal.ts'
import { noRights } from './rights.ts'
import type { Person, SharedMailbox, ShareNews } from './share-news.ts'
import type { NewShareNotification } from './share-notifications.ts'

/** An account that shares something. */
export interface SharedAccount extends Person {
  /** Never empty. */
  readonly mailboxes: readonly SharedMailbox[]
  readonly isSubscribed: boolean
}

/** One that shares something or once did, for /changes of principals. */
export interface KnownOwner extends Person {
  readonly isSharing: boolean
  /** The account's counter when it began to share, and when anything about it changed last. */
  readonly since: number
  readonly changed: number
}

interface Known extends KnownOwner {
  readonly version: number
  readonly mailboxes: readonly SharedMailbox[]
  readonly isSubscribed: boolean
}

/** Facts of a row, beside its key and numbers. */
type Facts = Pick<Known, 'address' | 'name' | 'mailboxes' | 'isSubscribed'>

export interface SharedAccountsParts {
  readonly sql: Sql
  readonly journal: Journal
  /** Called in the transaction for each mailbox whose rights changed. */
  readonly notify: (notification: NewShareNotification) => void
}

export class SharedAccounts {
  readonly #parts: SharedAccountsParts
  #known: ReadonlyMap<string, Known> | undefined

  constructor(parts: SharedAccountsParts) {
    this.#parts = parts
  }

  /** By id. From memory after the first time: every request asks. */
  all(): readonly SharedAccount[] {
    return [...this.#all().values()].filter(({ isSharing }) => isSharing)
  }

  get(id: string): SharedAccount | undefined {
    const known = this.#all().get(id)
    return known?.isSharing === true ? known : undefined
  }

  owners(): readonly KnownOwner[] {
    return [...this.#all().values()]
  }

  /** Takes news in, and makes a notification for each mailbox with other rights than before. False: nothing new. */
  learn(news: ShareNews): boolean {
    const before = this.#all().get(news.owner.id)
    if (before === undefined ? news.mailboxes.length === 0 : before.version > news.version) return false
    const facts: Facts = {
      address: news.owner.address,
      name: news.owner.name,
      mailboxes: news.mailboxes,
      isSubscribed: news.isSubscribed,
    }
    if (before !== undefined && JSON.stringify(factsOf(before)) === JSON.stringify(facts)) return false
    this.#parts.journal.transaction(() => {
      for (const change of changedRights(before?.mailboxes ?? [], news.mailboxes)) {
        this.#parts.notify({ ...change, accountId: news.owner.id, changedBy: news.changedBy })
      }
      this.#keep(news.owner.id, news.version, facts, before)
    })
    return true
  }

  /** The owner does not share any more, and says so itself: it has refused, or is gone. */
  lost(id: string): void {
    const before = this.get(id)
    if (before === undefined) return
    const { version } = this.#all().get(id) as Known
    const owner = { id, address: before.address, name: before.name }
    this.learn({ owner, version, mailboxes: [], isSubscribed: false, changedBy: owner })
  }

  forget(): void {
    this.#known = undefined
  }

  #keep(id: string, version: number, facts: Facts, before: Known | undefined): void {
    const { sql, journal } = this.#parts
    const changed = journal.touch()
    const since = before?.isSharing === true ? before.since : changed
    sql.exec(
      'INSERT OR REPLACE INTO shared_account (account, version, since, changed, facts) VALUES (?, ?, ?, ?, ?)',
      id,
      version,
      since,
      changed,
      JSON.stringify(facts),
    )
    this.#known = new Map(this.#all()).set(id, known(id, version, since, changed, facts))
  }

  #all(): ReadonlyMap<string, Known> {
    if (this.#known === undefined) {
      const query = 'SELECT account, version, since, changed, facts FROM shared_account ORDER BY account'
      const rows = this.#parts.sql.exec<Row>(query).toArray()
      this.#known = new Map(
        rows.map(({ account, version, since, changed, facts }) => [
          account,
          known(account, version, since, changed, JSON.parse(facts) as Facts),
        ]),
      )
    }
    return this.#known
  }
}

type Row = { account: string; version: number; since: number; changed: number; facts: string }

function known(id: string, version: number, since: number, changed: number, facts: Facts): Known {
  return { id, version, since, changed, ...facts, isSharing: facts.mailboxes.length > 0 }
}

function factsOf({ address, name, mailboxes, isSubscribed }: Known): Facts {
  return { address, name, mailboxes, isSubscribed }
}

/** The mailboxes with other rights than before, by the name they have now, or had. */
function changedRights(
  before: readonly SharedMailbox[],
  after: readonly SharedMailbox[],
): Pick<NewShareNotification, 'mailboxId' | 'name' | 'oldRights' | 'newRights'>[] {
  const old = new Map(before.map((mailbox) => [mailbox.id, mailbox]))
  const now = new Map(after.map((mailbox) => [mailbox.id, mailbox]))
  const named = [...after, ...before.filter(({ id }) => !now.has(id))]
  return named
    .map(({ id, name }) => ({
      mailboxId: id,
      name,
      oldRights: old.get(id)?.rights ?? noRights,
      newRights: now.get(id)?.rights ?? noRights,
    }))
    .filter(({ oldRights, newRights }) => oldRights !== newRights)
}
