/**
 * API tokens as rows.
 *
 * Cost: a row when a token is made or revoked, and one when its last use is written, at most every five minutes.
 */
import { isMigrated, migrate, type Sql } from '../../storage/index.ts'
import type { ApiToken, NewApiToken } from './api-token.ts'
import { apiSchema } from './schema.ts'
import type { Scope } from './scope.ts'

/** More are a sign of something that makes them without end; each is listed to people. */
export const mostTokens = 1_000
const lastUseStep = 5 * 60_000

type Row = {
  id: string
  name: string
  scopes: string
  domains: string
  accounts: string
  per_minute: number
  created: number
  expires: number | null
  last_used: number | null
}

const columns = 'id, name, scopes, domains, accounts, per_minute, created, expires, last_used'

export class TokenStore {
  readonly #sql: Sql

  constructor(sql: Sql) {
    this.#sql = sql
  }

  /** By the time they were made. */
  list(): ApiToken[] {
    if (!isMigrated(this.#sql)) return []
    return this.#sql.exec<Row>(`SELECT ${columns} FROM token ORDER BY created, id`).toArray().map(read)
  }

  /** `hash`: of the whole token, in hex. False when there are too many. */
  add(id: string, hash: string, token: NewApiToken, now: number): boolean {
    migrate(this.#sql, apiSchema)
    if (this.#sql.exec<{ count: number }>('SELECT count(*) AS count FROM token').one().count >= mostTokens) return false
    this.#sql.exec(
      'INSERT INTO token (id, hash, name, scopes, domains, accounts, per_minute, created, expires) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
      id,
      hash,
      token.name,
      JSON.stringify(token.scopes),
      JSON.stringify(token.domains),
      JSON.stringify(token.accounts),
      token.perMinute,
      now,
      token.expires ?? null,
    )
    return true
  }

  /** The one that is removed; undefined when there was none. */
  remove(id: string): ApiToken | undefined {
    if (!isMigrated(this.#sql)) return undefined
    return this.#sql.exec<Row>(`DELETE FROM token WHERE id = ? RETURNING ${columns}`, id).toArray().map(read)[0]
  }

  /** The token with this id and hash while it is valid; its use is noted. */
  use(id: string, hash: string, now: number): ApiToken | undefined {
    if (!isMigrated(this.#sql)) return undefined
    const query = `SELECT ${columns} FROM token WHERE id = ? AND hash = ? AND (expires IS NULL OR expires > ?)`
    const row = this.#sql.exec<Row>(query, id, hash, now).toArray()[0]
    if (row === undefined) return undefined
    if (now - (row.last_used ?? 0) >= lastUseStep) {
      this.#sql.exec('UPDATE token SET last_used = ? WHERE id = ?', now, id)
      row.last_used = now
    }
    return read(row)
  }
}

function read(row: Row): ApiToken {
  return {
    id: row.id,
    name: row.name,
    scopes: JSON.parse(row.scopes) as Scope[],
    domains: JSON.parse(row.domains) as string[],
    accounts: JSON.parse(row.accounts) as string[],
    perMinute: row.per_minute,
    created: row.created,
    ...(row.expires === null ? {} : { expires: row.expires }),
    ...(row.last_used === null ? {} : { lastUsed: row.last_used }),
  }
}
