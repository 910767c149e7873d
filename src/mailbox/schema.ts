/**
 * The tables of one account. An append-only list of steps: never change one that has shipped.
 *
 * Rows written are the cost measure, and every index entry is a row, so no secondary index has an entry for every email. In
 * `email` and `blob` the light columns come first: SQLite does not read the overflow pages of columns that are not asked for.
 */
import type { Migration } from '../storage/index.ts'

export const schema: readonly Migration[] = [
  `
  CREATE TABLE account (key TEXT PRIMARY KEY, value) WITHOUT ROWID;

  CREATE TABLE mailbox (
    id INTEGER PRIMARY KEY, parent INTEGER, name TEXT NOT NULL, role TEXT, sort_order INTEGER NOT NULL,
    subscribed INTEGER NOT NULL, uid_validity INTEGER NOT NULL, uid_floor INTEGER NOT NULL,
    expunge_modseq INTEGER NOT NULL, modseq INTEGER NOT NULL);

  CREATE TABLE email (
    id INTEGER PRIMARY KEY, places TEXT NOT NULL, thread INTEGER NOT NULL, blob INTEGER NOT NULL, size INTEGER NOT NULL,
    received INTEGER NOT NULL, sent INTEGER, zone INTEGER NOT NULL, attachment INTEGER NOT NULL,
    header_size INTEGER NOT NULL, message_id TEXT, subject TEXT, base_subject TEXT, preview TEXT, envelope TEXT,
    body_structure TEXT, parts TEXT);

  CREATE TABLE placement (
    mailbox INTEGER, uid INTEGER, email INTEGER NOT NULL, thread INTEGER NOT NULL, received INTEGER NOT NULL,
    size INTEGER NOT NULL, flags INTEGER NOT NULL, keywords TEXT, modseq INTEGER NOT NULL,
    PRIMARY KEY (mailbox, uid)) WITHOUT ROWID;

  CREATE TABLE thread_key (hash INTEGER PRIMARY KEY, thread INTEGER NOT NULL);

  CREATE TABLE blob (
    id INTEGER PRIMARY KEY, refs INTEGER NOT NULL, size INTEGER NOT NULL, head_size INTEGER NOT NULL,
    type TEXT, expires INTEGER, head BLOB NOT NULL, data BLOB NOT NULL);
  CREATE TABLE blob_chunk (blob INTEGER, seq INTEGER, data BLOB NOT NULL, PRIMARY KEY (blob, seq)) WITHOUT ROWID;

  CREATE TABLE change (modseq INTEGER PRIMARY KEY, payload TEXT NOT NULL);
  CREATE TABLE keyword (bit INTEGER PRIMARY KEY, name TEXT NOT NULL);

  CREATE TABLE identity (id INTEGER PRIMARY KEY, email TEXT NOT NULL, may_delete INTEGER NOT NULL, value TEXT NOT NULL);
  CREATE TABLE submission (
    id INTEGER PRIMARY KEY, identity INTEGER NOT NULL, email INTEGER NOT NULL, thread INTEGER NOT NULL,
    send_at INTEGER NOT NULL, undo_status TEXT NOT NULL, envelope TEXT NOT NULL, delivery_status TEXT NOT NULL);
  CREATE TABLE credential (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, hash TEXT NOT NULL, created INTEGER NOT NULL,
    last_used INTEGER);
  `,
  // Vacation: senders who were answered. Submissions: the tag their queues report under, the message held for later.
  `
  CREATE TABLE vacation_reply (sender TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
  ALTER TABLE submission ADD COLUMN tag TEXT;
  ALTER TABLE submission ADD COLUMN held_blob INTEGER;
  ALTER TABLE submission ADD COLUMN next_attempt INTEGER;
  ALTER TABLE submission ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE submission ADD COLUMN dsn_blobs TEXT;
  ALTER TABLE submission ADD COLUMN mdn_blobs TEXT;
  `,
  // Push: where to, for whose credentials, and the state that was told last. Random ids, so the key is the whole row.
  `
  CREATE TABLE push_subscription (
    id TEXT PRIMARY KEY, credential INTEGER NOT NULL, device TEXT NOT NULL, url TEXT NOT NULL, p256dh TEXT, auth TEXT,
    types TEXT, expires INTEGER NOT NULL, code TEXT NOT NULL, created INTEGER NOT NULL, progress TEXT NOT NULL,
    told INTEGER NOT NULL, failures INTEGER NOT NULL, not_before INTEGER NOT NULL) WITHOUT ROWID;
  `,
  // Large blobs: the object in the blob store that holds all octets; `data` is then only their beginning. The last column,
  // so it is read only of rows whose `data` is short. Objects to be deleted once the transaction has committed.
  `
  ALTER TABLE blob ADD COLUMN object TEXT;
  CREATE TABLE dropped_object (id INTEGER PRIMARY KEY, keys TEXT NOT NULL);
  `,
  // Full-text search: see search/. Without content, since the messages are here; terms come cut and folded. The highest row
  // tells how far the index reaches. Words that occur, many in a row, for searches within words.
  `
  CREATE VIRTUAL TABLE search USING fts5(subject, sender, recipient, cc, bcc, body, attachment, header,
    content = '', contentless_delete = 1, tokenize = 'ascii');
  CREATE TABLE search_word (id INTEGER PRIMARY KEY, words TEXT NOT NULL);
  `,
  // Sizes with every line ended by CRLF. Nearly always the stored size: the index, with its rows, has only the others.
  `
  ALTER TABLE email ADD COLUMN crlf_size INTEGER;
  CREATE INDEX email_crlf_size ON email (crlf_size, size) WHERE crlf_size IS NOT size;
  `,
  // Sharing: what principals may do, as RFC 4314's letters; the counter when it last changed what a principal sees; their
  // subscriptions; who made an upload, unless the owner did.
  `
  CREATE TABLE mailbox_grant (mailbox INTEGER, principal TEXT, rights TEXT NOT NULL, PRIMARY KEY (mailbox, principal))
    WITHOUT ROWID;
  CREATE TABLE grantee (principal TEXT PRIMARY KEY, changed INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE subscription (principal TEXT, mailbox INTEGER, PRIMARY KEY (principal, mailbox)) WITHOUT ROWID;
  CREATE TABLE guest_upload (blob INTEGER PRIMARY KEY, principal TEXT NOT NULL);
  `,
  // Sharing among accounts: who shares with this one, and the notices of it; what others were told about what this one shares.
  `
  CREATE TABLE shared_account (account TEXT PRIMARY KEY, version INTEGER NOT NULL, since INTEGER NOT NULL,
    changed INTEGER NOT NULL, facts TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE share_notification (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, gone INTEGER, facts TEXT NOT NULL);
  CREATE TABLE share_telling (principal TEXT PRIMARY KEY, facts TEXT NOT NULL) WITHOUT ROWID;
  `,
  // When a message came into a mailbox, where that was not when it was received. What clients keep at mailboxes; 0 is the account.
  `
  ALTER TABLE placement ADD COLUMN saved INTEGER;
  CREATE TABLE annotation (mailbox INTEGER, entry TEXT, value BLOB NOT NULL, PRIMARY KEY (mailbox, entry)) WITHOUT ROWID;
  `,
  // Uploads are few among the messages, and only they have a row in the index.
  `
  CREATE INDEX blob_expires ON blob (expires, size) WHERE expires IS NOT NULL;
  `,
  // What SCRAM needs of a password, see scram.ts; absent for those that were set before.
  `
  ALTER TABLE credential ADD COLUMN scram TEXT;
  `,
  // What people said of messages, and what was learned of it; row 0: the counts of all that was learned, see spam/.
  `
  CREATE TABLE spam (email INTEGER PRIMARY KEY, wanted TEXT, learned TEXT, counts BLOB);
  `,
  // Addresses outside to which mail is not sent for now.
  `
  CREATE TABLE suppression (address TEXT PRIMARY KEY, reason TEXT NOT NULL, detail TEXT NOT NULL, since INTEGER NOT NULL,
    until INTEGER) WITHOUT ROWID;
  `,
  // Sizes of messages in the form without UTF-8 in headers. Most have none, and only those that have are in the index.
  `
  ALTER TABLE email ADD COLUMN surrogate_size INTEGER;
  CREATE INDEX email_surrogate_size ON email (surrogate_size) WHERE surrogate_size IS NOT NULL;
  `,
  // What was answered to requests that carried a key.
  `
  CREATE TABLE kept_answer (key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, at INTEGER NOT NULL, answer TEXT NOT NULL)
    WITHOUT ROWID;
  `,
]

/** The tables whose keys come from the account's counter; with `change` they hold its highest value at all times. */
export const countedTables = ['email', 'mailbox', 'blob', 'identity', 'submission', 'credential'] as const
