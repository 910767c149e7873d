/**
 * How a program's message leaves the account: as every submission does.
 */
import { MessageSender } from '../../../access/api/index.ts'
import { accept, type ArrivalPorts } from '../../../arrival/index.ts'
import type { MailStore } from '../../../mailbox/index.ts'
import { describe, type Log } from '../log.ts'
import { suppressionReplies } from './sending-policy.ts'

export interface MessageSenderFacts {
  readonly store: MailStore
  readonly accountId: string
  readonly arrival: ArrivalPorts
  readonly wakeAt: (time: number) => void
  readonly log: Log
}

export function messageSender({ store, accountId, arrival, wakeAt, log }: MessageSenderFacts): MessageSender {
  return new MessageSender({
    store,
    accountId,
    directory: arrival.directory,
    accept: (message) => accept(message, arrival),
    suppressed: (addresses) => suppressionReplies(store, addresses),
    clock: Date.now,
    wakeAt,
    onFault: (where, cause) => log('error', where, { account: accountId, error: describe(cause) }),
  })
}
