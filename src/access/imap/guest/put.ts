/**
 * Messages of another account, put into a mailbox of this one: all or none.
 *
 * Standards: RFC 9051 §6.4.7, RFC 4315 §3 (APPENDUID).
 */
import type { Octets } from '../../../mailbox/index.ts'
import { formatUidSet } from '../../../protocol/imap/index.ts'
import type { Context } from '../context.ts'
import { expectMailbox } from '../mailbox-names.ts'
import type { Put } from '../others/port.ts'
import type { CarriedMessage } from './carried.ts'

export async function putMessages(
  context: Context,
  name: string,
  messages: readonly Omit<CarriedMessage, 'uid'>[],
): Promise<Put> {
  const { store } = context
  expectMailbox(store, name, 'TRYCREATE')
  const incoming = store.incoming()
  try {
    const octets: Octets[] = []
    for (const { raw } of messages) octets.push(await incoming.message(raw))
    const { mailbox } = expectMailbox(store, name, 'TRYCREATE')
    const added = context.actingItself(() =>
      store.add(
        messages.map(({ keywords, receivedAt }, index) => ({
          raw: octets[index] as Octets,
          mailboxIds: [mailbox.id],
          keywords,
          receivedAt,
        })),
      ),
    )
    const uids = added.map((email) => email.places[0]?.uid as number)
    return { mailbox: mailbox.id, uidValidity: mailbox.uidValidity, uids }
  } finally {
    await incoming.settle()
  }
}

export function appendUid({ uidValidity, uids }: Put): string {
  return `APPENDUID ${uidValidity} ${formatUidSet(uids)}`
}
