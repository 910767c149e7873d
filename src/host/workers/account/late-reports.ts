/**
 * Reports from elsewhere on mail that this account has sent, long after it went: somebody complained, or another server that had
 * taken a message returns it. Programs that watch the message hear of it, and whoever complained gets no more.
 *
 * Standards: RFC 5965, RFC 3464.
 * Security: anybody can forge a report. It is believed only where the account has sent that message to that recipient: its trace
 * says so, a submission, or its copy in the mailbox of sent mail.
 */
import { type OwnReceived, ownReceived, type ParsedReport, parseReport, splitAddress } from '../../../format/index.ts'
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

type Arrived = Extract<TraceEvent, { type: 'arrived' }>

export interface LateReportPorts {
  readonly accountId: string
  readonly store: MailStore
  readonly directory: Directory
  readonly announcer: Pick<Announcer, 'reported'>
  /** Our name in Received. */
  readonly hostname: string
  /** How messages came, as far as traces are kept. */
  readonly arrivals: (received: readonly OwnReceived[]) => Promise<Arrived[]>
  readonly clock: () => number
  readonly log: Log
}

/** A message that the account has sent. */
interface SentMessage {
  readonly messageId: string
  readonly sender: string
  /** As the sender wrote them, by how they are in lower case. */
  readonly recipients: ReadonlyMap<string, string>
  readonly transactionId?: string | undefined
  readonly submission?: string | undefined
}

/** Of the fields of a message that came back as many are looked at: it may have passed us more than once. */
const mostIds = 3
/** Characters of what a report says: as many as are kept of the answers of servers. */
const longestReply = 1_000
const longestHost = 255

export class LateReports {
  readonly #ports: LateReportPorts

  constructor(ports: LateReportPorts) {
    this.#ports = ports
  }

  async complained({ messageId, recipients, feedbackType, received }: Complaint): Promise<void> {
    const { store, clock } = this.#ports
    const sent = await this.#sent(messageId, received)
    for (const name of new Set(recipients.map(lower))) {
      const recipient = sent?.recipients.get(name)
      if (sent === undefined || recipient === undefined) continue
      // Of our own people nobody is cut off by what others may forge.
      if (await this.#isOutside(recipient)) store.suppressions.complained(recipient, `about the message <${messageId}>`)
      await this.#tell(sent, { kind: 'complained', at: clock(), recipient, data: { feedbackType } })
    }
  }

  async #isOutside(address: string): Promise<boolean> {
    const { localPart, domain } = splitAddress(address) ?? {}
    const hosted = domain === undefined ? undefined : canonicalDomain(domain)
    if (localPart === undefined || hosted === undefined) return true
    return (await this.#ports.directory.lookup(hosted, localPart)).kind === 'foreign'
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
    const told = new Set<string>()
    for (const { finalRecipient, originalRecipient, status, diagnostic } of failed) {
      const name = [originalRecipient, finalRecipient].map(lower).find((address) => sent.recipients.has(address)) ?? ''
      const recipient = sent.recipients.get(name)
      if (recipient === undefined || told.has(recipient)) continue
      told.add(recipient)
      const data = {
        status: status ?? '5.0.0',
        ...(diagnostic === undefined ? {} : { reply: diagnostic.slice(0, longestReply) }),
        ...(reportingMta === undefined ? {} : { host: reportingMta.slice(0, longestHost) }),
      }
      await this.#tell(sent, { kind: 'bounced', at: this.#ports.clock(), recipient, data })
    }
  }

  /** The message, when the account has sent it. */
  async #sent(messageId: string, received: readonly string[]): Promise<SentMessage | undefined> {
    const { accountId, hostname, arrivals, store } = this.#ports
    for (const came of await arrivals(ownReceived(received, hostname).slice(0, mostIds))) {
      if (came.account !== accountId || came.messageId !== messageId) continue
      const { id: transactionId, sender, recipients, recipientCount, submission } = came
      // The trace names the first of many.
      const others = recipientCount > recipients.length ? await recipientsOf(store, messageId) : []
      return { messageId, sender, recipients: spelt([...others, ...recipients]), transactionId, submission }
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
      recipients: spelt(recipients),
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

function spelt(addresses: Iterable<string>): Map<string, string> {
  return new Map([...addresses].map((address) => [lower(address), address]))
}

function lower(address: string | undefined): string {
  return (address ?? '').toLowerCase()
}
