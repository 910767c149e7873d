/**
 * `CLOSE` and `UNSELECT` (RFC 9051 §6.4.1–6.4.2): with and without expunging what is marked `\Deleted`, silently; without
 * HIGHESTMODSEQ too, since the client has not been told what went (RFC 7162 §3.2.8).
 */
import { hasRights } from '../../../mailbox/index.ts'
import type { Completion, Context } from '../context.ts'

export function unselect(context: Context): Completion {
  context.selected = undefined
  context.visiting = undefined
  return { text: 'Mailbox is no longer selected' }
}

export function close(context: Context): Completion {
  const { mailbox, rights, view } = context.mailbox
  // RFC 4314 §4: who may not expunge closes all the same.
  const deleted = hasRights(rights, 'e') ? view.deletedUids() : []
  if (deleted.length > 0) context.store.expunge(mailbox, deleted)
  context.selected = undefined
  return { text: 'Mailbox closed' }
}
