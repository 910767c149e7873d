/**
 * SQL of a domain's rules: one text and its version among the domain's settings.
 */
import type { Sql } from '../../storage/index.ts'
import type { Rule, RuleList } from './rule.ts'

export class RuleStore {
  readonly #sql: Sql
  #version: number | undefined

  constructor(sql: Sql) {
    this.#sql = sql
  }

  /** Of the rules that there are; 0 where there are none. Read once in a life, since each lookup asks. */
  get version(): number {
    this.#version ??= this.#stored()?.version ?? 0
    return this.#version
  }

  list(): RuleList {
    return this.#stored() ?? { version: 0, rules: [] }
  }

  /** Replaces all of them. `now` makes a version that was never given out, also where the domain was not hosted for a while. */
  replace(rules: readonly Rule[], now: number): RuleList {
    const present = this.list()
    if (JSON.stringify(present.rules) === JSON.stringify(rules)) return present
    if (rules.length === 0) {
      this.#sql.exec(`DELETE FROM setting WHERE key = 'rules'`)
      this.forget()
      return this.list()
    }
    const list: RuleList = { version: Math.max(now, this.version + 1), rules }
    this.#sql.exec(`INSERT OR REPLACE INTO setting VALUES ('rules', ?)`, JSON.stringify(list))
    this.forget()
    return list
  }

  /** The settings are gone, or have changed. */
  forget(): void {
    this.#version = undefined
  }

  #stored(): RuleList | undefined {
    const query = `SELECT value FROM setting WHERE key = 'rules'`
    const row = this.#sql.exec<{ value: string }>(query).toArray()[0]
    return row === undefined ? undefined : (JSON.parse(row.value) as RuleList)
  }
}
