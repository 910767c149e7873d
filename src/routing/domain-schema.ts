/**
 * Tables of a DomainObject. Small and read far more than written; WITHOUT ROWID so that each entry is one row.
 */
import type { Migration } from '../storage/index.ts'

export const domainSchema: readonly Migration[] = [
  `CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE account (local_part TEXT PRIMARY KEY, account TEXT NOT NULL, position INTEGER NOT NULL) WITHOUT ROWID;
   CREATE TABLE alias (local_part TEXT PRIMARY KEY, targets TEXT NOT NULL) WITHOUT ROWID`,
  // The directory of people: what they say of themselves, when each came and changed last, and who is gone.
  `ALTER TABLE account ADD COLUMN profile TEXT;
   ALTER TABLE account ADD COLUMN created INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE account ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;
   CREATE TABLE account_gone (state INTEGER PRIMARY KEY, account TEXT NOT NULL, created INTEGER NOT NULL)`,
  `CREATE TABLE signing_key (id INTEGER PRIMARY KEY, selector TEXT NOT NULL, algorithm TEXT NOT NULL, record TEXT NOT NULL,
     private_key BLOB, state TEXT NOT NULL, since INTEGER NOT NULL)`,
  `CREATE TABLE masked_address (local_part TEXT PRIMARY KEY, account TEXT NOT NULL, state TEXT NOT NULL, facts TEXT NOT NULL,
     created INTEGER NOT NULL, last_message INTEGER) WITHOUT ROWID;
   CREATE INDEX masked_address_account ON masked_address (account)`,
  `CREATE TABLE list_address (local_part TEXT PRIMARY KEY, list TEXT NOT NULL, owners TEXT NOT NULL) WITHOUT ROWID`,
  `CREATE TABLE webhook (name TEXT PRIMARY KEY, url TEXT NOT NULL, secrets TEXT NOT NULL, created INTEGER NOT NULL,
     stopped INTEGER) WITHOUT ROWID`,
  'ALTER TABLE webhook ADD COLUMN keep INTEGER NOT NULL DEFAULT 72',
  // What it wants to hear of mail that is sent; several with commas between them.
  `ALTER TABLE webhook ADD COLUMN events TEXT NOT NULL DEFAULT ''`,
]
