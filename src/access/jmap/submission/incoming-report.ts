/**
 * Reports that come back, from queues of ours and from anybody: each finds its submission, is listed there, and tells what
 * became of the recipients.
 *
 * Standards: RFC 8621 §7 (deliveryStatus, dsnBlobIds, mdnBlobIds), RFC 3464 §2.2.1 (ENVID) and §2.3.3 (action), RFC 8098, RFC 9007.
 * Security: a report is a claim, and anybody can write one. The submission's secret tag, as ENVID, is known to servers that
 * got the message. Without it a report must name the Message-ID, which nobody knows who has not seen the message, and it is
 * believed only that a recipient failed whose mail is with another server: never against what we know ourselves, and not
 * when it was taken for junk.
 */
import {
  parseMdn,
  parseMessageIds,
  parsePlainBounce,
  parseReport,
  type ParsedMdn,
  type ParsedReport,
} from '../../../format/index.ts'
import { formatBlobId, type Email, type MailStore, type Submission } from '../../../mailbox/index.ts'
import type { TrackedStatus } from '../../../queue/index.ts'
import { displayed, merged, type DeliveryStatuses } from './delivery-status.ts'

/** A message from the null reverse-path, stored as `email`; `isJunk`: for its looks or its origin. */
export function noteReport(store: MailStore, raw: Uint8Array, email: Email, isJunk: boolean): void {
  const mdn = parseMdn(raw)
  if (mdn !== undefined) {
    if (!isJunk) noteDisposition(store, mdn, email)
    return
  }
  const report = parseReport(raw) ?? parsePlainBounce(raw)
  if (report !== undefined) noteDelivery(store, report, email, isJunk)
}

function noteDelivery(store: MailStore, report: ParsedReport, email: Email, isJunk: boolean): void {
  const { envelopeId, originalMessageId } = report
  const byTag = envelopeId === undefined ? undefined : store.submissionByTag(envelopeId)
  const byName = isJunk || originalMessageId === undefined ? undefined : originalMessageId
  const submission = byTag ?? (byName === undefined ? undefined : store.submissionByMessageId(byName))
  if (submission === undefined) return
  const news = newsOf(report)
  const statuses =
    byTag === undefined
      ? merged(statusesOf(submission), failures(news), ['unknown'])
      : merged(statusesOf(submission), news, ['queued', 'unknown'])
  store.updateSubmission(submission.id, {
    dsnBlobIds: [...submission.dsnBlobIds, blobOf(email)],
    ...(statuses === undefined ? {} : { deliveryStatus: statuses }),
  })
}

/** A reader's notification: a claim by nature. */
function noteDisposition(store: MailStore, mdn: ParsedMdn, email: Email): void {
  const messageId = parseMessageIds(mdn.originalMessageId ?? '')[0]
  const submission = messageId === undefined ? undefined : store.submissionByMessageId(messageId)
  if (submission === undefined) return
  store.updateSubmission(submission.id, {
    mdnBlobIds: [...submission.mdnBlobIds, blobOf(email)],
    ...(mdn.disposition.type === 'displayed' ? { deliveryStatus: displayed(statusesOf(submission), mdn) } : {}),
  })
}

function statusesOf({ deliveryStatus }: Submission): DeliveryStatuses {
  return (deliveryStatus ?? {}) as DeliveryStatuses
}

function blobOf({ blob }: Email): string {
  return formatBlobId({ kind: 'message', blob })
}

function failures(news: readonly TrackedStatus[]): TrackedStatus[] {
  return news.filter(({ delivered }) => delivered === 'no')
}

function newsOf(report: ParsedReport): TrackedStatus[] {
  return report.recipients.flatMap(({ finalRecipient, originalRecipient, action, status, diagnostic }) => {
    const recipient = finalRecipient ?? originalRecipient
    // RFC 8621 §7: no other action affects the status.
    if (recipient === undefined || (action !== 'failed' && action !== 'delivered')) return []
    const delivered = action === 'failed' ? 'no' : 'yes'
    const code = delivered === 'no' ? '550' : '250'
    const enhanced = status ?? `${code[0]}.0.0`
    const smtpReply = /^[245]\d\d[ -]/.test(diagnostic ?? '') ? (diagnostic as string) : `${code} ${enhanced} ${action}`
    return [
      { recipient, delivered, smtpReply, ...(originalRecipient === undefined ? {} : { orcpt: originalRecipient }) },
    ]
  })
}
