/**
 * `CLOSE` and `UNSELECT` (RFC 9051 §6.4.1–6.4.2): with and without expunging what is marked `\Deleted`, silently; without
 * HIGHESTMODSEQ too, since the client has not been told what went (RFC 7162 §3.2.8).
 */
import type { Completion, Context } from '../context.ts'

export function unselect(context: Context): Completion {
  context.selected = undefined
  return { text: 'Mailbox is no longer selected' }
}

export function close(context: Context): Completion {
  const { mailbox, readOnly, view } = context.mailbox
  const deleted = readOnly ? [] : view.deletedUids()
  if (deleted.length > 0) context.store.expunge(mailbox, deleted)
  context.selected = undefined
  return { text: 'Mailbox closed' }
}
