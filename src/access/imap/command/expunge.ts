/**
 * `EXPUNGE` and `UID EXPUNGE`: what is marked `\Deleted` goes; the EXPUNGE responses come with the session's news.
 *
 * Standards: RFC 9051 §6.4.3, §6.4.9; RFC 4315 §2.1; RFC 7162 §3.2.7–3.2.9 (HIGHESTMODSEQ).
 */
import { no, type SequenceSet } from '../../../protocol/imap/index.ts'
import { hasRights, type MailboxId } from '../../../mailbox/index.ts'
import type { Completion, Context } from '../context.ts'

export function expunge(context: Context, set: SequenceSet | undefined): Completion {
  const selected = context.writable
  if (!hasRights(selected.rights, 'e')) throw no('You may not expunge here', 'NOPERM')
  let deleted: number[] = selected.view.deletedUids()
  if (set !== undefined) {
    const named = new Set(selected.resolve(set, true).map((sequence) => selected.map.uidAt(sequence)))
    deleted = deleted.filter((uid) => named.has(uid))
  }
  const text = 'EXPUNGE completed'
  if (deleted.length === 0) return { text }
  context.store.expunge(selected.mailbox, deleted)
  return { text, ...highestModSeqCode(context, selected.mailbox) }
}

/** A client that keeps a cache by mod-sequences learns how far its cache reaches after it has taken messages out. */
export function highestModSeqCode(context: Context, mailbox: MailboxId): { code?: string } {
  if (!context.modSeq) return {}
  return { code: `HIGHESTMODSEQ ${context.store.counts(mailbox).highestModSeq}` }
}
