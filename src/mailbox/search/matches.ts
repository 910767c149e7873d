/**
 * The emails for which an expression of the index holds, read as far as somebody asks.
 *
 * A query by arrival asks about the newest emails first and stops when its page is full, and ids mostly ascend with
 * arrival. So matches are read from the highest id down, in pages that grow: a word in every fifth of 100,000 messages
 * costs no more than in 10,000.
 */
import type { Sql, SqlRow } from '../../storage/index.ts'
import { Bitmap } from '../bitmap.ts'

/** Matches read at once: one value far below 2 MB instead of a row each, since crossing into JavaScript is what costs. */
const matchesPerPage = 100_000
/** Some more than a page of results. */
const firstPage = 128
const growth = 8

const page = `
  SELECT json_group_array(id) AS ids, count(*) AS count, min(id) AS lowest FROM
    (SELECT rowid AS id FROM search WHERE search MATCH ? AND rowid < ? ORDER BY rowid DESC LIMIT ?)`

interface Page extends SqlRow {
  ids: string
  count: number
  lowest: number
}

/** Good until the index or the emails change: within one query, or one search that reads all of them at its start. */
export class Matches {
  readonly #sql: Sql
  readonly #expression: string
  readonly #found: Bitmap
  /** Nothing below has been read. */
  #lowest: number
  #pageSize: number

  private constructor(sql: Sql, expression: string, highest: number, pageSize: number) {
    this.#sql = sql
    this.#expression = expression
    this.#found = new Bitmap(highest)
    this.#lowest = highest + 1
    this.#pageSize = pageSize
  }

  /** `highest`: the highest id there may be. */
  static newestFirst(sql: Sql, expression: string, highest: number): Matches {
    return new Matches(sql, expression, highest, firstPage)
  }

  static all(sql: Sql, expression: string, highest: number): Matches {
    const matches = new Matches(sql, expression, highest, matchesPerPage)
    matches.has(0)
    return matches
  }

  has(email: number): boolean {
    while (email < this.#lowest) this.#read()
    return this.#found.has(email)
  }

  #read(): void {
    const size = this.#pageSize
    const { ids, count, lowest } = this.#sql.exec<Page>(page, this.#expression, this.#lowest, size).one()
    for (const id of JSON.parse(ids) as number[]) this.#found.add(id)
    this.#lowest = count < size ? 0 : lowest
    this.#pageSize = Math.min(size * growth, matchesPerPage)
  }
}
