/**
 * How a day's mail fared by DMARC: batches of counts as they came, and, when the day is over, what is still to be reported
 * to each domain.
 *
 * Cost: a batch is one row, whatever it holds. Closing the day writes a row for each domain that wants a report.
 * Limits: 10 million characters of rows a day.
 */
import { isMigrated, migrate, type Migration, type Sql } from '../storage/index.ts'
import { type DomainTally, Tally, type TallyText } from './tally.ts'

const schema: readonly Migration[] = [
  `CREATE TABLE batch (id INTEGER PRIMARY KEY, tally TEXT NOT NULL);
   CREATE TABLE pending (id INTEGER PRIMARY KEY, due INTEGER NOT NULL, tally TEXT NOT NULL);
   CREATE TABLE closed (id INTEGER PRIMARY KEY CHECK (id = 1), messages_left INTEGER NOT NULL)`,
]

/** Some thirty thousand rows, which in memory are several times as large. */
const mostOfDay = 10_000_000

export interface PendingReport {
  readonly id: number
  readonly tally: DomainTally
}

export class DmarcDay {
  readonly #sql: Sql
  #isOpen: boolean

  constructor(sql: Sql) {
    this.#sql = sql
    this.#isOpen = isMigrated(sql)
  }

  /** Whether the day's counts are complete. */
  get isClosed(): boolean {
    return this.#isOpen && this.#sql.exec<{ n: number }>('SELECT count(*) AS n FROM closed').one().n === 1
  }

  /** To be asked before the day is closed. */
  add(tally: TallyText): void {
    if (!this.#isOpen) migrate(this.#sql, schema)
    this.#isOpen = true
    this.#sql.exec('INSERT INTO batch (tally) VALUES (?)', JSON.stringify(tally))
  }

  /** Adds everything up. `due`: when a domain's report is to be sent. Returns the messages that found no room. */
  close(due: (domain: string) => number): number {
    if (!this.#isOpen || this.isClosed) return 0
    const total = new Tally(mostOfDay)
    for (const { tally } of this.#sql.exec<{ tally: string }>('SELECT tally FROM batch ORDER BY id')) {
      total.add(JSON.parse(tally) as TallyText)
    }
    const { domains, left } = total.toJSON()
    this.#sql.transaction(() => {
      for (const tally of domains) {
        const insert = 'INSERT INTO pending (due, tally) VALUES (?, ?)'
        this.#sql.exec(insert, due(tally.policy.domain), JSON.stringify(tally))
      }
      this.#sql.exec('INSERT INTO closed VALUES (1, ?)', left)
    })
    return left
  }

  /** One that is due; undefined when none is. */
  due(now: number): PendingReport | undefined {
    if (!this.#isOpen) return undefined
    const query = 'SELECT id, tally FROM pending WHERE due <= ? ORDER BY due, id LIMIT 1'
    const [row] = this.#sql.exec<{ id: number; tally: string }>(query, now).toArray()
    return row === undefined ? undefined : { id: row.id, tally: JSON.parse(row.tally) as DomainTally }
  }

  postpone(id: number, until: number): void {
    this.#sql.exec('UPDATE pending SET due = ? WHERE id = ?', until, id)
  }

  done(id: number): void {
    this.#sql.exec('DELETE FROM pending WHERE id = ?', id)
  }

  /** When the next is due; undefined when none is left. */
  next(): number | undefined {
    if (!this.#isOpen) return undefined
    return this.#sql.exec<{ due: number | null }>('SELECT min(due) AS due FROM pending').one().due ?? undefined
  }
}
