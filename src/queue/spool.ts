/**
 * SQL of one queue: entries and their messages, in an object's tables.
 *
 * Cost: an entry with a small message is one row, written once and deleted once; a large one is a row per MiB more. Times
 * are kept in memory (`Agenda`), so no index is written. Where several queues share the tables, what the operator asks for
 * is found by reading through all of them.
 */
import { concat } from '../format/index.ts'
import type { EntryStatus } from './entry.ts'
import { type Appointed, inlineLimit, type SpoolStore } from './spool-store.ts'
import { columns, entryOf, type EntryRow, type SpooledEntry, values } from './spool-row.ts'

/** Below the 2 MB that a row may hold. */
const chunkSize = 1024 * 1024

export class Spool {
  readonly #store: SpoolStore
  readonly #domain: string | undefined
  /** Of queries: which entries are this queue's. */
  readonly #where: string
  readonly #own: readonly string[]

  /** `domain`: the tables hold other domains' mail, too. */
  constructor(store: SpoolStore, domain?: string) {
    this.#store = store
    this.#domain = domain
    this.#where = domain === undefined ? '1' : 'domain = ?'
    this.#own = domain === undefined ? [] : [domain]
  }

  /** False while nothing was ever queued: such a queue stays empty on disk. */
  get exists(): boolean {
    return this.#store.exists
  }

  /** A key for a new entry. */
  newKey(now: number): number {
    return this.#store.newKey(now)
  }

  /** `claimed`: its first attempt begins at once, which the row says in place of a claim. */
  insert(entry: SpooledEntry, raw: Uint8Array, claimed = false): void {
    const { sql, recent } = this.#store
    this.#store.create()
    this.#store.flush()
    if (claimed) recent.keep(entry, raw)
    if (raw.length <= inlineLimit) return this.#insert(entry, claimed, raw)
    sql.transaction(() => {
      this.#insert(entry, claimed, null)
      for (let seq = 0; seq * chunkSize < raw.length; seq++) {
        const piece = raw.subarray(seq * chunkSize, (seq + 1) * chunkSize)
        sql.exec('INSERT INTO chunk VALUES (?, ?, ?)', entry.key, seq, piece)
      }
    })
  }

  #insert(entry: SpooledEntry, claimed: boolean, raw: Uint8Array | null): void {
    this.#store.sql.exec(
      `INSERT INTO entry (${columns}, raw) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...values(claimed ? { ...entry, next: Infinity } : entry),
      raw,
    )
  }

  update(entry: SpooledEntry): void {
    this.#store.flush()
    this.#store.recent.forget(entry.key)
    const [key, domain, status, received, expires, next, size, priority, facts, recipients] = values(entry)
    this.#store.sql.exec(
      `UPDATE entry SET domain = ?, status = ?, received = ?, expires = ?, next = ?, size = ?, priority = ?,
       facts = ?, recipients = ? WHERE id = ?`,
      domain,
      status,
      received,
      expires,
      next,
      size,
      priority,
      facts,
      recipients,
      key,
    )
  }

  /** See `SpoolStore`, like the four that follow. */
  end(entry: { key: number; size: number }, kept?: SpooledEntry): void {
    this.#store.end(entry, kept)
  }

  get owesEnds(): boolean {
    return this.#store.owesEnds
  }

  linger(until: () => Promise<void>, write: () => void): void {
    this.#store.linger(until, write)
  }

  settled(): Promise<void> {
    return this.#store.settled()
  }

  flush(): void {
    this.#store.flush()
  }

  remove({ key, size }: { key: number; size: number }): void {
    this.#store.flush()
    this.#store.recent.forget(key)
    this.#store.delete(key, size)
  }

  get(key: number): SpooledEntry | undefined {
    if (!this.exists) return undefined
    const over = this.#store.over(key)
    const known = over === undefined ? this.#store.recent.entry(key) : over.kept
    if (known !== undefined) return this.#isOwn(known) ? known : undefined
    if (over !== undefined) return undefined
    const query = `SELECT ${columns} FROM entry WHERE id = ? AND ${this.#where}`
    const row = this.#store.sql.exec<EntryRow>(query, key, ...this.#own).toArray()[0]
    return row === undefined ? undefined : entryOf(row)
  }

