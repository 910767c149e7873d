/**
 * SQL of a QueueObject: entries and their messages.
 *
 * Cost: an entry with a small message is one row, written once and deleted once; a large one is a row per MiB more. Times
 * are kept in memory (`Agenda`), so no index is written.
 */
import { isMigrated, migrate, type Migration, type Sql, type SqlRow } from '../storage/index.ts'
import type { EntryStatus, QueuedEntry, QueuedRecipient } from './entry.ts'

/** Messages up to this size lie in their entry's row: a deferral rewrites them, which is rare and cheaper than a row. */
const inlineLimit = 128 * 1024
/** Below the 2 MB that a row may hold. */
const chunkSize = 1024 * 1024

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

interface EntryRow extends SqlRow {
  id: number
  domain: string
  status: EntryStatus
  received: number
  expires: number
  /** Null while held, and of an entry that came in with its claim (`insert`). */
  next: number | null
  size: number
  priority: number
  facts: string
  recipients: string
}

/** What changes rarely: kept as one JSON text. */
interface Facts {
  envelope: QueuedEntry['envelope']
  delayNoticed?: boolean
  reportFailures?: number
  interrupted?: number
}

/** An entry as the spool keeps it: the number instead of the text id, and nothing of the moment. */
export type SpooledEntry = Omit<QueuedEntry, 'id' | 'active'> & { key: number }

/** What the agenda is made from. */
export interface Appointed {
  key: number
  next: number
  priority: number
  /** The life that took it in was to attempt it at once, and ended. */
  newborn: boolean
}

const columns = 'id, domain, status, received, expires, next, size, priority, facts, recipients'

export class Spool {
  readonly #sql: Sql
  #exists: boolean

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
    this.#sql.transaction(() => {
      const inline = raw.length <= inlineLimit
      this.#sql.exec(
        `INSERT INTO entry (${columns}, raw) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        ...values(claimed ? { ...entry, next: Infinity } : entry),
        inline ? raw : null,
      )
      if (inline) return
      for (let seq = 0; seq * chunkSize < raw.length; seq++) {
        const piece = raw.subarray(seq * chunkSize, (seq + 1) * chunkSize)
        this.#sql.exec('INSERT INTO chunk VALUES (?, ?, ?)', entry.key, seq, piece)
      }
    })
  }

  update(entry: SpooledEntry): void {
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

  remove(entry: { key: number; size: number }): void {
    this.#sql.transaction(() => {
      this.#sql.exec('DELETE FROM entry WHERE id = ?', entry.key)
      if (entry.size > inlineLimit) this.#sql.exec('DELETE FROM chunk WHERE entry = ?', entry.key)
    })
  }

  get(key: number): SpooledEntry | undefined {
    if (!this.exists) return undefined
    const row = this.#sql.exec<EntryRow>(`SELECT ${columns} FROM entry WHERE id = ?`, key).toArray()[0]
    return row === undefined ? undefined : entryOf(row)
  }

  /** Entries after `after`, oldest first. */
  page(after: number, limit: number): SpooledEntry[] {
    if (!this.exists) return []
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

  /** The message, byte for byte. */
  raw(key: number): Uint8Array | undefined {
    if (!this.exists) return undefined
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

/** Changes with every attempt that ends: a claim on an older value is a claim that was never finished. */
export function progressOf(entry: SpooledEntry): number {
  return entry.recipients.reduce(
    (sum, { attempts, owed }) => sum + attempts * 2 + (owed === undefined ? 0 : 1),
    entry.reportFailures,
  )
}

type Columns = [number, string, EntryStatus, number, number, number | null, number, number, string, string]

function values(entry: SpooledEntry): Columns {
  const { envelope, delayNoticed, reportFailures, interrupted } = entry
  const facts: Facts = { envelope }
  if (delayNoticed) facts.delayNoticed = true
  if (reportFailures > 0) facts.reportFailures = reportFailures
  if (interrupted > 0) facts.interrupted = interrupted
  return [
    entry.key,
    entry.domain,
    entry.status,
    entry.received,
    entry.expires,
    entry.next === Infinity ? null : entry.next,
    entry.size,
    entry.priority,
    JSON.stringify(facts),
    JSON.stringify(entry.recipients),
  ]
}

function entryOf(row: EntryRow): SpooledEntry {
  const facts = JSON.parse(row.facts) as Facts
  return {
    key: row.id,
    domain: row.domain,
    status: row.status,
    received: row.received,
    expires: row.expires,
    next: row.next ?? (row.status === 'waiting' ? row.received : Infinity),
    size: row.size,
    priority: row.priority,
    envelope: facts.envelope,
    delayNoticed: facts.delayNoticed === true,
    reportFailures: facts.reportFailures ?? 0,
    interrupted: facts.interrupted ?? 0,
    recipients: JSON.parse(row.recipients) as QueuedRecipient[],
  }
}
