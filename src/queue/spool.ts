/**
 * SQL of a QueueObject: entries and their messages.
 *
 * Cost: an entry with a small message is one row, written once and deleted once; a large one is a row per MiB more. Times
 * are kept in memory (`Agenda`), so no index is written.
 */
import { isMigrated, migrate, type Migration, type Sql } from '../storage/index.ts'
import type { EntryStatus } from './entry.ts'
import { Recent } from './recent.ts'
import { columns, entryOf, type EntryRow, type SpooledEntry, values } from './spool-row.ts'

/** Messages up to this size lie in their entry's row: a deferral rewrites them, which is rare and cheaper than a row. */
const inlineLimit = 128 * 1024
/** Below the 2 MB that a row may hold. */
const chunkSize = 1024 * 1024
/** Octets of messages that are kept in memory for their first attempt, too. */
const recentLimit = 4 * 1024 * 1024

const schema: readonly Migration[] = [
  `CREATE TABLE entry (
     id INTEGER PRIMARY KEY, domain TEXT NOT NULL, status TEXT NOT NULL, received INTEGER NOT NULL, expires INTEGER NOT NULL,
     next INTEGER, size INTEGER NOT NULL, facts TEXT NOT NULL, recipients TEXT NOT NULL, raw BLOB);
   CREATE TABLE chunk (entry INTEGER, seq INTEGER, raw BLOB NOT NULL, PRIMARY KEY (entry, seq)) WITHOUT ROWID;
   CREATE TABLE state (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID`,
  // In front of `raw`: what is behind a long text is read through all of its pages.
  `CREATE TABLE entry_2 (
     id INTEGER PRIMARY KEY, domain TEXT NOT NULL, status TEXT NOT NULL, received INTEGER NOT NULL, expires INTEGER NOT NULL,
     next INTEGER, size INTEGER NOT NULL, priority INTEGER NOT NULL, facts TEXT NOT NULL, recipients TEXT NOT NULL, raw BLOB);
   INSERT INTO entry_2 SELECT id, domain, status, received, expires, next, size, 0, facts, recipients, raw FROM entry;
   DROP TABLE entry;
   ALTER TABLE entry_2 RENAME TO entry`,
]

/** What the agenda is made from. */
export interface Appointed {
  key: number
  next: number
  priority: number
  /** The life that took it in was to attempt it at once, and ended. */
  newborn: boolean
}

export class Spool {
  readonly #sql: Sql
  #exists: boolean
  readonly #recent = new Recent(recentLimit)
  /** Entries that are over and still in the database, with their sizes. */
  readonly #over = new Map<number, number>()

