/**
 * The plain words that occur in the index, so that a search for a part of a word can find the words it may mean.
 *
 * Kept as text between line ends in a few rows. A batch rewrites the last row with its new words, and begins the next when
 * that is full: mostly one row a batch. Rows may share words, and words of destroyed emails stay: what is looked for is
 * a superset.
 */
import type { Sql } from '../../storage/index.ts'

/** Characters of a row; at three octets each far below the 2 MB of a value. */
const maxRow = 400_000
/** Characters kept in memory between searches: the words of some hundred thousand messages. */
const maxKept = 2_000_000

interface OpenRow {
  readonly id: number
  readonly words: Set<string>
  length: number
}

export class Vocabulary {
  readonly #sql: Sql
  /** The last row, once a batch has needed it. */
  #open: OpenRow | undefined
  /** All rows, once a search has read them. */
  #kept: readonly string[] | undefined

  constructor(sql: Sql) {
    this.#sql = sql
  }

  /** In a transaction. */
  add(words: ReadonlySet<string>): void {
    let open = (this.#open ??= this.#read())
    let changed = false
    for (const word of words) {
      if (open.words.has(word)) continue
      if (open.length > maxRow) {
        if (changed) this.#write(open)
        this.#open = open = { id: open.id + 1, words: new Set(), length: 0 }
      }
      open.words.add(word)
      open.length += word.length + 1
      changed = true
    }
    if (changed) this.#write(open)
  }

  /** Words that contain (`end`: end with) this one; undefined when they are more than `most`. */
  having(part: string, end: boolean, most: number): string[] | undefined {
    return this.#around(end ? `${part}\n` : part, most)
  }

  /** Words that begin with this one, itself among them; undefined when they are more than `most`. */
  beginning(part: string, most: number): string[] | undefined {
    return this.#around(`\n${part}`, most)
  }

  /** The words around each place where `sought` is. */
  #around(sought: string, most: number): string[] | undefined {
    const found = new Set<string>()
    const before = sought.startsWith('\n') ? 1 : 0
    for (const words of this.#rows()) {
      for (let at = words.indexOf(sought); at >= 0; at = words.indexOf(sought, at)) {
        const inside = at + before
        const stop = words.indexOf('\n', inside)
        found.add(words.slice(words.lastIndexOf('\n', inside) + 1, stop))
        if (found.size > most) return undefined
        at = stop
      }
    }
    return [...found]
  }

  forget(): void {
    this.#open = undefined
    this.#kept = undefined
  }

  #rows(): readonly string[] {
    if (this.#kept !== undefined) return this.#kept
    const rows = this.#sql
      .exec<{ words: string }>('SELECT words FROM search_word')
      .toArray()
      .map(({ words }) => words)
    if (rows.reduce((sum, words) => sum + words.length, 0) <= maxKept) this.#kept = rows
    return rows
  }

  #write({ id, words }: OpenRow): void {
    this.#kept = undefined
    const text = `\n${[...words].join('\n')}\n`
    this.#sql.exec('INSERT OR REPLACE INTO search_word (id, words) VALUES (?, ?)', id, text)
  }

  #read(): OpenRow {
    const last = 'SELECT id, words FROM search_word ORDER BY id DESC LIMIT 1'
    const row = this.#sql.exec<{ id: number; words: string }>(last).toArray()[0]
    if (row === undefined) return { id: 1, words: new Set(), length: 0 }
    return { id: row.id, words: new Set(row.words.slice(1, -1).split('\n')), length: row.words.length }
  }
}