  #isOwn({ domain }: SpooledEntry): boolean {
    return this.#domain === undefined || domain === this.#domain
  }

  /** Entries after `after`, oldest first. */
  page(after: number, limit: number): SpooledEntry[] {
    if (!this.exists) return []
    this.#store.flush()
    const query = `SELECT ${columns} FROM entry WHERE id > ? AND ${this.#where} ORDER BY id LIMIT ?`
    return this.#store.sql
      .exec<EntryRow>(query, after, ...this.#own, limit)
      .toArray()
      .map(entryOf)
  }

  /** What the last life left; once. */
  takeAppointments(): Appointed[] {
    return this.#store.takeAppointments(this.#domain)
  }

  /** Of each status: how many entries, and when the oldest came. */
  counts(): { status: EntryStatus; entries: number; since: number }[] {
    if (!this.exists) return []
    this.#store.flush()
    const query = `SELECT status, count(*) AS entries, min(received) AS since FROM entry WHERE ${this.#where} GROUP BY status`
    return this.#store.sql.exec<{ status: EntryStatus; entries: number; since: number }>(query, ...this.#own).toArray()
  }

  /** The message, byte for byte. */
  raw(key: number): Uint8Array | undefined {
    if (!this.exists) return undefined
    const over = this.#store.over(key)
    if (over !== undefined && over.kept === undefined) return undefined
    const { sql, recent } = this.#store
    const kept = recent.raw(key)
    if (kept !== undefined) return kept
    const query = 'SELECT size, raw FROM entry WHERE id = ?'
    const row = sql.exec<{ size: number; raw: ArrayBuffer | null }>(query, key).toArray()[0]
    if (row === undefined) return undefined
    if (row.raw !== null) return new Uint8Array(row.raw)
    const whole = new Uint8Array(row.size)
    let end = 0
    for (const chunk of sql.exec<{ raw: ArrayBuffer }>('SELECT raw FROM chunk WHERE entry = ? ORDER BY seq', key)) {
      whole.set(new Uint8Array(chunk.raw), end)
      end += chunk.raw.byteLength
    }
    if (end !== row.size) throw new Error(`queue entry ${key} has ${end} of ${row.size} octets`)
    return whole
  }

  /** Some of its octets; undefined: it is gone. */
  octets(key: number, start: number, end: number): Uint8Array | undefined {
    const entry = this.get(key)
    if (entry === undefined) return undefined
    if (entry.size <= inlineLimit) return this.raw(key)?.slice(start, end)
    const first = Math.floor(start / chunkSize)
    const last = Math.ceil(end / chunkSize)
    const query = 'SELECT raw FROM chunk WHERE entry = ? AND seq >= ? AND seq < ? ORDER BY seq'
    const rows = this.#store.sql.exec<{ raw: ArrayBuffer }>(query, key, first, last).toArray()
    const pieces = rows.map(({ raw }, at) => {
      const begin = (first + at) * chunkSize
      return new Uint8Array(raw).subarray(Math.max(0, start - begin), end - begin)
    })
    return concat(pieces)
  }

  /** Key and progress of the entries that a run has taken on. */
  claims(): [number, number][] {
    return JSON.parse(this.state('claims') ?? '[]') as [number, number][]
  }

  setClaims(claims: readonly (readonly [number, number])[]): void {
    this.setState('claims', claims.length === 0 ? undefined : JSON.stringify(claims))
  }

  state(key: string): string | undefined {
    if (!this.exists) return undefined
    const query = 'SELECT value FROM state WHERE key = ?'
    return this.#store.sql.exec<{ value: string }>(query, this.#stateKey(key)).toArray()[0]?.value
  }

  setState(key: string, value: string | undefined): void {
    this.#store.flush()
    if (value === undefined) {
      if (this.exists) this.#store.sql.exec('DELETE FROM state WHERE key = ?', this.#stateKey(key))
      return
    }
    this.#store.create()
    this.#store.sql.exec('INSERT OR REPLACE INTO state VALUES (?, ?)', this.#stateKey(key), value)
  }

  #stateKey(key: string): string {
    return this.#domain === undefined ? key : `${this.#domain} ${key}`
  }
}
