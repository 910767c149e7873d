/**
 * What was answered to requests that carried a key of the client's, so that the same request, sent again, is not done again.
 *
 * Limits: answers are kept for a day, and not more than 100,000 of them.
 * Cost: a row for each, and nothing where no keys are used.
 */
import type { Sql } from '../storage/index.ts'

const lifetime = 24 * 3_600_000
const mostKept = 100_000
/** Answers between two looks for those whose time is over: the look walks over all. */
const sweepStep = 1_000

export interface KeptAnswer {
  /** Of the request: the same key with another request is a mistake. */
  readonly fingerprint: string
  readonly answer: string
}

export class KeptAnswers {
  readonly #sql: Sql
  readonly #now: () => number
  #untilSweep = 0

  constructor(sql: Sql, now: () => number) {
    this.#sql = sql
    this.#now = now
  }

  find(key: string): KeptAnswer | undefined {
    const query = 'SELECT fingerprint, answer FROM kept_answer WHERE key = ? AND at > ?'
    const [row] = this.#sql.exec<{ fingerprint: string; answer: string }>(query, key, this.#now() - lifetime).toArray()
    return row
  }

  keep(key: string, { fingerprint, answer }: KeptAnswer): void {
    if (this.#untilSweep-- <= 0) this.#sweep()
    const insert = 'INSERT OR REPLACE INTO kept_answer (key, fingerprint, at, answer) VALUES (?, ?, ?, ?)'
    this.#sql.exec(insert, key, fingerprint, this.#now(), answer)
  }

  #sweep(): void {
    this.#untilSweep = sweepStep
    this.#sql.exec('DELETE FROM kept_answer WHERE at <= ?', this.#now() - lifetime)
    const newest = 'SELECT at FROM kept_answer ORDER BY at DESC LIMIT 1 OFFSET ?'
    const [row] = this.#sql.exec<{ at: number }>(newest, mostKept).toArray()
    if (row !== undefined) this.#sql.exec('DELETE FROM kept_answer WHERE at <= ?', row.at)
  }
}
