/**
 * The mailbox that messages are carried to: the user's own, or somebody else's.
 */
import type { MailboxId } from '../../../mailbox/index.ts'
import { no } from '../../../protocol/imap/index.ts'
import type { Context } from '../context.ts'
import type { CarriedMessage } from '../guest/carried.ts'
import { putMessages } from '../guest/put.ts'
import { expectMailbox } from '../mailbox-names.ts'
import type { Host } from './visiting.ts'
import type { Put } from './port.ts'
import { completionOf, visit } from './visit.ts'

export interface Target {
  /** Throws when there is no such mailbox. */
  expect?(): void
  /** All or none; committed when it resolves. */
  put(messages: readonly CarriedMessage[]): Promise<Put>
  /** Takes back what it put. */
  withdraw(put: Put): Promise<void>
}

export function ownTarget(context: Context, name: string): Target {
  return {
    expect: () => void expectMailbox(context.store, name, 'TRYCREATE'),
    put: (messages) => putMessages(context, name, messages),
    withdraw({ mailbox, uids }) {
      context.store.expunge(mailbox as MailboxId, uids)
      return Promise.resolve()
    },
  }
}

export function otherTarget(context: Context, host: Host, mailbox: string, tag: string): Target {
  return {
    async put(messages) {
      const facts = messages.map(({ raw, keywords, receivedAt }) => ({ size: raw.length, keywords, receivedAt }))
      const octets = messages.map(({ raw }) => raw)
      const answer = await visit(context, host, tag, { do: 'put', mailbox, messages: facts }, octets)
      completionOf(answer)
      if (answer.put === undefined) throw no('The other account has no room for a session', 'UNAVAILABLE')
      return answer.put
    },
    async withdraw({ mailbox: id, uids }) {
      completionOf(await visit(context, host, tag, { do: 'withdraw', mailbox: id, uids }))
    },
  }
}