  constructor(sql: Sql) {
    this.#sql = sql
    this.#exists = isMigrated(sql)
    if (this.#exists) migrate(sql, schema)
  }

  /** False while nothing was ever queued: such a queue stays empty on disk. */
  get exists(): boolean {
    return this.#exists
  }

  /** `claimed`: its first attempt begins at once, which the row says in place of a claim. */
  insert(entry: SpooledEntry, raw: Uint8Array, claimed = false): void {
    this.#create()
    this.flush()
    if (claimed) this.#recent.keep(entry, raw)
    if (raw.length <= inlineLimit) return this.#insert(entry, claimed, raw)
    this.#sql.transaction(() => {
      this.#insert(entry, claimed, null)
      for (let seq = 0; seq * chunkSize < raw.length; seq++) {
        const piece = raw.subarray(seq * chunkSize, (seq + 1) * chunkSize)
        this.#sql.exec('INSERT INTO chunk VALUES (?, ?, ?)', entry.key, seq, piece)
      }
    })
  }

  #insert(entry: SpooledEntry, claimed: boolean, raw: Uint8Array | null): void {
    this.#sql.exec(
      `INSERT INTO entry (${columns}, raw) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...values(claimed ? { ...entry, next: Infinity } : entry),
      raw,
    )
  }

  update(entry: SpooledEntry): void {
    this.flush()
    this.#recent.forget(entry.key)
    const [key, domain, status, received, expires, next, size, priority, facts, recipients] = values(entry)
    this.#sql.exec(
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

  /** The entry is over, and its row goes with the next write or `flush`: a commit that need not be one of its own. */
  end({ key, size }: { key: number; size: number }): void {
    this.#recent.forget(key)
    this.#over.set(key, size)
  }

  /** Ends that are not written down. */
  get ends(): number {
    return this.#over.size
  }

  /** Writes down what is over. What the storage does not take stays over, and is tried again the next time. */
  flush(): void {
    for (const [key, size] of this.#over) {
      this.#delete(key, size)
      this.#over.delete(key)
    }
  }

  remove({ key, size }: { key: number; size: number }): void {
    this.flush()
    this.#recent.forget(key)
    this.#delete(key, size)
  }

  #delete(key: number, size: number): void {
    const remove = () => this.#sql.exec('DELETE FROM entry WHERE id = ?', key)
    if (size <= inlineLimit) return void remove()
    this.#sql.transaction(() => {
      remove()
      this.#sql.exec('DELETE FROM chunk WHERE entry = ?', key)
    })
  }

  get(key: number): SpooledEntry | undefined {
    if (!this.exists || this.#over.has(key)) return undefined
    const recent = this.#recent.entry(key)
    if (recent !== undefined) return recent
    const row = this.#sql.exec<EntryRow>(`SELECT ${columns} FROM entry WHERE id = ?`, key).toArray()[0]
    return row === undefined ? undefined : entryOf(row)
  }

  /** Entries after `after`, oldest first. */
  page(after: number, limit: number): SpooledEntry[] {
    if (!this.exists) return []
    this.flush()
    const query = `SELECT ${columns} FROM entry WHERE id > ? ORDER BY id LIMIT ?`
    return this.#sql.exec<EntryRow>(query, after, limit).toArray().map(entryOf)
  }

  appointments(): Appointed[] {
    if (!this.exists) return []
    const query = 'SELECT id, status, next, priority FROM entry'
    return this.#sql
      .exec<Pick<EntryRow, 'id' | 'status' | 'next' | 'priority'>>(query)
      .toArray()
      .map(({ id, status, next, priority }) => {
        const newborn = next === null && status === 'waiting'
        return { key: id, next: next ?? Infinity, priority, newborn }
      })
  }

  /** Of each status: how many entries, and when the oldest came. */
  counts(): { status: EntryStatus; entries: number; since: number }[] {
    if (!this.exists) return []
    this.flush()
    const query = 'SELECT status, count(*) AS entries, min(received) AS since FROM entry GROUP BY status'
    return this.#sql.exec<{ status: EntryStatus; entries: number; since: number }>(query).toArray()
  }

  /** The message, byte for byte. */
  raw(key: number): Uint8Array | undefined {
    if (!this.exists || this.#over.has(key)) return undefined
    const recent = this.#recent.raw(key)
    if (recent !== undefined) return recent
    const query = 'SELECT size, raw FROM entry WHERE id = ?'
    const row = this.#sql.exec<{ size: number; raw: ArrayBuffer | null }>(query, key).toArray()[0]
    if (row === undefined) return undefined
    if (row.raw !== null) return new Uint8Array(row.raw)
    const whole = new Uint8Array(row.size)
    let end = 0
    for (const chunk of this.#sql.exec<{ raw: ArrayBuffer }>(
      'SELECT raw FROM chunk WHERE entry = ? ORDER BY seq',
      key,
    )) {
      whole.set(new Uint8Array(chunk.raw), end)
      end += chunk.raw.byteLength
    }
    if (end !== row.size) throw new Error(`queue entry ${key} has ${end} of ${row.size} octets`)
    return whole
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
    return this.#sql.exec<{ value: string }>('SELECT value FROM state WHERE key = ?', key).toArray()[0]?.value
  }

  setState(key: string, value: string | undefined): void {
    this.flush()
    if (value === undefined) {
      if (this.exists) this.#sql.exec('DELETE FROM state WHERE key = ?', key)
      return
    }
    this.#create()
    this.#sql.exec('INSERT OR REPLACE INTO state VALUES (?, ?)', key, value)
  }

  #create(): void {
    if (!this.#exists) migrate(this.#sql, schema)
    this.#exists = true
  }
}
