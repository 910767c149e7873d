/**
 * Somebody complained about mail that came from here: the account that is said to have sent it is told.
 *
 * Standards: RFC 5965.
 */
import { type FeedbackReport, parseFeedback, splitAddress } from '../../../format/index.ts'
import { canonicalDomain, type Directory, resolve } from '../../../routing/index.ts'
import { describe, type Log } from '../log.ts'
import type { Complaint } from './late-reports.ts'

export interface ComplaintPorts {
  readonly directory: Directory
  /** Tells the account whose message it was. */
  readonly tell: (accountId: string, complaint: Complaint) => Promise<void>
  readonly log: Log
}

/** Complaints of these types are about the sender; `not-spam` is the opposite, and `virus` is about the message. */
const unwanted = new Set(['abuse', 'fraud', 'other'])

/** A complaint in this message, if it is one; undefined else. */
export function complaintIn(raw: Uint8Array): FeedbackReport | undefined {
  const report = parseFeedback(raw)
  return report !== undefined && unwanted.has(report.type) ? report : undefined
}

/** Passes a complaint on. Never rejects. */
export async function passComplaint(complaint: FeedbackReport, ports: ComplaintPorts): Promise<void> {
  const { type: feedbackType, originalAuthor, originalSender, originalMessageId, recipients } = complaint
  const sender = originalAuthor ?? originalSender
  if (sender === undefined || originalMessageId === undefined || recipients.length === 0) return
  try {
    const parts = splitAddress(sender)
    if (parts === undefined || canonicalDomain(parts.domain) === undefined) return
    const resolution = await resolve(sender, ports.directory)
    if (resolution.kind === 'reject') return
    for (const destination of resolution.destinations) {
      if (destination.kind !== 'mailbox') continue
      const { originalReceived: received = [] } = complaint
      await ports.tell(destination.accountId, { messageId: originalMessageId, recipients, feedbackType, received })
    }
  } catch (error) {
    ports.log('warning', 'a complaint could not be passed on', { error: describe(error) })
  }
}
