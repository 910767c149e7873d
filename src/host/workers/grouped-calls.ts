/**
 * What arrival says to accounts and queues, many messages to a call (`GroupCommit`).
 */
import type { SendingPort, SendingQuestion, SendingVerdict } from '../../arrival/index.ts'
import type { MailboxDelivery, MailboxOutcome, MailboxPort } from '../../delivery/index.ts'
import type { NewEntry } from '../../queue/index.ts'
import { type BatchCall, type BatchLimits, GroupCommit } from './group-commit.ts'
import { describe, type Log } from './log.ts'

/** Nothing is known to be stored, so the sender keeps the message. */
const unable: MailboxOutcome = {
  status: 'deferred',
  reply: { code: 451, enhanced: '4.3.0', text: 'The mailbox cannot be reached now' },
}

/** Mailboxes by account. An outcome is `delivered` only after the object's answer, so after its commit. */
export function groupedMailboxes(
  call: BatchCall<MailboxDelivery, MailboxOutcome>,
  log: Log,
  limits?: BatchLimits,
): (accountId: string) => MailboxPort {
  const groups = new GroupCommit(told(call, 'delivery to an account failed', log), ({ raw }) => raw.length, limits)
  return (accountId) => ({
    deliver: (batch) => Promise.all(batch.map((delivery) => groups.enter(accountId, delivery).catch(() => unable))),
  })
}

/** What a queue answers for one message; null: it does not take it now. */
export type Entered = { id: string } | null

/** Puts a message into the queue of that name. To the rooms a failure means "later", whatever it was: the log is told. */
export function groupedQueues(
  call: BatchCall<NewEntry, Entered>,
  log: Log,
): (name: string, entry: NewEntry) => Promise<{ id: string }> {
  const groups = new GroupCommit(told(call, 'a queue does not take mail', log), ({ raw }) => raw.length)
  return async (name, entry) => {
    const entered = await groups.enter(name, entry)
    if (entered === null) throw new Error(`the queue ${name} does not take mail for ${entry.domain}`)
    return entered
  }
}

export function groupedSending(call: BatchCall<SendingQuestion, SendingVerdict>): SendingPort {
  const groups = new GroupCommit(call, () => 0)
  return { check: (accountId, outside, committed) => groups.enter(accountId, { outside: [...outside], committed }) }
}

/** The call, whose failure the log is told once. */
function told<Item, Outcome>(call: BatchCall<Item, Outcome>, event: string, log: Log): BatchCall<Item, Outcome> {
  return async (name, batch) => {
    try {
      return await call(name, batch)
    } catch (error) {
      log('error', event, { name, messages: batch.length, error: describe(error) })
      throw error
    }
  }
}
