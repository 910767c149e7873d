/**
 * Tells whoever submitted a message how far each recipient has come: for messages that carry a submission's tag.
 *
 * Standards: RFC 8621 §7 (DeliveryStatus).
 */
import type { SubmissionTag } from '../protocol/smtp/index.ts'
import type { QueuedRecipient } from './entry.ts'
import type { SpooledEntry } from './spool-row.ts'

/** What a queue knows of one recipient. */
export interface TrackedStatus {
  /** The envelope recipient. */
  readonly recipient: string
  /** Where an alias changed the address: what it was (RFC 3461 §4.2). */
  readonly orcpt?: string
  /** Recipients of the submission that this is about, where they are known: aliases may have led several to one address. */
  readonly submitted?: readonly string[]
  /** `queued`: still with us. `yes`: in its mailbox. `unknown`: with the next host. `no`: given up. */
  readonly delivered: 'queued' | 'yes' | 'unknown' | 'no'
  /** The last reply in one line, with an enhanced status code. */
  readonly smtpReply: string
}

export interface TrackingNotice {
  readonly submission: SubmissionTag
  readonly statuses: readonly TrackedStatus[]
}

/** A recipient's status; undefined before the first attempt. */
function statusOf(recipient: QueuedRecipient): TrackedStatus | undefined {
  const { last, state, address, orcpt, submitted } = recipient
  // A rule's copy stands for no recipient of the submission.
  if (last === undefined || submitted?.length === 0) return undefined
  const code = { delivered: '250', deferred: '451', bounced: '550' }[last.status]
  return {
    recipient: address,
    ...(orcpt === undefined ? {} : { orcpt }),
    ...(submitted === undefined ? {} : { submitted }),
    delivered:
      state === 'waiting' ? 'queued' : state === 'bounced' ? 'no' : last.success === 'final' ? 'yes' : 'unknown',
    smtpReply: last.reply ?? `${code} ${last.enhanced} ${last.cause ?? ''}`.trimEnd(),
  }
}

function mark({ delivered, smtpReply }: TrackedStatus): string {
  return `${delivered} ${smtpReply}`
}

/** What the submitter does not know yet; undefined when there is nothing, or nobody to tell. */
export function untold(entry: SpooledEntry): TrackingNotice | undefined {
  const { submission } = entry.envelope
  if (submission === undefined) return undefined
  const statuses = entry.recipients.flatMap((recipient) => {
    const status = statusOf(recipient)
    return status === undefined || recipient.told === mark(status) ? [] : [status]
  })
  return statuses.length === 0 ? undefined : { submission, statuses }
}

/** The entry after the submitter has heard of `notice`. */
export function told(entry: SpooledEntry, notice: TrackingNotice): SpooledEntry {
  const heard = new Map(notice.statuses.map((status) => [status.recipient, mark(status)]))
  return {
    ...entry,
    recipients: entry.recipients.map((recipient) => {
      const text = heard.get(recipient.address)
      return text === undefined ? recipient : { ...recipient, told: text }
    }),
  }
}
