/**
 * `EXPUNGE` and `UID EXPUNGE`: what is marked `\Deleted` goes; the EXPUNGE responses come with the session's news.
 *
 * Standards: RFC 9051 §6.4.3, §6.4.9; RFC 4315 §2.1.
 */
import type { SequenceSet } from '../../../protocol/imap/index.ts'
import type { Completion, Context } from '../context.ts'

export function expunge(context: Context, set: SequenceSet | undefined): Completion {
  const selected = context.writable
  let deleted: number[] = selected.view.deletedUids()
  if (set !== undefined) {
    const named = new Set(selected.resolve(set, true).map((sequence) => selected.map.uidAt(sequence)))
    deleted = deleted.filter((uid) => named.has(uid))
  }
  if (deleted.length > 0) context.store.expunge(selected.mailbox, deleted)
  return { text: 'EXPUNGE completed' }
}
