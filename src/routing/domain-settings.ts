/**
 * What a domain's object keeps besides addresses: single texts, by name.
 */
import type { Sql } from '../storage/index.ts'

export class DomainSettings {
  readonly #sql: Sql

  constructor(sql: Sql) {
    this.#sql = sql
  }

  get(key: string): string | undefined {
    return this.#sql.exec<{ value: string }>('SELECT value FROM setting WHERE key = ?', key).toArray()[0]?.value
  }

  set(key: string, value: string): void {
    this.#sql.exec('INSERT OR REPLACE INTO setting VALUES (?, ?)', key, value)
  }

  /** A secret that `fresh` makes when it is first asked for. */
  secret(name: string, fresh: () => string): string {
    const key = `secret ${name}`
    const known = this.get(key)
    if (known !== undefined) return known
    const made = fresh()
    this.set(key, made)
    return made
  }
}
