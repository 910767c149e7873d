/**
 * `APPEND`: one or more messages, all or none.
 *
 * Standards: RFC 9051 §6.3.12, RFC 3502 (MULTIAPPEND), RFC 4315 §3 (APPENDUID).
 */
import type { Octets } from '../../../mailbox/index.ts'
import { formatUidSet, no, type ImapCommand } from '../../../protocol/imap/index.ts'
import type { Completion, Context } from '../context.ts'
import { keywordsOfFlags } from '../flags.ts'
import { expectMailbox } from '../mailbox-names.ts'

export async function append(context: Context, command: Extract<ImapCommand, { name: 'APPEND' }>): Promise<Completion> {
  const { store } = context
  expectMailbox(store, command.mailbox, 'TRYCREATE')
  for (const { raw } of command.messages) {
    if (raw.length === 0) throw no('The message is empty')
    if (raw.includes(0)) throw no('A message must not contain NUL', 'UNKNOWN-CTE')
  }
  const incoming = store.incoming()
  try {
    const octets: Octets[] = []
    for (const { raw } of command.messages) octets.push(await incoming.message(raw))
    return add(context, command, octets)
  } finally {
    await incoming.settle()
  }
}

function add(
  { store }: Context,
  command: Extract<ImapCommand, { name: 'APPEND' }>,
  octets: readonly Octets[],
): Completion {
  const { mailbox } = expectMailbox(store, command.mailbox, 'TRYCREATE')
  const emails = store.add(
    command.messages.map(({ flags, receivedAt }, index) => {
      return {
        raw: octets[index] as Octets,
        mailboxIds: [mailbox.id],
        keywords: keywordsOfFlags(flags),
        ...(receivedAt !== undefined && { receivedAt }),
      }
    }),
  )
  const uids = emails.map((email) => email.places[0]?.uid as number)
  return { code: `APPENDUID ${mailbox.uidValidity} ${formatUidSet(uids)}`, text: 'APPEND completed' }
}
