/**
 * Writes a delivery status notification.
 *
 * Standards: RFC 3461 §6, RFC 3464 §2, RFC 6522 §3, RFC 6533 §4–6 (message/global-*), RFC 3834 (Auto-Submitted), RFC 3282
 * (Content-Language).
 */
import { compose } from '../compose/compose.ts'
import type { ComposedField, ComposedPart } from '../compose/composed-message.ts'
import { encodeUtf8, isAscii, isAsciiText } from '../bytes/bytes.ts'
import { formatDate } from '../message/date.ts'
import { parseHeader } from '../message/header.ts'
import type { Header } from '../message/header.ts'
import { parseMessageIds } from '../message/message-id.ts'
import { decodeHeaderText } from '../text/encoded-word.ts'
import { humanText } from './human-text.ts'
import type { DeliveryReport, ReportedRecipient } from './report.ts'
import { fieldText, typedAddress, typedOriginal } from './typed-address.ts'
import type { Catalogue } from './wording/catalogue.ts'
import { catalogueFor, languagesOf } from './wording/languages.ts'

const MAX_RETURNED = 64 * 1024
/** A header is returned up to this; a report should not carry a megabyte of trace. */
const MAX_HEADER = 32 * 1024
const MAX_DIAGNOSTIC = 900

/**
 * The report as a raw message, to be sent with the null reverse-path `<>` (RFC 3461 §6). When an address needs it, or
 * the original did, the parts are those of RFC 6533 and the report itself needs SMTPUTF8 or 8BITMIME.
 */
export function composeReport(report: DeliveryReport): Uint8Array {
  const { header, bodyStart } = parseHeader(report.original)
  const subject = decodeHeaderText(header.last('subject') ?? '')
  const utf8 = report.smtputf8 === true || !isAsciiText(report.to)
  const status: ComposedPart = {
    type: utf8 ? 'message/global-delivery-status' : 'message/delivery-status',
    content: { text: deliveryStatus(report, utf8) },
  }
  const words = catalogueFor([...(report.languages ?? []), ...languagesOf(header)])
  const text: ComposedPart = {
    type: 'text/plain',
    language: [words.language],
    content: { text: humanText(report, subject, words) },
  }
  return compose(
    {
      header: reportHeader(report, header, subjectOf(report, words)),
      body: {
        type: 'multipart/report',
        parameters: { 'report-type': 'delivery-status' },
        content: { children: [text, status, returnedContent(report, bodyStart)] },
      },
    },
    { seed: seedFrom(report.messageId), smtputf8: utf8 },
  )
}

/** A boundary seed from the unique Message-ID. */
function seedFrom(messageId: string): string {
  return messageId.replace(/[^A-Za-z0-9]/g, '').slice(0, 40) || 'report'
}

function reportHeader(report: DeliveryReport, original: Header, subject: string): ComposedField[] {
  const fields: ComposedField[] = [
    { name: 'From', addresses: [report.from] },
    { name: 'To', addresses: [{ address: report.to }] },
    { name: 'Subject', text: subject },
    { name: 'Date', date: report.date },
    { name: 'Message-ID', messageIds: [report.messageId] },
    { name: 'Auto-Submitted', text: 'auto-replied' },
  ]
  // So that the report stands beside the message it is about.
  const originalId = parseMessageIds(original.last('message-id') ?? '')[0]
  if (originalId !== undefined && /^[!-~]{1,900}$/.test(originalId) && !/[<>]/.test(originalId)) {
    fields.push({ name: 'In-Reply-To', messageIds: [originalId] }, { name: 'References', messageIds: [originalId] })
  }
  return fields
}

function subjectOf(report: DeliveryReport, { subject }: Catalogue): string {
  const has = (action: string): boolean => report.recipients.some((recipient) => recipient.action === action)
  return has('failed') ? subject.failed : has('delayed') ? subject.delayed : subject.succeeded
}

