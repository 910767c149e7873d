/**
 * SQLite of one object: what its running event has written is one transaction, kept or lost as a whole.
 *
 * Databases are used again by the next run: their schema costs more than a run does, so each run lives in a savepoint that
 * is rolled back at its end.
 */
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'

type Row = Record<string, unknown>

export class Database {
  readonly #database = new DatabaseSync(':memory:')
  readonly #statements = new Map<string, { statement: StatementSync; reads: boolean }>()
  #writing = false
  #depth = 0
  /** Changes with every write and rollback. */
  version = 0
  /** Called before the first write of a transaction. */
  onBegin: () => void = () => undefined
  /** When set, writes fail with it. */
  refusal: string | undefined

  exec(query: string, ...bindings: unknown[]): Cursor {
    const known = this.#prepare(query)
    if (known === undefined) {
      this.#beforeWrite()
      this.#database.exec(query)
      return new Cursor([])
    }
    if (!known.reads) this.#beforeWrite()
    const values = bindings.map((value) => (value instanceof ArrayBuffer ? new Uint8Array(value) : value))
    const rows = known.statement.all(...(values as SQLInputValue[])) as Row[]
    for (const row of rows) exposeBlobs(row)
    return new Cursor(rows)
  }

  transactionSync<T>(work: () => T): T {
    this.#beforeWrite()
    const name = `nested${this.#depth++}`
    this.#run(`SAVEPOINT ${name}`)
    try {
      return work()
    } catch (error) {
      this.#run(`ROLLBACK TO ${name}`)
      throw error
    } finally {
      this.#run(`RELEASE ${name}`)
      this.#depth--
    }
  }

  commit(): void {
    if (!this.#writing) return
    this.#run('RELEASE event')
    this.#writing = false
  }

  rollback(): void {
    if (!this.#writing) return
    this.#run('ROLLBACK TO event')
    this.#run('RELEASE event')
    this.version++
    this.#writing = false
  }

  beginRun(): void {
    this.#run('SAVEPOINT run')
  }

  endRun(): void {
    this.rollback()
    this.#run('ROLLBACK TO run')
    this.#run('RELEASE run')
    this.version++
    this.onBegin = () => undefined
    this.refusal = undefined
  }

  #beforeWrite(): void {
    if (this.refusal !== undefined) throw new Error(this.refusal)
    this.version++
    if (this.#writing) return
    this.#writing = true
    this.#run('SAVEPOINT event')
    this.onBegin()
  }

  #run(command: string): void {
    this.#prepare(command)?.statement.run()
  }

  /** Undefined for a script of several statements. */
  #prepare(query: string): { statement: StatementSync; reads: boolean } | undefined {
    const known = this.#statements.get(query)
    if (known !== undefined) return known
    if (query.trim().replace(/;$/, '').includes(';')) return undefined
    const prepared = { statement: this.#database.prepare(query), reads: /^\s*(SELECT|WITH)/i.test(query) }
    this.#statements.set(query, prepared)
    return prepared
  }
}

class Cursor {
  readonly #rows: Row[]
  readonly rowsWritten = 0
  readonly rowsRead: number

  constructor(rows: Row[]) {
    this.#rows = rows
    this.rowsRead = rows.length
  }

  [Symbol.iterator](): Iterator<Row> {
    return this.#rows[Symbol.iterator]()
  }

  toArray(): Row[] {
    return this.#rows
  }

  one(): Row {
    if (this.#rows.length !== 1) throw new Error(`expected exactly one row, got ${this.#rows.length}`)
    return this.#rows[0] as Row
  }

  raw(): Iterable<unknown[]> {
    return this.#rows.map((row) => Object.values(row))
  }
}

/** A Durable Object gives BLOBs as ArrayBuffer, node:sqlite as Uint8Array. */
function exposeBlobs(row: Row): void {
  for (const name in row) {
    const value = row[name]
    if (value instanceof Uint8Array) row[name] = value.slice().buffer
  }
}

/** Databases by what they are prepared for. */
export class DatabasePool {
  readonly #free = new Map<string, Database[]>()

  /** `prepare` gives a new database the schema and content that every run finds. */
  take(kind: string, prepare: (database: Database) => void): Database {
    let database = this.#free.get(kind)?.pop()
    if (database === undefined) {
      database = new Database()
      prepare(database)
      database.commit()
    }
    database.beginRun()
    return database
  }

  give(kind: string, database: Database): void {
    database.endRun()
    const free = this.#free.get(kind)
    if (free === undefined) this.#free.set(kind, [database])
    else free.push(database)
  }
}
