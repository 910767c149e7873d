/**
 * What the queues of one object have in common: the tables, the messages in memory, the ends that are not written down.
 *
 * Most objects have one queue. Where several destinations share an object, mail for all of them that comes together is one
 * commit, and an end shares the commit of whatever is written next.
 */
import { isMigrated, migrate, type Migration, type Sql } from '../storage/index.ts'
import type { EntryStatus } from './entry.ts'
import { Recent } from './recent.ts'
import { type SpooledEntry, values } from './spool-row.ts'

/** Messages up to this size lie in their entry's row: a deferral rewrites them, which is rare and cheaper than a row. */
export const inlineLimit = 128 * 1024
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
  size: number
  status: EntryStatus
  line?: string
  /** The life that took it in was to attempt it at once, and ended. */
  newborn: boolean
}

interface AppointmentRow extends Record<string, string | number | null> {
  id: number
  domain: string
  status: EntryStatus
  next: number | null
  priority: number
  size: number
  line: string | null
}

interface Over {
  readonly size: number
  /** It goes on as this. */
  readonly kept?: SpooledEntry | undefined
}

export class SpoolStore {
  readonly sql: Sql
  readonly recent = new Recent(recentLimit)
  #exists: boolean
  #lastKey = 0
  /** Of the last life, by domain, until its queue takes them. */
  readonly #appointments = new Map<string, Appointed[]>()
  /** Entries that are over and still in the database as they were. */
  readonly #over = new Map<number, Over>()
  #lingering: Promise<void> | undefined

  constructor(sql: Sql) {
    this.sql = sql
    this.#exists = isMigrated(sql)
    if (!this.#exists) return
    migrate(sql, schema)
    this.#readAppointments()
  }

  /** False while nothing was ever queued: such an object stays empty on disk. */
  get exists(): boolean {
    return this.#exists
  }

  create(): void {
    if (!this.#exists) migrate(this.sql, schema)
    this.#exists = true
  }

  /** A key that no entry of this object has: its time, as far as possible. */
  newKey(now: number): number {
    this.#lastKey = Math.max(now * 1_000, this.#lastKey + 1)
    return this.#lastKey
  }

  /** Domains of which the last life left something, where several share the tables. */
  domains(): Set<string> {
    const domains = new Set(this.#appointments.keys())
    if (!this.#exists) return domains
    for (const { key } of this.sql.exec<{ key: string }>('SELECT key FROM state').toArray()) {
      const [domain = ''] = key.split(' ', 1)
      domains.add(domain)
    }
    return domains
  }

  /** What the last life left of this domain; without one, all. Once: the queue knows it from then on. */
  takeAppointments(domain: string | undefined): Appointed[] {
    const taken = domain === undefined ? [...this.#appointments.values()].flat() : this.#appointments.get(domain)
    if (domain === undefined) this.#appointments.clear()
    else this.#appointments.delete(domain)
    return taken ?? []
  }

  /** What became of it, where its row does not say so yet. */
  over(key: number): Over | undefined {
    return this.#over.get(key)
  }

  /**
   * The entry is over, and its row goes, or goes on as `kept`, with the next write or `flush`: a commit that need not be one of
   * its own.
   */
  end({ key, size }: { key: number; size: number }, kept?: SpooledEntry): void {
    this.recent.forget(key)
    this.#over.set(key, { size, kept })
  }

  /** Ends that are not written down, and that nobody waits for the moment to write. */
  get owesEnds(): boolean {
    return this.#over.size > 0 && this.#lingering === undefined
  }

  /** The next write has until then; `write` is called once, however many ends there are. */
  linger(until: () => Promise<void>, write: () => void): void {
    this.#lingering ??= this.#writeAfter(until(), write)
  }

  /** Resolves when what is over is written down, or could not be. */
  async settled(): Promise<void> {
    await this.#lingering
  }

  async #writeAfter(until: Promise<void>, write: () => void): Promise<void> {
    await until
    this.#lingering = undefined
    write()
  }

  /** Writes down what is over. What the storage does not take stays over, and is tried again the next time. */
  flush(): void {
    for (const [key, { size, kept }] of this.#over) {
      if (kept === undefined) this.delete(key, size)
      else this.#keep(kept)
      this.#over.delete(key)
    }
  }

  #keep(entry: SpooledEntry): void {
    const [key, , status, , , next, , , facts, recipients] = values(entry)
    const update = 'UPDATE entry SET status = ?, next = ?, facts = ?, recipients = ? WHERE id = ?'
    try {
      this.sql.exec(update, status, next, facts, recipients, key)
    } catch (cause) {
      // A full disk: what went is the first to make room.
      this.#over.set(key, { size: entry.size })
      this.delete(key, entry.size)
      this.#over.delete(key)
      throw cause
    }
  }

  delete(key: number, size: number): void {
    const remove = () => this.sql.exec('DELETE FROM entry WHERE id = ?', key)
    if (size <= inlineLimit) return void remove()
    this.sql.transaction(() => {
      remove()
      this.sql.exec('DELETE FROM chunk WHERE entry = ?', key)
    })
  }

  #readAppointments(): void {
    const query = `SELECT id, domain, status, next, priority, size, facts ->> '$.line' AS line FROM entry ORDER BY id`
    for (const { id, domain, status, next, priority, size, line } of this.sql.exec<AppointmentRow>(query).toArray()) {
      const newborn = next === null && status === 'waiting'
      const own = line === null ? {} : { line }
      const appointed = { key: id, next: next ?? Infinity, priority, size, status, newborn, ...own }
      const known = this.#appointments.get(domain)
      if (known === undefined) this.#appointments.set(domain, [appointed])
      else known.push(appointed)
      this.#lastKey = Math.max(this.#lastKey, id)
    }
  }
}
