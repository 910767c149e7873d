/**
 * The audit log: who changed what, when, from where.
 *
 * Limits: the last 100,000 changes are kept; texts are cut.
 * Security: what is written is chosen by whoever may change things; secrets are taken out before (`withoutSecrets`).
 */
import { isMigrated, migrate, type Sql } from '../../storage/index.ts'
import { apiSchema } from './schema.ts'

export type AuditDetail = string | number | boolean | null | string[]

export interface AuditRecord {
  /** Grows with each record. */
  readonly id: number
  /** Milliseconds since the epoch. */
  readonly at: number
  /** `administrator`, `token NAME (ID)` or an account's address. */
  readonly who: string
  /** The act: method and resource, `PUT /accounts/{address}/quota`. */
  readonly what: string
  /** The resource that was meant: `/accounts/alice@example.org/quota`. */
  readonly target: string
  /** What was asked for, without secrets. */
  readonly details?: Readonly<Record<string, AuditDetail>>
  /** The client's address; `unknown` where nobody vouches for one. */
  readonly from: string
  /** What the client says that it is. */
  readonly client?: string
}

export type NewAuditRecord = Omit<AuditRecord, 'id' | 'at'>

const mostRecords = 100_000
/** The oldest are dropped so many at a time. */
const dropStep = 100
const mostListed = 1_000

export class AuditStore {
  readonly #sql: Sql
  readonly #keep: number

  constructor(sql: Sql, keep = mostRecords) {
    this.#sql = sql
    this.#keep = keep
  }

  add(record: NewAuditRecord, now: number): void {
    migrate(this.#sql, apiSchema)
    const insert = 'INSERT INTO audit (at, record) VALUES (?, ?) RETURNING id'
    const { id } = this.#sql.exec<{ id: number }>(insert, now, JSON.stringify(record)).one()
    if (id % dropStep === 0) this.#sql.exec('DELETE FROM audit WHERE id <= ?', id - this.#keep)
  }

  /** The newest first, older than the record `before`. */
  list(page: { readonly before?: number; readonly limit: number }): AuditRecord[] {
    if (!isMigrated(this.#sql)) return []
    const query = 'SELECT id, at, record FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?'
    const { before = Number.MAX_SAFE_INTEGER, limit } = page
    return this.#sql
      .exec<{ id: number; at: number; record: string }>(query, before, Math.min(limit, mostListed))
      .toArray()
      .map(({ id, at, record }) => ({ id, at, ...(JSON.parse(record) as NewAuditRecord) }))
  }
}

const secretName = /passw|secret|token|private|credential/i
const longestText = 500
const mostEntries = 50

/** What may be written down of a request: members that sound like secrets are left out, long ones are cut. */
export function withoutSecrets(fields: Readonly<Record<string, unknown>>): Record<string, AuditDetail> {
  const kept = Object.entries(fields).filter(([name, value]) => value !== undefined && !secretName.test(name))
  return Object.fromEntries(kept.slice(0, mostEntries).map(([name, value]) => [name, detailOf(value)]))
}

/** What is made of parts is written as JSON, in which secrets are looked for too. */
function detailOf(value: unknown): AuditDetail {
  if (typeof value === 'string') return withoutQuery(value).slice(0, longestText)
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) {
    return value.slice(0, mostEntries).map((item) => withoutQuery(item).slice(0, longestText))
  }
  const written = JSON.stringify(value, (name, part: unknown) => (secretName.test(name) ? undefined : part))
  return written.slice(0, longestText)
}

/** In the query of a URL are keys, as of webhooks. */
function withoutQuery(text: string): string {
  return /^https?:\/\//i.test(text) ? text.replace(/\?.*$/s, '?…') : text
}
