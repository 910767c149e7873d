/**
 * What a webhook is told of mail that people and programs of its domain send.
 *
 * Standards: Standard Webhooks 1.0 (`type`, `timestamp`, `data`), RFC 3463 (`status`), RFC 5965 (complaints).
 * Security: where an alias leads is for those whose alias it is, which may be another domain than the sender's.
 */
import type { LastOutcome, OutcomeNews } from '../queue/index.ts'
import { canonicalAddress, type OutgoingEvent } from '../routing/index.ts'

/** One event, before anybody is told. */
export interface EventFacts {
  readonly kind: OutgoingEvent
  /** Tells it from all other events of the message; the same, however often it is told. */
  readonly mark: string
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Whom it is about: the recipient, or the sender of what was accepted. */
  readonly about: string
  /** Members of `data`, beside those that name the message. */
  readonly data: Readonly<Record<string, unknown>>
}

/** A message that is on its way from here. */
export interface AcceptedMessage {
  readonly at: number
  readonly recipients: readonly string[]
  /** Octets. */
  readonly size: number
  readonly subject: string
}

export function acceptedEvent(sender: string, { at, recipients, size, subject }: AcceptedMessage): EventFacts {
  return { kind: 'accepted', mark: '', at, about: sender, data: { recipients, size, subject } }
}

/** One for each recipient that the news is about. */
export function outcomeEvents(domain: string, news: OutcomeNews): EventFacts[] {
  const { recipients, address, status, attempts, outcome, next, mark } = news
  const later = status === 'deferred' && next !== undefined ? { nextAttempt: new Date(next).toISOString() } : {}
  const place = canonicalAddress(address)
  return recipients.map((recipient) => ({
    kind: status,
    mark: `${domain} ${mark} ${recipient}`,
    at: outcome.at,
    about: recipient,
    data: { recipient, attempts, ...outcomeOf(outcome, canonicalAddress(recipient) === place), ...later },
  }))
}

/** Whoever answered, in its own words: which often name the place, so that of one behind an alias only the codes are told. */
function outcomeOf(
  { status, enhanced, reply, cause, remoteMta, tls, success }: LastOutcome,
  isOpen: boolean,
): Record<string, unknown> {
  const said = isOpen ? reply : codesOf(reply)
  return {
    status: enhanced,
    ...(said === undefined ? {} : { reply: said }),
    ...(cause === undefined || !isOpen ? {} : { cause }),
    ...(remoteMta === undefined || !isOpen ? {} : { host: remoteMta }),
    ...(tls === undefined ? {} : { tls: tls.version ?? true }),
    // In the mailbox, and not with another host.
    ...(status === 'delivered' ? { isFinal: success === 'final' } : {}),
  }
}

/** `550 5.1.1`, without the words. */
function codesOf(reply: string | undefined): string | undefined {
  return /^[2-5]\d\d(?:[ -][245]\.\d{1,3}\.\d{1,3}\b)?/.exec(reply ?? '')?.[0].replace('-', ' ')
}

/** A report from elsewhere, long after the message went. */
export interface LaterReport {
  readonly kind: 'bounced' | 'complained'
  readonly at: number
  readonly recipient: string
  /** What the report says of it. */
  readonly data: Readonly<Record<string, unknown>>
}

export function reportedEvent({ kind, at, recipient, data }: LaterReport): EventFacts {
  // A second report on the same recipient says nothing new.
  return { kind, mark: `${kind} ${recipient.toLowerCase()}`, at, about: recipient, data: { recipient, ...data } }
}
