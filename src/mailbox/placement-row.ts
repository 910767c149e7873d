/**
 * Writes single placement rows.
 */
import type { Sql } from '../storage/index.ts'
import type { ColumnRow } from './columns.ts'
import type { MailboxId } from './ids.ts'

const insert = `INSERT INTO placement (mailbox, uid, email, thread, received, size, flags, keywords, modseq)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`

/** Puts an email into a mailbox; the UID is the mod-sequence at which it came there. */
export function insertPlacement(sql: Sql, mailbox: MailboxId, uid: number, row: ColumnRow): void {
  const keywords = row.extra.length === 0 ? null : JSON.stringify(row.extra)
  sql.exec(insert, mailbox, uid, row.email, row.thread, row.received, row.size, row.flags, keywords, uid)
}
