/**
 * What a report says to a person: the cause first, then what was answered, then what happens next.
 *
 * Standards: RFC 3461 §6.1, RFC 3464 §1.
 */
import { formatDate } from '../message/date.ts'
import { causeOf } from './cause.ts'
import type { DeliveryReport, ReportAction, ReportedRecipient } from './report.ts'
import { fieldText } from './typed-address.ts'

/** Lines of a diagnostic that a person should have to read. */
const DIAGNOSTIC_LIMIT = 1000

/** `subject` of the original, decoded; '' when it has none. */
export function humanText(report: DeliveryReport, subject: string): string {
  const paragraphs = [opening(report, subject)]
  for (const action of ACTIONS) {
    const recipients = report.recipients.filter((recipient) => recipient.action === action)
    if (recipients.length > 0) paragraphs.push(HEADINGS[action], ...recipients.map(recipientText))
  }
  paragraphs.push(`This report was written by the mail server ${fieldText(report.reportingMta, true)}.`)
  return `${paragraphs.join('\n\n')}\n`
}

const ACTIONS: readonly ReportAction[] = ['failed', 'delayed', 'delivered', 'relayed', 'expanded']

const HEADINGS: Readonly<Record<ReportAction, string>> = {
  failed: 'It could not be delivered to:',
  delayed: 'It has not been delivered yet, and we go on trying. You need not send it again. It is waiting for:',
  delivered: 'It was delivered to:',
  relayed: 'It was handed on to a mail system that sends no confirmations, for:',
  expanded: 'It was delivered to a list, which passes it on to its members:',
}

function opening(report: DeliveryReport, subject: string): string {
  const title = subject === '' ? 'Your message' : `Your message "${fieldText(subject, true).slice(0, 200)}"`
  const failed = report.recipients.filter(({ action }) => action === 'failed')
  const delayed = report.recipients.filter(({ action }) => action === 'delayed')
  const whose = failed.length > 0 ? failed : delayed
  const [first, ...others] = whose
  if (!first) return `${title} arrived, and you asked to be told.`
  const verb = failed.length > 0 ? 'could not be delivered' : 'is delayed'
  const who = others.length === 0 ? ` to ${fieldText(first.finalRecipient, true)}` : ` to ${whose.length} recipients`
  const cause = others.every((other) => causeText(other) === causeText(first)) ? `: ${causeText(first)}` : ''
  return `${title} ${verb}${failed.length > 0 ? who : ` on its way${who}`}${cause}.`
}

function causeText(recipient: ReportedRecipient): string {
  return fieldText(recipient.cause ?? causeOf(recipient.status), true).replace(/\.$/, '')
}

function recipientText(recipient: ReportedRecipient): string {
  const lines = [`  ${fieldText(recipient.finalRecipient, true)}`]
  const original = originalAddress(recipient)
  if (original) lines.push(`    (sent to ${original})`)
  if (recipient.action === 'failed' || recipient.action === 'delayed') {
    lines.push(`    Cause: ${causeText(recipient)} (${fieldText(recipient.status, false)}).`)
    if (recipient.diagnostic) {
      const who = recipient.remoteMta ? `The mail server ${fieldText(recipient.remoteMta, true)} answered` : 'Details'
      lines.push(`    ${who}: ${fieldText(recipient.diagnostic, true).slice(0, DIAGNOSTIC_LIMIT)}`)
    }
  }
  if (recipient.action === 'delayed' && recipient.willRetryUntil !== undefined) {
    lines.push(`    We go on trying until ${formatDate(recipient.willRetryUntil)}.`)
  }
  return lines.join('\n')
}

/** The address that the sender wrote, when it is another one. */
function originalAddress({ originalRecipient, finalRecipient }: ReportedRecipient): string | undefined {
  if (originalRecipient === undefined) return undefined
  const address = fieldText(originalRecipient.replace(/^[A-Za-z0-9-]+;\s*/, ''), true)
  return address.toLowerCase() === finalRecipient.toLowerCase() ? undefined : address
}
