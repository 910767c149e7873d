/**
 * From a reply to what became of a recipient.
 *
 * Standards: RFC 5321 §4.2.1 (2yz, 4yz, 5yz), RFC 3463 (the code when the peer gave none).
 */
import { type Reply, replyText } from '../reply.ts'
import type { RecipientOutcome } from './event.ts'

export function outcomeOf(recipient: string, reply: Reply): RecipientOutcome {
  const kind = Math.trunc(reply.code / 100)
  const status = kind === 2 ? 'delivered' : kind === 5 ? 'bounced' : 'deferred'
  const enhanced = reply.enhanced ?? `${status === 'delivered' ? 2 : status === 'bounced' ? 5 : 4}.0.0`
  return { recipient, status, reply, enhanced, diagnostic: replyText(reply) }
}

/** No reply decided: try again. `reply` is the one that ended the connection, if any did. */
export function unresolved(
  recipient: string,
  reply: Reply | undefined,
  enhanced: string,
  diagnostic: string,
): RecipientOutcome {
  const outcome: RecipientOutcome = { recipient, status: 'deferred', enhanced, diagnostic }
  return reply === undefined ? outcome : { ...outcome, reply }
}

/** Decided here, without asking the peer. */
export function refused(recipient: string, enhanced: string, diagnostic: string): RecipientOutcome {
  return { recipient, status: 'bounced', enhanced, diagnostic }
}
