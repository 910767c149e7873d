/**
 * Addresses outside to which this account does not send for now: its mail to them came back for good, or they complained.
 *
 * Sending on to addresses that do not exist is how a host comes to be blocked, and nobody reads it anyway. So a sender is told
 * at once what a bounce would tell later. A bounce counts for a week, and for twice as long each time it happens again; a
 * complaint counts until somebody takes it back.
 *
 * Standards: RFC 3463 §3.2 (bad destination), RFC 5965 (complaints). Cost: a row a bounce.
 */
import type { Sql, SqlRow } from '../storage/index.ts'

export interface Suppression {
  /** As it was sent to, in lower case. */
  address: string
  reason: 'bounced' | 'complained'
  /** What the other side said, in one line. */
  detail: string
  /** Milliseconds since the epoch. */
  since: number
  /** Absent: until it is removed. */
  until?: number
}

interface SuppressionRow extends SqlRow {
  address: string
  reason: Suppression['reason']
  detail: string
  since: number
  until: number | null
}

const week = 7 * 86_400_000
const longest = 26 * week
const longestDetail = 300
/** A sender with more has a list to clean up rather than mail to send; the oldest go. */
const most = 10_000

export class Suppressions {
  readonly #sql: Sql
  readonly #now: () => number
  /** That there are none at all, as with most accounts, is not asked for each message that goes out. Undefined: not known. */
  #isEmpty: boolean | undefined

  constructor(sql: Sql, now: () => number) {
    this.#sql = sql
    this.#now = now
  }

  /** Those that hold now, by address. */
  list(): Suppression[] {
    const query = 'SELECT * FROM suppression WHERE until IS NULL OR until > ? ORDER BY address'
    return this.#sql.exec<SuppressionRow>(query, this.#now()).toArray().map(shown)
  }

  /** Those among these addresses that hold now. */
  among(addresses: readonly string[]): Suppression[] {
    this.#isEmpty ??= this.#sql.exec('SELECT 1 FROM suppression LIMIT 1').toArray().length === 0
    if (this.#isEmpty) return []
    const query = `SELECT * FROM suppression
      WHERE address IN (SELECT value FROM json_each(?)) AND (until IS NULL OR until > ?)`
    const keys = JSON.stringify(addresses.map((address) => address.toLowerCase()))
    return this.#sql.exec<SuppressionRow>(query, keys, this.#now()).toArray().map(shown)
  }

  /** Mail to the address came back for good. */
  bounced(address: string, detail: string): void {
    const now = this.#now()
    const [known] = this.#sql
      .exec<SuppressionRow>('SELECT * FROM suppression WHERE address = ?', address.toLowerCase())
      .toArray()
    if (known?.reason === 'complained') return
    const before = known === undefined || known.until === null ? 0 : known.until - known.since
    this.#put(address, 'bounced', detail, now + Math.min(Math.max(week, before * 2), longest))
  }

  complained(address: string, detail: string): void {
    this.#put(address, 'complained', detail, null)
  }

  /** False when there was nothing to remove. */
  remove(address: string): boolean {
    this.#isEmpty = undefined
    const gone = this.#sql.exec('DELETE FROM suppression WHERE address = ? RETURNING address', address.toLowerCase())
    return gone.toArray().length > 0
  }

  #put(address: string, reason: Suppression['reason'], detail: string, until: number | null): void {
    this.#isEmpty = false
    const insert = 'INSERT OR REPLACE INTO suppression (address, reason, detail, since, until) VALUES (?, ?, ?, ?, ?)'
    this.#sql.exec(insert, address.toLowerCase(), reason, detail.slice(0, longestDetail), this.#now(), until)
    const crowd = `DELETE FROM suppression WHERE address IN
      (SELECT address FROM suppression ORDER BY since DESC LIMIT -1 OFFSET ?)`
    this.#sql.exec(crowd, most)
  }
}

function shown({ address, reason, detail, since, until }: SuppressionRow): Suppression {
  return { address, reason, detail, since, ...(until === null ? {} : { until }) }
}
