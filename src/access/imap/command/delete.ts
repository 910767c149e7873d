/**
 * `DELETE`: a mailbox and the messages in it.
 *
 * Standards: RFC 9051 §6.3.5, RFC 5530 (HASCHILDREN by RFC 9051 §7.1).
 */
import { no } from '../../../protocol/imap/index.ts'
import type { Completion, Context } from '../context.ts'
import { expectMailbox } from '../mailbox-names.ts'

export function destroy(context: Context, name: string): Completion {
  const { mailbox, hasChildren } = expectMailbox(context.store, name)
  if (mailbox.role === 'inbox') throw no('INBOX cannot be deleted', 'CANNOT')
  if (hasChildren) throw no('The mailbox has children', 'HASCHILDREN')
  // The mailbox under one's own feet: it is left first, so that the client is not thrown out for it.
  if (context.selected?.mailbox === mailbox.id) context.selected = undefined
  context.store.destroyMailbox(mailbox.id, { removeEmails: true })
  return { text: 'DELETE completed' }
}
