/**
 * Reports from elsewhere on mail that this account has sent, long after it went: somebody complained, or another server that had
 * taken a message returns it. Programs that watch the message hear of it, and whoever complained gets no more.
 *
 * Standards: RFC 5965, RFC 3464.
 * Security: anybody can forge a report. It is believed only where the account has sent that message to that recipient: its trace
 * says so, a submission, or its copy in the mailbox of sent mail.
 */
import { type ParsedReport, parseReport, receivedIds, splitAddress } from '../../../format/index.ts'
import type { MailStore } from '../../../mailbox/index.ts'
import { canonicalDomain, type Directory } from '../../../routing/index.ts'
import { formatSentMessageId, type TraceEvent } from '../../../trace/index.ts'
import { type Announcer, type LaterReport, watchOf } from '../../../webhooks/index.ts'
import { describe, type Log } from '../log.ts'
import { recipientsOf } from './sent-recipients.ts'
import { transactionOf } from './transaction-of.ts'

/** What a report says of the message that it is about. Plain values: they travel between objects. */
export interface Complaint {
  readonly messageId: string
  readonly recipients: string[]
  /** `abuse`, `fraud` or `other`. */
  readonly feedbackType: string
  /** Received fields of the message. */
  readonly received: string[]
}

export interface LateReportPorts {
  readonly accountId: string
  readonly store: MailStore
  readonly directory: Directory
  readonly announcer: Pick<Announcer, 'reported'>
  /** Our name in Received. */
  readonly hostname: string
  /** How a message came, as far as traces are kept. */
  readonly arrival: (transactionId: string) => Promise<Extract<TraceEvent, { type: 'arrived' }> | undefined>
  readonly clock: () => number
  readonly log: Log
}

/** A message that the account has sent. */
interface SentMessage {
  readonly messageId: string
  readonly sender: string
  /** Lower case. */
  readonly recipients: ReadonlySet<string>
  readonly transactionId?: string | undefined
  readonly submission?: string | undefined
}

/** Of the fields of a message that came back as many are looked at: it may have passed us more than once. */
const mostIds = 3

export class LateReports {
  readonly #ports: LateReportPorts

  constructor(ports: LateReportPorts) {
    this.#ports = ports
  }

  async complained({ messageId, recipients, feedbackType, received }: Complaint): Promise<void> {
    const { store, clock } = this.#ports
    const sent = await this.#sent(messageId, received)
    for (const recipient of recipients) {
      if (sent?.recipients.has(recipient.toLowerCase()) !== true) continue
      store.suppressions.complained(recipient, `about the message <${messageId}>`)
      await this.#tell(sent, { kind: 'complained', at: clock(), recipient, data: { feedbackType } })
    }
  }

  /** A message from the null reverse-path that somebody else made. Never rejects. */
  async returned(raw: Uint8Array): Promise<void> {
    const report = parseReport(raw)
    if (report === undefined) return
    try {
      await this.#returned(report)
    } catch (error) {
      this.#ports.log('warning', 'programs could not be told of a returned message', { error: describe(error) })
    }
  }

  async #returned({ originalMessageId, originalReceived = [], recipients, reportingMta }: ParsedReport): Promise<void> {
    const failed = recipients.filter(({ action }) => action === 'failed')
    if (originalMessageId === undefined || failed.length === 0) return
    const sent = await this.#sent(originalMessageId, originalReceived)
    if (sent === undefined) return
    for (const { finalRecipient, originalRecipient, status, diagnostic } of failed) {
      const recipient = [originalRecipient, finalRecipient].find((address) => sent.recipients.has(lower(address)))
      if (recipient === undefined) continue
      const data = {
        status: status ?? '5.0.0',
        ...(diagnostic === undefined ? {} : { reply: diagnostic }),
        ...(reportingMta === undefined ? {} : { host: reportingMta }),
      }
      await this.#tell(sent, { kind: 'bounced', at: this.#ports.clock(), recipient, data })
    }
  }

  /** The message, when the account has sent it. */
  async #sent(messageId: string, received: readonly string[]): Promise<SentMessage | undefined> {
    const { accountId, hostname, arrival } = this.#ports
    for (const transactionId of receivedIds(received, hostname).slice(0, mostIds)) {
      const came = await arrival(transactionId)
      if (came?.account !== accountId || came.messageId !== messageId) continue
      const { sender, recipients, submission } = came
      return { messageId, sender, recipients: new Set(recipients.map(lower)), transactionId, submission }
    }
    return this.#known(messageId)
  }

  /** As far as the account itself knows. */
  async #known(messageId: string): Promise<SentMessage | undefined> {
    const { store } = this.#ports
    const recipients = await recipientsOf(store, messageId)
    if (recipients.size === 0) return undefined
    const submission = store.submissionByMessageId(messageId)
    const { mailFrom } = (submission?.envelope ?? {}) as { mailFrom?: { email: string } }
    const tag = submission?.tag ?? undefined
    return {
      messageId,
      sender: mailFrom?.email ?? store.facts.address,
      recipients,
      ...(tag === undefined ? {} : { transactionId: await transactionOf(tag) }),
    }
  }

  async #tell({ sender, messageId, transactionId, submission }: SentMessage, report: LaterReport): Promise<void> {
    const { accountId, directory, announcer } = this.#ports
    const parts = splitAddress(sender)
    const domain = parts === undefined ? undefined : canonicalDomain(parts.domain)
    if (parts === undefined || domain === undefined) return
    const answer = await directory.lookup(domain, parts.localPart)
    if (answer.kind === 'foreign') return
    // Without a trace the Message-ID is all that tells which message it was.
    const id = transactionId === undefined ? messageId : formatSentMessageId({ accountId, transactionId, submission })
    const watch = watchOf(domain, answer.watchers, { id, sender, messageId })
    if (watch !== undefined) await announcer.reported(watch, transactionId, report)
  }
}

function lower(address: string | undefined): string {
  return (address ?? '').toLowerCase()
}
