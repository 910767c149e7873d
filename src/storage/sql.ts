/**
 * The SQL port: what a Durable Object's SQLite gives, and what the memory host imitates.
 */

/** What a query may bind. BLOBs go in as bytes. */
export type SqlBinding = string | number | null | Uint8Array | ArrayBuffer

/** What a column may hold. BLOBs come out as ArrayBuffer, integers as numbers (exact below 2^53). */
export type SqlValue = string | number | null | ArrayBuffer

export type SqlRow = Record<string, SqlValue>

/** The rows of one statement. Consume it before the next `await`: a cursor does not survive one. */
export interface SqlCursor<Row extends SqlRow = SqlRow> extends Iterable<Row> {
  toArray(): Row[]
  /** The only row; throws when there is not exactly one. */
  one(): Row
  /** Rows as arrays in column order: cheaper than objects for wide scans. */
  raw(): Iterable<SqlValue[]>
  /** Rows written so far, index entries included: what Cloudflare bills. */
  readonly rowsWritten: number
  readonly rowsRead: number
}

export interface Sql {
  /** Runs one or more statements; bindings belong to the last. At most 100 bindings, values below 2 MB. */
  exec<Row extends SqlRow = SqlRow>(query: string, ...bindings: SqlBinding[]): SqlCursor<Row>
  /** All or nothing. `work` is synchronous; a nested call joins the outer transaction. Rethrows what `work` throws. */
  transaction<T>(work: () => T): T
}
