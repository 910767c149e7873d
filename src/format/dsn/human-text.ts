/**
 * What a report says to a person, in their language: the cause first, then what became of the message and what they can do
 * about it, and last what only administrators understand.
 *
 * Standards: RFC 3461 §6.1, RFC 3464 §1.
 * Limits: addresses in one sentence, the length of an answer.
 */
import { causeOf } from './cause.ts'
import type { DeliveryReport, ReportAction, ReportedRecipient } from './report.ts'
import { fieldText } from './typed-address.ts'
import { type Catalogue, fill } from './wording/catalogue.ts'

/** Of a diagnostic that a person should have to read. */
const DIAGNOSTIC_LIMIT = 1000
/** So many in one sentence; the details name all. */
const MOST_ADDRESSES = 20

/** `subject` of the original, decoded; '' when it has none. */
export function humanText(report: DeliveryReport, subject: string, words: Catalogue): string {
  const of = (action: ReportAction) => report.recipients.filter((recipient) => recipient.action === action)
  const { titled, untitled } = words.message
  const title = fieldText(subject, true).slice(0, 200)
  const message = title === '' ? untitled : fill(titled, { subject: title })
  const tell = (action: ReportAction): string[] => {
    const recipients = of(action)
    return recipients.length === 0 ? [] : [outcome(action, recipients, message, words)]
  }
  const paragraphs = [
    ...causesOf(of('failed'), words, true),
    ...tell('failed'),
    ...causesOf(of('delayed'), words, false),
    ...tell('delayed'),
    ...tell('delivered'),
    ...tell('relayed'),
    ...tell('expanded'),
    ...details(report, words),
    fill(words.writtenBy, { host: fieldText(report.reportingMta, true) }),
  ]
  return `${paragraphs.join('\n\n')}\n`
}

/** A paragraph for each cause: a sentence for each recipient, and once what can be done. */
function causesOf(recipients: readonly ReportedRecipient[], words: Catalogue, isFinal: boolean): string[] {
  const groups = Map.groupBy(recipients, causeOf)
  return [...groups].map(([cause, members]) => {
    const { cause: sentence, advice } = words.causes[cause]
    const sentences = members.map(({ finalRecipient }) => fill(sentence, named(finalRecipient)))
    // A domain that does not exist is said so once.
    return [...new Set(sentences), ...(isFinal ? [advice] : [])].join('\n')
  })
}

function named(finalRecipient: string): { address: string; domain: string } {
  const address = fieldText(finalRecipient, true)
  return { address, domain: address.slice(address.lastIndexOf('@') + 1) }
}

/** What became of the message for these recipients, under the addresses that its sender knows. */
function outcome(
  action: ReportAction,
  recipients: readonly ReportedRecipient[],
  message: string,
  words: Catalogue,
): string {
  const all = [
    ...new Set(recipients.map((recipient) => originalAddress(recipient) ?? named(recipient.finalRecipient).address)),
  ]
  const addresses = all.slice(0, MOST_ADDRESSES).join(words.comma) + (all.length > MOST_ADDRESSES ? ' …' : '')
  const sentence = fill(words[action], { message, addresses })
  if (action === 'failed') {
    const expired = recipients.filter(({ lastStatus }) => lastStatus !== undefined)
    return withTime(
      sentence,
      words.triedUntil,
      expired.map(({ lastAttempt }) => lastAttempt),
    )
  }
  if (action !== 'delayed') return sentence
  const waiting = withTime(
    sentence,
    words.untilWhen,
    recipients.map(({ willRetryUntil }) => willRetryUntil),
  )
  return `${waiting}\n${words.noAction}`
}

/** A sentence more, with the latest of the times. */
function withTime(text: string, sentence: string, times: readonly (number | undefined)[]): string {
  const known = times.filter((time) => time !== undefined)
  return known.length === 0 ? text : `${text}\n${fill(sentence, { time: clockTime(Math.max(...known)) })}`
}

/** `2026-11-23 04:21 UTC`: read in every language. */
function clockTime(time: number): string {
  return `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

function details({ recipients }: DeliveryReport, words: Catalogue): string[] {
  const told = recipients.filter(({ action }) => action === 'failed' || action === 'delayed')
  return told.length === 0 ? [] : [words.details, ...told.map((recipient) => recipientDetails(recipient, words))]
}

function recipientDetails(recipient: ReportedRecipient, words: Catalogue): string {
  const { finalRecipient, status, diagnostic, remoteMta, cause } = recipient
  const original = originalAddress(recipient)
  const answer = fieldText(diagnostic ?? '', true).slice(0, DIAGNOSTIC_LIMIT)
  const host = fieldText(remoteMta ?? '', true)
  const lines = [`${fieldText(finalRecipient, true)} (${fieldText(status, false)})`]
  if (original !== undefined) lines.push(`  ${fill(words.writtenTo, { address: original })}`)
  if (answer !== '') lines.push(`  ${host === '' ? answer : fill(words.answered, { host, answer })}`)
  const more = fieldText(cause ?? '', true).slice(0, DIAGNOSTIC_LIMIT)
  // Often it is the answer once more.
  if (more !== '' && !answer.includes(more)) lines.push(`  ${more}`)
  return lines.join('\n')
}

/** The address that the sender wrote, when it is another one. */
function originalAddress({ originalRecipient, finalRecipient }: ReportedRecipient): string | undefined {
  if (originalRecipient === undefined) return undefined
  const address = fieldText(originalRecipient.replace(/^[A-Za-z0-9-]+;\s*/, ''), true)
  return address.toLowerCase() === finalRecipient.toLowerCase() ? undefined : address
}