/** The machine's half: fields about the message, then a block of fields for each recipient (RFC 3464 §2.1). */
function deliveryStatus(report: DeliveryReport, utf8: boolean): string {
  const message: string[] = []
  if (report.envelopeId !== undefined) message.push(`Original-Envelope-Id: ${clipped(report.envelopeId, utf8)}`)
  message.push(`Reporting-MTA: dns; ${clipped(report.reportingMta, utf8)}`)
  if (report.arrivalDate !== undefined) message.push(`Arrival-Date: ${formatDate(report.arrivalDate)}`)
  if (report.deliverBy !== undefined) message.push(`Deliver-By-Date: ${formatDate(report.deliverBy)}`)
  const blocks = [message, ...report.recipients.map((recipient) => recipientFields(recipient, utf8))]
  return blocks.map((fields) => `${fields.join('\r\n')}\r\n`).join('\r\n')
}

/** In the order of RFC 3464 §2.3. */
function recipientFields(recipient: ReportedRecipient, utf8: boolean): string[] {
  const fields: string[] = []
  if (recipient.originalRecipient !== undefined) {
    fields.push(`Original-Recipient: ${typedOriginal(recipient.originalRecipient, utf8)}`)
  }
  fields.push(`Final-Recipient: ${typedAddress(recipient.finalRecipient, utf8)}`)
  fields.push(`Action: ${recipient.action}`, `Status: ${clipped(recipient.status, false)}`)
  if (recipient.remoteMta !== undefined) fields.push(`Remote-MTA: dns; ${clipped(recipient.remoteMta, utf8)}`)
  if (recipient.diagnostic !== undefined)
    fields.push(`Diagnostic-Code: smtp; ${folded(clipped(recipient.diagnostic, utf8))}`)
  if (recipient.lastAttempt !== undefined) fields.push(`Last-Attempt-Date: ${formatDate(recipient.lastAttempt)}`)
  if (recipient.willRetryUntil !== undefined) fields.push(`Will-Retry-Until: ${formatDate(recipient.willRetryUntil)}`)
  return fields
}

function clipped(text: string, utf8: boolean): string {
  return fieldText(text, utf8).slice(0, utf8 ? MAX_DIAGNOSTIC / 3 : MAX_DIAGNOSTIC)
}

/** At spaces, lines of about 76. */
function folded(text: string): string {
  return text.replace(/(.{40,70}?) (?=\S)/g, '$1\r\n ')
}

/** The original: in full when asked for and not too large, else its header (RFC 3461 §6.2, RFC 6522 §3). */
function returnedContent(report: DeliveryReport, bodyStart: number): ComposedPart {
  const { original } = report
  const international = !isAscii(original, 0, bodyStart)
  if (report.return === 'full' && original.length <= (report.maxReturned ?? MAX_RETURNED)) {
    return { type: international ? 'message/global' : 'message/rfc822', content: { bytes: withCrlf(original) } }
  }
  const headerOctets = wholeLines(original.subarray(0, Math.min(bodyStart, MAX_HEADER)))
  return {
    type: international ? 'message/global-headers' : 'text/rfc822-headers',
    content: { bytes: withCrlf(headerOctets) },
  }
}

function wholeLines(octets: Uint8Array): Uint8Array {
  const lf = octets.lastIndexOf(10)
  return lf < 0 ? octets : octets.subarray(0, lf + 1)
}

/** Bare line ends, which SMTP would not carry, become CRLF (RFC 5321 §2.3.8); what is right already is not copied. */
function withCrlf(octets: Uint8Array): Uint8Array {
  let bare = 0
  for (let i = 0; i < octets.length; i++) if (isBare(octets, i)) bare++
  if (bare === 0) return octets
  const out = new Uint8Array(octets.length + bare)
  let length = 0
  for (let i = 0; i < octets.length; i++) {
    if (isBare(octets, i)) {
      out.set(CRLF, length)
      length += CRLF.length
    } else out[length++] = octets[i]!
  }
  return out
}

const CRLF = encodeUtf8('\r\n')

function isBare(octets: Uint8Array, at: number): boolean {
  if (octets[at] === 10) return octets[at - 1] !== 13
  return octets[at] === 13 && octets[at + 1] !== 10
}
