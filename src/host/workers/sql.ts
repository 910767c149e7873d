/**
 * The SQL port over a Durable Object's own SQLite.
 *
 * Limits: 100 bindings and 2 MB a value, as on Cloudflare: the local runtime allows more, so they are enforced here.
 */
import {
  checkBindings,
  type Sql,
  type SqlBinding,
  type SqlCursor,
  type SqlRow,
  withPlainEquality,
} from '../../storage/index.ts'

/** Rows written since the object started: what Cloudflare bills. Tests and the bench read it. */
export interface MeteredSql extends Sql {
  readonly rowsWritten: () => number
}

/** One adapter per object: the transaction depth lives in it. */
export function durableSql(storage: DurableObjectStorage): MeteredSql {
  const metered: SqlStorageCursor<Record<string, SqlStorageValue>>[] = []
  let written = 0
  let depth = 0

  /** A cursor's count is final only once it is read to the end, so the last few are kept until they are counted. */
  function settle(): void {
    for (const cursor of metered) written += cursor.rowsWritten
    metered.length = 0
  }

  return {
    exec<Row extends SqlRow>(query: string, ...bindings: SqlBinding[]): SqlCursor<Row> {
      checkBindings(bindings)
      const cursor = storage.sql.exec(withPlainEquality(query), ...bindings)
      if (isWrite(query)) {
        settle()
        metered.push(cursor)
      }
      return cursor as unknown as SqlCursor<Row>
    },
    transaction<T>(work: () => T): T {
      if (depth > 0) return work()
      depth++
      try {
        return storage.transactionSync(work)
      } finally {
        depth--
      }
    },
    rowsWritten() {
      settle()
      return written
    },
  }
}

function isWrite(query: string): boolean {
  const start = query.trimStart().charCodeAt(0) | 0x20
  return start !== 0x73 /* SELECT */ && start !== 0x77 /* WITH … SELECT */
}
