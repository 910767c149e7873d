/**
 * Addresses of distribution lists, and those below each: where mail comes back to, where members leave, who looks after it.
 *
 * Standards: RFC 2142 §6 (`-request`), RFC 5321 §3.9.2.
 */
import type { Sql, SqlRow } from '../storage/index.ts'
import type { DirectoryAnswer } from './directory.ts'

export interface ListAddress {
  localPart: string
  listId: string
  /** Addresses of the people who look after it. */
  owners: string[]
}

interface ListRow extends SqlRow {
  local_part: string
  list: string
  owners: string
}

/**
 * What stands behind the list's name. `-request` is where people have always asked for help. A member's token follows a `+`
 * whatever separates the domain's subaddresses: the addresses are out in the world when that changes.
 */
const below = /^(.+)-(?:owner|request|(bounces|unsubscribe)(?:\+(.*))?)$/
/** Octets: `-unsubscribe+` and a token of 23 follow, and 64 is all that others take (RFC 5321 §4.5.3.1.1). */
export const longestListName = 28

export class ListAddresses {
  readonly #sql: Sql

  constructor(sql: Sql) {
    this.#sql = sql
  }

  all(): ListAddress[] {
    return this.#sql.exec<ListRow>('SELECT * FROM list_address ORDER BY local_part').toArray().map(fromRow)
  }

  get(localPart: string): ListAddress | undefined {
    const query = 'SELECT * FROM list_address WHERE local_part = ?'
    return this.#sql.exec<ListRow>(query, localPart).toArray().map(fromRow)[0]
  }

  set({ localPart, listId, owners }: ListAddress): void {
    this.#sql.exec('INSERT OR REPLACE INTO list_address VALUES (?, ?, ?)', localPart, listId, JSON.stringify(owners))
  }

  remove(localPart: string): void {
    this.#sql.exec('DELETE FROM list_address WHERE local_part = ?', localPart)
  }

  /** Who gets mail for a list, or for an address below one. */
  find(localPart: string): Extract<DirectoryAnswer, { kind: 'list' | 'alias' }> | undefined {
    const list = this.get(localPart)
    if (list !== undefined) return { kind: 'list', listId: list.listId, role: 'post' }
    const [, name, role, detail] = below.exec(localPart) ?? []
    const parent = name === undefined ? undefined : this.get(name)
    if (parent === undefined) return undefined
    if (role !== 'bounces' && role !== 'unsubscribe') return { kind: 'alias', targets: parent.owners }
    return { kind: 'list', listId: parent.listId, role, ...(detail === undefined ? {} : { detail }) }
  }
}

function fromRow({ local_part, list, owners }: ListRow): ListAddress {
  return { localPart: local_part, listId: list, owners: JSON.parse(owners) as string[] }
}
