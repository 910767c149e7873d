/**
 * Emails by the Message-ID that they came with, whatever way they came.
 *
 * No index keeps Message-IDs: the question is rare (what is this notification about?), and every delivery would pay for
 * the answer. Threads have keys of their own.
 *
 * Standards: RFC 5322 §3.6.4.
 */
import type { Sql } from '../storage/index.ts'
import type { EmailId } from './ids.ts'

/** By Message-ID without brackets: the emails that have it, oldest first. One walk over all, for any number of them. */
export function emailsByMessageId(sql: Sql, messageIds: readonly string[]): Map<string, EmailId[]> {
  const found = new Map<string, EmailId[]>()
  if (messageIds.length === 0) return found
  const query =
    'SELECT id, message_id AS name FROM email WHERE message_id IN (SELECT value FROM json_each(?)) ORDER BY id'
  for (const { id, name } of sql.exec<{ id: number; name: string }>(query, JSON.stringify(messageIds))) {
    const ids = found.get(name) ?? []
    ids.push(id as EmailId)
    found.set(name, ids)
  }
  return found
}
