/**
 * Schema migrations: an append-only list of steps, applied in order, each once.
 */
import type { Sql } from './sql.ts'

/** One step of a schema: SQL text, or code where SQL alone cannot say it. Never change a step that has shipped. */
export type Migration = string | ((sql: Sql) => void)

/** True when the database has been migrated at least once. Writes nothing: an object that nobody owns stays empty. */
export function isMigrated(sql: Sql): boolean {
  const query = `SELECT count(*) AS n FROM sqlite_master WHERE type = 'table' AND name = 'migration'`
  return sql.exec<{ n: number }>(query).one().n === 1
}

/** Brings the schema up to date in one transaction. Durable Objects have no `user_version`, so a table keeps the count. */
export function migrate(sql: Sql, steps: readonly Migration[]): void {
  const done = isMigrated(sql) ? sql.exec<{ n: number }>('SELECT count(*) AS n FROM migration').one().n : 0
  if (done >= steps.length) return
  sql.transaction(() => {
    if (done === 0) sql.exec('CREATE TABLE IF NOT EXISTS migration (step INTEGER PRIMARY KEY)')
    for (let step = done; step < steps.length; step++) {
      const migration = steps[step] as Migration
      if (typeof migration === 'string') sql.exec(migration)
      else migration(sql)
      sql.exec('INSERT INTO migration (step) VALUES (?)', step)
    }
  })
}
