/**
 * The SQL port over Node's own SQLite, in memory: the test double of a Durable Object's storage.
 */
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import {
  checkBindings,
  type Sql,
  type SqlBinding,
  type SqlCursor,
  type SqlRow,
  type SqlValue,
} from '../../storage/index.ts'

/** A fresh database. `path` may name a file where a test needs one to survive a restart. */
export function memorySql(path = ':memory:'): Sql {
  const database = new DatabaseSync(path)
  const statements = new Map<string, ReturnType<DatabaseSync['prepare']>>()
  const changes = database.prepare('SELECT total_changes() AS n')
  const totalChanges = () => (changes.get() as { n: number }).n
  let depth = 0

  function prepare(query: string) {
    let statement = statements.get(query)
    if (statement === undefined) statements.set(query, (statement = database.prepare(query)))
    return statement
  }

  return {
    exec<Row extends SqlRow>(query: string, ...bindings: SqlBinding[]): SqlCursor<Row> {
      checkBindings(bindings)
      if (bindings.length === 0 && isScript(query)) {
        database.exec(query)
        return cursor([], 0)
      }
      const statement = prepare(query)
      const values = bindings.map((value): SQLInputValue =>
        value instanceof ArrayBuffer ? new Uint8Array(value) : value,
      )
      const before = totalChanges()
      const rows = statement.all(...values) as Row[]
      for (const row of rows) exposeBlobs(row)
      return cursor(rows, totalChanges() - before)
    },
    transaction<T>(work: () => T): T {
      if (depth > 0) return work()
      database.exec('BEGIN')
      depth++
      try {
        const result = work()
        database.exec('COMMIT')
        return result
      } catch (error) {
        database.exec('ROLLBACK')
        throw error
      } finally {
        depth--
      }
    },
  }
}

function cursor<Row extends SqlRow>(rows: Row[], rowsWritten: number): SqlCursor<Row> {
  return {
    [Symbol.iterator]: () => rows[Symbol.iterator](),
    toArray: () => rows,
    one() {
      if (rows.length !== 1) throw new Error(`expected exactly one row, got ${rows.length}`)
      return rows[0] as Row
    },
    raw: () => rows.map((row) => Object.values<SqlValue>(row)),
    rowsWritten,
    rowsRead: rows.length,
  }
}

/** `exec` with several statements (a schema) has no bindings and more than one semicolon. */
function isScript(query: string): boolean {
  return query.trim().replace(/;$/, '').includes(';')
}

/** A Durable Object gives BLOBs as ArrayBuffer, node:sqlite as Uint8Array. */
function exposeBlobs(row: SqlRow): void {
  for (const name in row) {
    const value: unknown = row[name]
    if (value instanceof Uint8Array) row[name] = value.slice().buffer
  }
}
