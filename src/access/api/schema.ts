/**
 * The tables of the object that knows API tokens and what was changed by administration.
 */
import type { Migration } from '../../storage/index.ts'

export const apiSchema: readonly Migration[] = [
  `CREATE TABLE token (
     id TEXT PRIMARY KEY, hash TEXT NOT NULL, name TEXT NOT NULL, scopes TEXT NOT NULL, domains TEXT NOT NULL,
     accounts TEXT NOT NULL, per_minute INTEGER NOT NULL, created INTEGER NOT NULL, expires INTEGER, last_used INTEGER
   ) WITHOUT ROWID;
   CREATE TABLE audit (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, record TEXT NOT NULL)`,
]
