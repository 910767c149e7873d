/**
 * Who was put off, and who came back: two tables of a fixed size, in which a place is found by a hash.
 *
 * A newcomer is put off once; if the same sender writes to the same recipient from the same network again, not too soon and
 * not too late, the network is familiar from then on, for all its mail: that is what being put off was to find out.
 *
 * Standards: RFC 6647 §5 (tuple, range of time for the next try, timeout of what is known).
 * Cost: a row for each newcomer, one more when it comes back, one a week for a network that goes on writing. Nothing is ever
 * deleted: who hashes to a place that is taken takes it over, and the one who had it is put off once more. So a flood of
 * newcomers costs a row each, and no space.
 * Limits: 131,072 newcomers and 65,536 networks, some 4 MB.
 * Privacy: neither addresses nor networks are kept, only hashes.
 */
import { isMigrated, migrate, type Migration, type Sql } from '../storage/index.ts'

const schema: readonly Migration[] = [
  `CREATE TABLE newcomer (place INTEGER PRIMARY KEY, mark INTEGER NOT NULL, at INTEGER NOT NULL);
   CREATE TABLE familiar (place INTEGER PRIMARY KEY, mark INTEGER NOT NULL, at INTEGER NOT NULL)`,
]

const places = { newcomer: 131_072, familiar: 65_536 } as const
type Table = keyof typeof places

const DAY = 86_400_000
/** For so long a newcomer's next try counts as one. */
export const windowMs = DAY
/** A network that does not write for so long is a newcomer again. */
export const familiarMs = 36 * DAY
/** How stale the time of a network's last mail may be. */
const refreshMs = 7 * DAY

export class GreylistStore {
  readonly #sql: Sql
  #isOpen: boolean

  constructor(sql: Sql) {
    this.#sql = sql
    this.#isOpen = isMigrated(sql)
  }

  /** Has this network come back before? Hashes are whole numbers below 2^52. */
  isFamiliar(network: number, now: number): boolean {
    const at = this.#at('familiar', network)
    if (at === undefined || now - at > familiarMs) return false
    if (now - at > refreshMs) this.#put('familiar', network, now)
    return true
  }

  /** Milliseconds for which this one is put off; 0: it has come back, and its network is familiar. */
  meet(network: number, triplet: number, delayMs: number, now: number): number {
    const at = this.#at('newcomer', triplet)
    if (at === undefined || now - at > windowMs) {
      this.#put('newcomer', triplet, now)
      return delayMs
    }
    const wait = at + delayMs - now
    if (wait > 0) return wait
    this.#put('familiar', network, now)
    return 0
  }

  #at(table: Table, hash: number): number | undefined {
    if (!this.#isOpen) return undefined
    const query = `SELECT at FROM ${table} WHERE place = ? AND mark = ?`
    return this.#sql.exec<{ at: number }>(query, ...placeOf(table, hash)).toArray()[0]?.at
  }

  #put(table: Table, hash: number, now: number): void {
    if (!this.#isOpen) migrate(this.#sql, schema)
    this.#isOpen = true
    this.#sql.exec(`INSERT OR REPLACE INTO ${table} (place, mark, at) VALUES (?, ?, ?)`, ...placeOf(table, hash), now)
  }
}

function placeOf(table: Table, hash: number): [place: number, mark: number] {
  return [hash % places[table], Math.floor(hash / places[table])]
}
