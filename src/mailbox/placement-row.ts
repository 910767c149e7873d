/**
 * Writes single placement rows.
 */
import type { Sql } from '../storage/index.ts'
import type { ColumnRow } from './columns.ts'
import type { MailboxId } from './ids.ts'

const insert = `INSERT INTO placement (mailbox, uid, email, thread, received, size, flags, keywords, modseq, saved)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

/** Puts an email into a mailbox at this time (milliseconds); the UID is the mod-sequence at which it came there. */
export function insertPlacement(sql: Sql, mailbox: MailboxId, uid: number, row: ColumnRow, time: number): void {
  const keywords = row.extra.length === 0 ? null : JSON.stringify(row.extra)
  // Most mail is received as it is saved: then nothing is stored for it.
  const saved = Math.floor(time / 1000) === Math.floor(row.received / 1000) ? null : time
  sql.exec(insert, mailbox, uid, row.email, row.thread, row.received, row.size, row.flags, keywords, uid, saved)
}
