/**
 * How a message that JMAP submits leaves the account: the same door as every other.
 */
import { accept, type ArrivalPorts, checkSender, type SendingVerdict } from '../../../arrival/index.ts'
import type { SubmissionPort } from '../../../access/jmap/index.ts'
import type { MailboxDelivery, MailboxOutcome } from '../../../delivery/index.ts'
import { ownsAddress } from '../../../routing/index.ts'
import { arrivalPorts, remoteCall } from '../arrival-ports.ts'
import type { Env } from '../env.ts'
import { randomText } from '../random.ts'
import { transactionOf } from './transaction-of.ts'

/**
 * What arrival needs of an account that sends. `deliverHere` stores into this very object, and `checkHere` asks it: mail to
 * oneself. An RPC to oneself would work, but it would wait behind the request that makes it for no reason.
 */
export function ownArrivalPorts(
  env: Env,
  accountId: string,
  deliverHere: (batch: MailboxDelivery[]) => Promise<MailboxOutcome[]>,
  checkHere: (outside: readonly string[], committed: boolean) => SendingVerdict,
): ArrivalPorts {
  const remote = remoteCall(env)
  return {
    ...arrivalPorts(env, async (id, batch) => (id === accountId ? deliverHere(batch) : remote(id, batch))),
    sending: { check: async (_, outside, committed) => checkHere(outside, committed) },
  }
}

/** `language`: in which the account's people read reports, where they have said so. */
export function submissionPort(
  accountId: string,
  ports: ArrivalPorts,
  language: () => string | undefined,
): SubmissionPort {
  return {
    async submit(plain, raw, { tag, committed = false, submission } = {}) {
      const reads = language()
      const envelope = {
        ...plain,
        ...(tag === undefined ? {} : { submission: { accountId, tag } }),
        ...(reads === undefined ? {} : { language: reads }),
      }
      const sender = await checkSender({ accountId, address: envelope.reversePath }, ports)
      if (sender.code >= 400) return { accepted: false, reply: sender }
      const transactionId = tag === undefined ? randomText(16) : await transactionOf(tag)
      const held = submission === undefined ? {} : { submission }
      const origin = { kind: 'jmap', accountId, transactionId, ...held } as const
      const { reply, delivered = [] } = await accept({ envelope, raw, origin, committed }, ports)
      return { accepted: reply.code < 400, reply, delivered }
    },
    maySendAs: (address) => ownsAddress(address, accountId, ports.directory),
  }
}
