/**
 * The full-text index of an account: an FTS5 table without content, one row per email, and the vocabulary.
 *
 * Emails are indexed after they were stored, in ascending order, so the highest row tells how far the index reaches and
 * no other mark is needed. A batch is one transaction: one row per email and at most one for the vocabulary.
 *
 * Limits: `catchUp` per search; what is left then is read message by message, so answers are complete all the same.
 */
import type { Sql, SqlRow } from '../../storage/index.ts'
import type { EmailId } from '../ids.ts'
import type { Journal } from '../journal.ts'
import type { Reach, TextSource } from '../query/text-search.ts'
import { type Column, columnOfField, columns, readDocument } from './document.ts'
import { octetsOf } from './message-text.ts'
import { Matches } from './matches.ts'
import { matchExpression, type SearchQuery, spelledOut } from './query.ts'
import { incompleteEmails, narrowing } from './substring.ts'
import { Vocabulary } from './vocabulary.ts'

/** Emails of one batch, and octets read after which it ends: what it writes is in memory together. */
const batchEmails = 250
const batchOctets = 4 * 1024 * 1024
/** Emails that a search indexes before it answers: some seconds at worst. */
const catchUp = 5000

const insert = `INSERT INTO search (rowid, ${columns.join(', ')}) VALUES (?${', ?'.repeat(columns.length)})`

/** What IMAP searches: one header field (its values), the whole header and body, or the body with what it encloses. */
export type SearchedText = { readonly field: string } | 'text' | 'body'

/** Emails that may match: every one of which `has` is false does not. */
export interface EmailSet {
  has(email: number): boolean
}

interface Waiting extends SqlRow {
  id: EmailId
}

/** An email as its row, in the order of the columns. */
interface Row {
  readonly values: readonly string[]
  readonly plain: ReadonlySet<string>
}

interface Failure {
  readonly error: unknown
}

interface Progress {
  readonly done: number
  readonly failure?: Failure
}

export interface TextIndexParts {
  readonly sql: Sql
  readonly journal: Journal
  readonly source: TextSource
}

export class TextIndex {
  readonly #parts: TextIndexParts
  readonly #vocabulary: Vocabulary
  #through: number | undefined

  constructor(parts: TextIndexParts) {
    this.#parts = parts
    this.#vocabulary = new Vocabulary(parts.sql)
  }

  /** Every email up to this id is indexed, none above. */
  get through(): number {
    const highest = 'SELECT rowid AS id FROM search ORDER BY rowid DESC LIMIT 1'
    return (this.#through ??= this.#parts.sql.exec<{ id: number }>(highest).toArray()[0]?.id ?? 0)
  }

  /**
   * Indexes up to `limit` emails, oldest first, or fewer when they are long; returns how many, 0 when none is left. When a
   * message cannot be read, those before it are indexed and the error is thrown: the next call goes on there.
   */
  indexPending(limit: number): number {
    const { done, failure } = this.#indexUpTo(limit, true)
    if (failure !== undefined) throw failure.error
    return done
  }

  /** Emails were destroyed. In their transaction. */
  remove(ids: readonly EmailId[]): void {
    const indexed = ids.filter((id) => id <= this.through)
    if (indexed.length === 0) return
    this.#parts.sql.exec('DELETE FROM search WHERE rowid IN (SELECT value FROM json_each(?))', JSON.stringify(indexed))
  }

  /** Catches up, then gives the indexed emails for which the query holds in these columns. */
  find(query: SearchQuery, where: readonly Column[], reach: Reach): EmailSet {
    this.#catchUp()
    const { sql, journal } = this.#parts
    const expression = matchExpression(spelledOut(query, this.#vocabulary), where)
    return reach === 'all'
      ? Matches.all(sql, expression, journal.state)
      : Matches.newestFirst(sql, expression, journal.state)
  }

  /** Catches up, then gives the emails that may have this text, in IMAP's sense, there; undefined: all may. */
  mayContain(text: string, where: SearchedText): EmailSet | undefined {
    this.#catchUp()
    const query = narrowing(text, this.#vocabulary)
    if (query === undefined) return undefined
    const { sql, journal } = this.#parts
    const [some, always] = [matchExpression(query, columnsWith(where)), matchExpression(incompleteEmails, ['header'])]
    const found = Matches.all(sql, `(${some}) OR (${always})`, journal.state)
    const { through } = this
    return { has: (email) => email > through || found.has(email) }
  }

  forget(): void {
    this.#through = undefined
    this.#vocabulary.forget()
  }

  /** A message that cannot be read now stays above `through`: whoever asks about it reads it, and meets the error. */
  #catchUp(): void {
    this.#indexUpTo(catchUp)
  }

  /** `patient`: ends behind a batch that was full of octets, so that others have their turn. */
  #indexUpTo(limit: number, patient = false): Progress {
    const { sql, journal } = this.#parts
    const next = 'SELECT id FROM email WHERE id > ? ORDER BY id LIMIT ?'
    for (let done = 0; ;) {
      const most = Math.min(batchEmails, limit - done)
      const waiting = most > 0 ? sql.exec<Waiting>(next, this.through, most).toArray() : []
      if (waiting.length === 0) return { done }
      const { rows, failure } = this.#read(waiting)
      if (rows.size > 0) journal.transaction(() => this.#write(rows))
      done += rows.size
      if (failure !== undefined) return { done, failure }
      if (patient && rows.size < waiting.length) return { done }
    }
  }

  #read(waiting: readonly Waiting[]): { rows: Map<EmailId, Row>; failure?: Failure } {
    const { source } = this.#parts
    const rows = new Map<EmailId, Row>()
    let read = 0
    for (const { id } of waiting) {
      if (read > batchOctets) break
      try {
        const email = source.email(id)
        if (email === undefined) throw new Error(`email ${id} is missing`)
        const octets = octetsOf(email, source)
        const { terms, plain } = readDocument(email, (start, end) => {
          read += end - start
          return octets(start, end)
        })
        rows.set(id, { values: columns.map((column) => terms[column].join(' ')), plain })
      } catch (error) {
        return { rows, failure: { error } }
      }
    }
    return { rows }
  }

  #write(rows: ReadonlyMap<EmailId, Row>): void {
    const words = new Set<string>()
    let last = 0
    for (const [id, { values, plain }] of rows) {
      this.#parts.sql.exec(insert, id, ...values)
      for (const word of plain) words.add(word)
      last = id
    }
    this.#vocabulary.add(words)
    this.#through = last
  }
}

/** Enclosed messages have their headers in the columns `body` and `header`. */
function columnsWith(where: SearchedText): readonly Column[] {
  if (where === 'text') return columns
  if (where === 'body') return ['body', 'header']
  const name = where.field.toLowerCase()
  return [Object.hasOwn(columnOfField, name) ? (columnOfField[name] as Column) : 'header']
}
