export { checkBindings } from './bindings.ts'
export { isMigrated, migrate, type Migration } from './migrate.ts'
export type { Sql, SqlBinding, SqlCursor, SqlRow, SqlValue } from './sql.ts'
export { withPlainEquality } from './equality.ts'
