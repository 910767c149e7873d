/**
 * The people of one hosted domain, as they may be seen by each other: name, address and what they say of themselves. Each
 * change takes the next number, so that whoever knows the directory at one number can ask what changed since.
 *
 * Standards: RFC 9670 §2 (Principal), §2.2 (changes); RFC 8620 §5.2.
 * Limits: length of what people say of themselves; accounts that are gone and remembered.
 */
import type { Sql } from '../storage/index.ts'

/** What a person may set: a name other than the address, a description, a time zone (IANA name). */
export interface Profile {
  readonly name?: string
  readonly description?: string
  readonly timeZone?: string
}

export interface ListedAccount {
  readonly accountId: string
  readonly localPart: string
  readonly profile: Profile
}

/** Ids by what became of them; null: the number is too old, or was never given out. */
export interface DirectoryChanges {
  readonly state: number
  readonly changes: {
    readonly created: readonly string[]
    readonly updated: readonly string[]
    readonly destroyed: readonly string[]
  } | null
}

const maxGone = 1000

export class DirectoryLog {
  readonly #sql: Sql

  constructor(sql: Sql) {
    this.#sql = sql
  }

  get state(): number {
    return this.#number('directory')
  }

  /** Oldest first; only these, when ids are given. */
  list(accountIds?: readonly string[]): ListedAccount[] {
    const query = 'SELECT local_part, account, profile FROM account ORDER BY position'
    const wanted = accountIds === undefined ? undefined : new Set(accountIds)
    return this.#sql
      .exec<{ local_part: string; account: string; profile: string | null }>(query)
      .toArray()
      .filter(({ account }) => wanted === undefined || wanted.has(account))
      .map(({ local_part, account, profile }) => ({
        accountId: account,
        localPart: local_part,
        profile: profile === null ? {} : (JSON.parse(profile) as Profile),
      }))
  }

  /** After the row was made. In a transaction. */
  added(localPart: string, profile: Profile): void {
    const now = this.#next()
    const text = Object.keys(profile).length === 0 ? null : JSON.stringify(profile)
    this.#sql.exec(
      'UPDATE account SET created = ?, changed = ?, profile = ? WHERE local_part = ?',
      now,
      now,
      text,
      localPart,
    )
  }

  /** Before the row is removed. In a transaction. */
  removing(localPart: string): void {
    const query = 'INSERT INTO account_gone SELECT ?, account, created FROM account WHERE local_part = ?'
    this.#sql.exec(query, this.#next(), localPart)
    const oldest = `SELECT state FROM account_gone ORDER BY state DESC LIMIT 1 OFFSET ${maxGone}`
    const floor = this.#sql.exec<{ state: number }>(oldest).toArray()[0]?.state
    if (floor === undefined) return
    this.#sql.exec('DELETE FROM account_gone WHERE state <= ?', floor)
    this.#set('directory_floor', floor)
  }

  /** False when there is no such account. */
  update(accountId: string, profile: Profile): boolean {
    const [listed] = this.list([accountId])
    if (listed === undefined) return false
    this.#sql.transaction(() => {
      const query = 'UPDATE account SET changed = ?, profile = ? WHERE local_part = ?'
      this.#sql.exec(query, this.#next(), JSON.stringify(profile), listed.localPart)
    })
    return true
  }

  changes(since: number): DirectoryChanges {
    const { state } = this
    if (since > state || since < this.#number('directory_floor')) return { state, changes: null }
    const ids = (query: string): string[] =>
      this.#sql
        .exec<{ account: string }>(query, since, since)
        .toArray()
        .map(({ account }) => account)
    return {
      state,
      changes: {
        created: ids('SELECT account FROM account WHERE created > ? AND changed > ? ORDER BY created'),
        updated: ids('SELECT account FROM account WHERE created <= ? AND changed > ? ORDER BY changed'),
        destroyed: ids('SELECT account FROM account_gone WHERE created <= ? AND state > ? ORDER BY state'),
      },
    }
  }

  #next(): number {
    const next = this.state + 1
    this.#set('directory', next)
    return next
  }

  #number(key: string): number {
    const row = this.#sql.exec<{ value: string }>('SELECT value FROM setting WHERE key = ?', key).toArray()[0]
    return Number(row?.value ?? 0)
  }

  #set(key: string, value: number): void {
    this.#sql.exec('INSERT OR REPLACE INTO setting VALUES (?, ?)', key, String(value))
  }
}
