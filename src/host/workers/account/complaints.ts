/**
 * Somebody complained about mail that came from here: whoever sent it sends no more to them.
 *
 * Standards: RFC 5965. Security: anybody can forge a complaint, so the sender's account looks into its own mail: it believes
 * only what speaks of a message that it has sent, to somebody whom that message was for.
 */
import {
  type FeedbackReport,
  flattenAddresses,
  parseAddressList,
  parseFeedback,
  parseHeader,
  splitAddress,
} from '../../../format/index.ts'
import type { MailStore } from '../../../mailbox/index.ts'
import { canonicalDomain, type Directory, resolve } from '../../../routing/index.ts'
import { describe, type Log } from '../log.ts'

export interface ComplaintPorts {
  readonly directory: Directory
  /** Tells the account whose message it was. */
  readonly tell: (accountId: string, messageId: string, recipients: string[]) => Promise<void>
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
  const { originalAuthor, originalSender, originalMessageId, recipients } = complaint
  const sender = originalAuthor ?? originalSender
  if (sender === undefined || originalMessageId === undefined || recipients.length === 0) return
  try {
    const parts = splitAddress(sender)
    if (parts === undefined || canonicalDomain(parts.domain) === undefined) return
    const resolution = await resolve(sender, ports.directory)
    if (resolution.kind === 'reject') return
    for (const destination of resolution.destinations) {
      if (destination.kind === 'mailbox') await ports.tell(destination.accountId, originalMessageId, recipients)
    }
  } catch (error) {
    ports.log('warning', 'a complaint could not be passed on', { error: describe(error) })
  }
}

/** What the account that is said to have sent the message makes of it. */
export async function takeComplaint(store: MailStore, messageId: string, recipients: readonly string[]): Promise<void> {
  const sentTo = await recipientsOf(store, messageId)
  for (const recipient of recipients) {
    if (sentTo.has(recipient.toLowerCase()))
      store.suppressions.complained(recipient, `about the message <${messageId}>`)
  }
}

/** Lower case; empty when the account has sent no such message, as far as it knows. */
async function recipientsOf(store: MailStore, messageId: string): Promise<Set<string>> {
  const found = new Set<string>()
  const submission = store.submissionByMessageId(messageId)
  const { rcptTo = [] } = (submission?.envelope ?? {}) as { rcptTo?: { email: string }[] }
  for (const { email } of rcptTo) found.add(email.toLowerCase())
  const sent = store.mailboxByRole('sent')?.id
  const ids = store.emailsByMessageId([messageId]).get(messageId) ?? []
  for (const { id, places } of store.emails(ids)) {
    if (!places.some(({ mailboxId }) => mailboxId === sent)) continue
    const header = await store.reading(() => headerOf(store.raw(id)))
    for (const name of ['to', 'cc', 'bcc']) for (const address of addressesOf(header?.first(name))) found.add(address)
  }
  return found
}

function headerOf(raw: Uint8Array | undefined) {
  return raw === undefined ? undefined : parseHeader(raw).header
}

function addressesOf(value: string | undefined): string[] {
  return flattenAddresses(parseAddressList(value ?? '')).map(({ address }) => address.toLowerCase())
}
