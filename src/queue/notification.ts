/**
 * Reports to the sender: one message that says what became of one or more recipients.
 *
 * Standards: RFC 2852 §4.1.3 (BY), RFC 3461 §5.2 (when), §5.2.5 (delays), §5.2.8 (several recipients in one), §6.1 (envelope), RFC 3464.
 */
import { composeReport, type DeliveryReport, type ReportedRecipient } from '../format/index.ts'
import type { Envelope } from '../protocol/smtp/index.ts'
import type { QueuedRecipient } from './entry.ts'
import type { QueueOptions } from './options.ts'
import { deadline, type SpooledEntry } from './spool-row.ts'
import { wants } from './verdict.ts'

/** When the sender is told that the message is late, unless it is delivered before; Infinity: never. */
export function noticeTime(entry: SpooledEntry, options: QueueOptions): number {
  const usual = options.delayNoticeAfter > 0 ? entry.received + options.delayNoticeAfter : Infinity
  return entry.envelope.by?.mode === 'notify' ? Math.min(usual, deadline(entry)) : usual
}

/** Recipients whose sender should now hear that the message is late: once a message, while something waits. */
export function lateRecipients(entry: SpooledEntry, options: QueueOptions, now: number): QueuedRecipient[] {
  if (entry.delayNoticed || entry.envelope.reversePath === '' || now < noticeTime(entry, options)) return []
  return entry.recipients.filter(
    (recipient) => recipient.state === 'waiting' && recipient.attempts > 0 && wants(recipient, 'DELAY'),
  )
}

export interface Notification {
  raw: Uint8Array
  envelope: Envelope
  actions: string[]
}

/**
 * The report on everything owed and on `late`, from the null reverse-path so that it can never start a loop
 * (RFC 3461 §6.1). Its Message-ID follows from the entry and its newest outcome: handed over twice after a crash, it can be
 * told for the same, and no two reports share one, since entries of several queues may have the same key.
 */
export function composeNotification(
  entry: SpooledEntry,
  late: readonly QueuedRecipient[],
  original: Uint8Array,
  options: QueueOptions,
  now: number,
): Notification {
  const owed = entry.recipients.filter((recipient) => recipient.owed !== undefined)
  const recipients = [
    ...owed.map((recipient) => reported(recipient, recipient.owed as ReportedRecipient['action'])),
    ...late.map((recipient) => ({ ...reported(recipient, 'delayed'), willRetryUntil: entry.expires })),
  ]
  const newest = Math.max(...[...owed, ...late].map(({ last }) => last?.at ?? entry.received))
  const { reversePath, smtputf8, requireTls, ret, envid, language } = entry.envelope
  const report: DeliveryReport = {
    reportingMta: options.hostname,
    from: options.reportFrom,
    to: reversePath,
    date: now,
    messageId: `report.${nameOf(entry)}.${newest.toString(36)}@${options.hostname}`,
    arrivalDate: entry.received,
    recipients,
    original,
    // A report of failure returns the message as asked; one of success or delay never needs its body (RFC 3461 §4.3). What
    // needs TLS is not returned, since a report that cannot have it goes all the same (RFC 8689 §5).
    return:
      ret === 'FULL' && requireTls !== true && owed.some((recipient) => recipient.owed === 'failed')
        ? 'full'
        : 'headers',
    smtputf8,
  }
  if (envid !== undefined) report.envelopeId = envid
  if (language !== undefined) report.languages = [language]
  if (entry.envelope.by !== undefined) report.deliverBy = deadline(entry)
  const raw = composeReport(report)
  return {
    raw,
    envelope: {
      reversePath: '',
      recipients: [{ address: reversePath, notify: ['NEVER'] }],
      smtputf8,
      body: raw.some((byte) => byte > 127) ? '8BITMIME' : '7BIT',
      ...(requireTls === true ? { requireTls } : {}),
      ...(entry.priority === 0 ? {} : { priority: entry.priority }),
    },
    actions: recipients.map((recipient) => `${recipient.action} ${recipient.finalRecipient}`),
  }
}

/** Of all queues' entries only this one: keys are times, and a destination may have several queues (dot-atom, RFC 5322 §3.6.4). */
function nameOf({ key, domain, envelope: { transactionId } }: SpooledEntry): string {
  const parts = transactionId === undefined ? [domain] : [transactionId, domain]
  return [key.toString(36), ...parts.map((part) => part.replaceAll(/[^A-Za-z0-9.-]+/g, '-'))].join('.')
}

function reported(recipient: QueuedRecipient, action: ReportedRecipient['action']): ReportedRecipient {
  const { last } = recipient
  const report: ReportedRecipient = {
    finalRecipient: recipient.address,
    action,
    status: last?.enhanced ?? (action === 'failed' ? '5.0.0' : action === 'delayed' ? '4.0.0' : '2.0.0'),
  }
  if (recipient.orcpt !== undefined) report.originalRecipient = recipient.orcpt
  if (last?.remoteMta !== undefined) report.remoteMta = last.remoteMta
  if (last?.reply !== undefined) report.diagnostic = last.reply
  if (last?.cause !== undefined) report.cause = last.cause
  if (last?.lastStatus !== undefined) report.lastStatus = last.lastStatus
  if (last !== undefined) report.lastAttempt = last.at
  return report
}
