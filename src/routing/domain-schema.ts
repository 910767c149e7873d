/**
 * Tables of a DomainObject. Small and read far more than written; WITHOUT ROWID so that each entry is one row.
 */
import type { Migration } from '../storage/index.ts'

export const domainSchema: readonly Migration[] = [
  `CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE account (local_part TEXT PRIMARY KEY, account TEXT NOT NULL, position INTEGER NOT NULL) WITHOUT ROWID;
   CREATE TABLE alias (local_part TEXT PRIMARY KEY, targets TEXT NOT NULL) WITHOUT ROWID`,
]
