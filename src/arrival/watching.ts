/**
 * Programs that watch what somebody here sends: who they are, and that they hear of a message when it is taken.
 *
 * Standards: RFC 5322 §3.6.4 (Message-ID).
 */
import { decodeHeaderText, type Header, parseMessageIds, splitAddress } from '../format/index.ts'
import { type Leftover, outcomeOf, queueDomainOf } from '../delivery/index.ts'
import type { Envelope, Watch } from '../protocol/smtp/index.ts'
import { newsAtOnce } from '../queue/index.ts'
import { canonicalDomain } from '../routing/index.ts'
import { formatSentMessageId } from '../trace/index.ts'
import { watchOf } from '../webhooks/index.ts'
import { isSubmission, type Origin } from './origin.ts'
import type { ArrivalPorts } from './ports.ts'

/** A message that is about to be taken. */
export interface Departure {
  readonly envelope: Envelope
  readonly origin: Origin
  readonly header: Header
  /** What a submission's header gets that had none. */
  readonly freshMessageId: string | undefined
  /** Octets. */
  readonly size: number
}

/** Who watches mail from the sender's domain; undefined where nobody does, and for what does not come from our own people. */
export async function watching(departure: Departure, ports: ArrivalPorts): Promise<Watch | undefined> {
  const { envelope, origin, header, freshMessageId } = departure
  const { accountId, transactionId, submission } = origin
  if (ports.announcer === undefined || accountId === undefined || !isSubmission(origin)) return undefined
  const parts = splitAddress(envelope.reversePath)
  const domain = parts === undefined ? undefined : canonicalDomain(parts.domain)
  if (parts === undefined || domain === undefined) return undefined
  const answer = await ports.directory.lookup(domain, parts.localPart)
  if (answer.kind === 'foreign') return undefined
  const messageId = header.has('Message-ID') ? parseMessageIds(header.first('Message-ID') ?? '')[0] : freshMessageId
  return watchOf(domain, answer.watchers, {
    id: formatSentMessageId({ accountId, transactionId, submission }),
    sender: envelope.reversePath,
    ...(messageId === undefined ? {} : { messageId }),
  })
}

/** Durable when it resolves. Rejects when a queue does not take the event. */
export async function announceAccepted(
  watch: Watch | undefined,
  { envelope, origin, header, size }: Departure,
  ports: ArrivalPorts,
): Promise<void> {
  if (watch === undefined) return
  await ports.announcer?.accepted(watch, origin.transactionId, {
    at: ports.clock(),
    recipients: envelope.recipients.map(({ address }) => address),
    size,
    subject: decodeHeaderText(header.first('Subject') ?? ''),
  })
}

/**
 * What a queue of ours was to tell, and that one could not take: told at once, under the same ids. Never rejects: the message is
 * in mailboxes, and is not to come again for this.
 */
export async function announceDelivered(
  envelope: Envelope,
  delivered: readonly Leftover[],
  ports: ArrivalPorts,
): Promise<void> {
  const { transactionId = '' } = envelope
  for (const leftover of delivered) {
    const domain = queueDomainOf(leftover, ports.hostname)
    const news = newsAtOnce(envelope, leftover.recipient, outcomeOf(leftover, ports.clock()))
    try {
      if (news !== undefined) await ports.announcer?.news({ domain, envelope, news: [news] })
    } catch (cause) {
      const fault = new Error('a program is not told that it was delivered', { cause })
      ports.log?.({ type: 'arrival-fault', transactionId, cause: fault })
    }
  }
}
