/**
 * What DATA and BDAT have in common: how a content ends.
 *
 * Standards: RFC 5321 §4.2.5 (after the final reply the transaction is over, whatever it said), RFC 1870 §6.2.
 */
import { formatReply, type Reply } from '../../reply.ts'
import type { Session, Step, Transaction } from '../session.ts'

/** All has come: the host says what becomes of it. */
export function askOutcome(transaction: Transaction): Step {
  return {
    kind: 'ask',
    event: { type: 'message', envelope: transaction.envelope, size: transaction.received },
    answered: () => undefined,
  }
}

/** The engine refuses what the host was given so far. */
export function contentRefused(reply: Reply): Step {
  return { kind: 'event', event: { type: 'reset', bytes: formatReply(reply) } }
}

export function contentTooLarge(session: Session): Reply {
  const { maxMessageSize } = session.settings
  return { code: 552, enhanced: '5.3.4', text: `Message size exceeds the limit of ${maxMessageSize} octets` }
}

export function farTooLarge(session: Session): Step {
  return { kind: 'close', reply: contentTooLarge(session), reason: 'content far above the limit' }
}
