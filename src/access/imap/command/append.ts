/**
 * `APPEND`: one or more messages, all or none.
 *
 * Standards: RFC 9051 §6.3.12, RFC 3502 (MULTIAPPEND), RFC 4315 §3 (APPENDUID).
 */
import { formatUidSet, no, type ImapCommand } from '../../../protocol/imap/index.ts'
import type { Completion, Context } from '../context.ts'
import { keywordsOfFlags } from '../flags.ts'
import { expectMailbox } from '../mailbox-names.ts'

export function append(context: Context, command: Extract<ImapCommand, { name: 'APPEND' }>): Completion {
  const { store } = context
  const { mailbox } = expectMailbox(store, command.mailbox, 'TRYCREATE')
  const emails = store.add(
    command.messages.map(({ raw, flags, receivedAt }) => {
      if (raw.length === 0) throw no('The message is empty')
      if (raw.includes(0)) throw no('A message must not contain NUL', 'UNKNOWN-CTE')
      return {
        raw,
        mailboxIds: [mailbox.id],
        keywords: keywordsOfFlags(flags),
        ...(receivedAt !== undefined && { receivedAt }),
      }
    }),
  )
  const uids = emails.map((email) => email.places[0]?.uid as number)
  return { code: `APPENDUID ${mailbox.uidValidity} ${formatUidSet(uids)}`, text: 'APPEND completed' }
}
