/**
 * Tables of a list's object.
 */
import type { Migration } from '../storage/index.ts'

export const listSchema: readonly Migration[] = [
  `CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE member (id INTEGER PRIMARY KEY AUTOINCREMENT, address TEXT NOT NULL, key TEXT NOT NULL UNIQUE, secret TEXT NOT NULL,
     state TEXT NOT NULL, since INTEGER NOT NULL, bounces INTEGER NOT NULL DEFAULT 0, bounced INTEGER, cause TEXT);
   CREATE TABLE post (id INTEGER PRIMARY KEY AUTOINCREMENT, author TEXT NOT NULL, subject TEXT NOT NULL, received INTEGER NOT NULL,
     size INTEGER NOT NULL, reached INTEGER NOT NULL DEFAULT 0, last INTEGER NOT NULL, late TEXT NOT NULL DEFAULT '[]',
     sent INTEGER NOT NULL DEFAULT 0, refused INTEGER NOT NULL DEFAULT 0, done INTEGER);
   CREATE TABLE chunk (post INTEGER, seq INTEGER, raw BLOB NOT NULL, PRIMARY KEY (post, seq)) WITHOUT ROWID`,
  'ALTER TABLE post ADD COLUMN origin TEXT',
]
