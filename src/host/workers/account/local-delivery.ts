/**
 * Puts delivered messages into the inbox, many in one transaction.
 *
 * Standards: RFC 3463 §3.3 (mailbox status: full, message too long).
 */
import type { MailboxDelivery, MailboxOutcome } from '../../../delivery/index.ts'
import { type MailStore, type NewEmail, StoreError } from '../../../mailbox/index.ts'

const DELIVERED: MailboxOutcome = { status: 'delivered' }

/** The address led to an account that is gone: whoever asked should look it up again. */
const GONE: MailboxOutcome = {
  status: 'deferred',
  reply: { code: 450, enhanced: '4.2.1', text: 'The mailbox is being removed or moved' },
}

/** Also of an outcome that came by RPC, so not the same object. */
export function isGone(outcome: MailboxOutcome): boolean {
  return outcome.status === 'deferred' && outcome.reply.enhanced === '4.2.1'
}

/** One outcome for each, in order. What one message is refused for does not touch the others. */
export function takeDelivery(store: MailStore, batch: readonly MailboxDelivery[]): MailboxOutcome[] {
  const inbox = store.exists ? store.mailboxByRole('inbox') : undefined
  if (inbox === undefined) return batch.map(() => GONE)
  const emails = batch.map(({ raw }): NewEmail => ({ raw, mailboxIds: [inbox.id] }))
  try {
    store.add(emails)
    return batch.map(() => DELIVERED)
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    if (batch.length === 1) return [refusal(error)]
  }
  return store.transaction(() => emails.map((email) => one(store, email)))
}

/** A refused message has changed nothing, so the transaction around it goes on. */
function one(store: MailStore, email: NewEmail): MailboxOutcome {
  try {
    store.add([email])
    return DELIVERED
  } catch (error) {
    if (error instanceof StoreError) return refusal(error)
    throw error
  }
}

function refusal(error: StoreError): MailboxOutcome {
  switch (error.type) {
    case 'overQuota':
      return {
        status: 'deferred',
        reply: { code: 452, enhanced: '4.2.2', text: 'The mailbox is full' },
      }
    case 'tooLarge':
      return {
        status: 'bounced',
        reply: { code: 552, enhanced: '5.2.3', text: 'The message is too large for this mailbox' },
      }
    default:
      throw error
  }
}
