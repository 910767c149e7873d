/**
 * What the Worker's `email()` handler does with the outcome: Email Routing knows one recipient and three answers.
 */
import { type Reply, replyText } from '../protocol/smtp/index.ts'

export type EmailRoutingOutcome =
  /** Return normally. */
  | { action: 'accept' }
  /** `message.setReject(text)`: permanent. */
  | { action: 'reject'; text: string }
  /** Throw: the sender's server tries again. */
  | { action: 'throw'; text: string }

/** The text of a rejection begins with the enhanced code, which Email Routing passes on to the sender. */
export function emailRoutingOutcome(reply: Reply): EmailRoutingOutcome {
  if (reply.code >= 200 && reply.code < 300) return { action: 'accept' }
  const text = replyText(reply).slice(4)
  return reply.code >= 500 ? { action: 'reject', text } : { action: 'throw', text }
}
