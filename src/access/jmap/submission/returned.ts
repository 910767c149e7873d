/**
 * Puts a report into the inbox for a held message that in the end could not be handed over: by then nobody waits for the
 * refusal.
 *
 * Standards: RFC 3464, RFC 6409 §6 (submission is refused with a reason).
 */
import { composeReport } from '../../../format/index.ts'
import { formatBlobId, type MailStore, type Submission } from '../../../mailbox/index.ts'
import { replyText, type Reply } from '../../../protocol/smtp/index.ts'
import type { JmapEnvelope } from './envelope.ts'

export interface Refusal {
  readonly reply: Reply
  /** Where the message's time ran out: the status of the last attempt. */
  readonly lastStatus?: string | undefined
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** The report's blob id. Within a transaction. */
export function returnMessage(
  store: MailStore,
  submission: Submission,
  original: Uint8Array,
  { reply, lastStatus, at }: Refusal,
): string | undefined {
  const inbox = store.mailboxByRole('inbox')
  if (inbox === undefined) return undefined
  const { address, language } = store.facts
  const domain = address.slice(address.lastIndexOf('@') + 1)
  const { rcptTo } = submission.envelope as JmapEnvelope
  const raw = composeReport({
    reportingMta: domain,
    from: { name: 'Mail Delivery System', address: `MAILER-DAEMON@${domain}` },
    to: address,
    date: at,
    messageId: `returned.${submission.id}.${at}@${domain}`,
    recipients: rcptTo.map(({ email }) => ({
      finalRecipient: email,
      action: 'failed',
      status: reply.enhanced ?? '5.0.0',
      diagnostic: replyText(reply),
      ...(lastStatus === undefined ? {} : { lastStatus }),
      lastAttempt: at,
    })),
    original,
    ...(language === undefined ? {} : { languages: [language] }),
  })
  const [email] = store.add([{ raw, mailboxIds: [inbox.id] }])
  return email === undefined ? undefined : formatBlobId({ kind: 'message', blob: email.blob })
}
