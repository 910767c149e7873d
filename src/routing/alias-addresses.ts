/**
 * SQL of a domain's aliases.
 */
import type { Sql } from '../storage/index.ts'

export interface DomainAlias {
  /** `*` is the catch-all. */
  localPart: string
  targets: string[]
}

export class AliasAddresses {
  readonly #sql: Sql

  constructor(sql: Sql) {
    this.#sql = sql
  }

  /** By name. */
  all(): DomainAlias[] {
    const query = 'SELECT local_part, targets FROM alias ORDER BY local_part'
    const rows = this.#sql.exec<{ local_part: string; targets: string }>(query).toArray()
    return rows.map((row) => ({ localPart: row.local_part, targets: JSON.parse(row.targets) as string[] }))
  }

  find(localPart: string): { kind: 'alias'; targets: string[] } | undefined {
    const query = 'SELECT targets FROM alias WHERE local_part = ?'
    const row = this.#sql.exec<{ targets: string }>(query, localPart).toArray()[0]
    return row === undefined ? undefined : { kind: 'alias', targets: JSON.parse(row.targets) as string[] }
  }

  set(localPart: string, targets: readonly string[]): void {
    this.#sql.exec('INSERT OR REPLACE INTO alias VALUES (?, ?)', localPart, JSON.stringify(targets))
  }

  remove(localPart: string): void {
    this.#sql.exec('DELETE FROM alias WHERE local_part = ?', localPart)
  }

  clear(): void {
    this.#sql.exec('DELETE FROM alias')
  }
}
