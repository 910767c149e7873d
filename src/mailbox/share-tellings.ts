/**
 * What each principal was told about the mail that is shared with them, so that what is still to be told can be seen from
 * the database: nothing of it is lost when the process dies.
 *
 * Standards: RFC 9670 §3, §4.
 */
import type { Sql } from '../storage/index.ts'
import type { Person, ShareNews } from './share-news.ts'

/** What is compared: a change of anything else is not worth telling. */
export type Told = Pick<ShareNews, 'mailboxes' | 'isSubscribed'>

export interface ShareTelling {
  readonly principal: string
  /** What their account took last; undefined: nothing yet. */
  readonly told: Told | undefined
  /** As their account gave itself; undefined: it has never answered. */
  readonly person: Person | undefined
  /** Who changed something since; undefined: the owner. */
  readonly changedBy: Person | undefined
  readonly failures: number
  /** No attempt before this time. */
  readonly notBefore: number
}

export class ShareTellings {
  readonly #sql: Sql
  #known: ReadonlyMap<string, ShareTelling> | undefined

  constructor(sql: Sql) {
    this.#sql = sql
  }

  /** From memory after the first time. */
  all(): ReadonlyMap<string, ShareTelling> {
    if (this.#known === undefined) {
      const rows = this.#sql.exec<{ principal: string; facts: string }>('SELECT * FROM share_telling').toArray()
      const tellings = rows.map(({ principal, facts }) => ({ ...blank(principal), ...(JSON.parse(facts) as object) }))
      this.#known = new Map(tellings.map((telling) => [telling.principal, telling]))
    }
    return this.#known
  }

  get(principal: string): ShareTelling {
    return this.all().get(principal) ?? blank(principal)
  }

  save(telling: ShareTelling): void {
    const { principal, ...facts } = telling
    const query = 'INSERT OR REPLACE INTO share_telling (principal, facts) VALUES (?, ?)'
    this.#sql.exec(query, principal, JSON.stringify(facts))
    this.#known = new Map(this.all()).set(principal, telling)
  }

  remove(principal: string): void {
    this.#sql.exec('DELETE FROM share_telling WHERE principal = ?', principal)
    const known = new Map(this.all())
    known.delete(principal)
    this.#known = known
  }

  forget(): void {
    this.#known = undefined
  }
}

function blank(principal: string): ShareTelling {
  return { principal, told: undefined, person: undefined, changedBy: undefined, failures: 0, notBefore: 0 }
}
