/**
 * What a webhook is told of mail that people and programs of its domain send.
 *
 * Standards: Standard Webhooks 1.0 (`type`, `timestamp`, `data`), RFC 3463 (`status`), RFC 5965 (complaints).
 */
import type { LastOutcome, OutcomeNews } from '../queue/index.ts'
import type { OutgoingEvent } from '../routing/index.ts'

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
  const { recipients, status, attempts, outcome, next, mark } = news
  const data = {
    attempts,
    ...outcomeOf(outcome),
    ...(status === 'deferred' && next !== undefined ? { nextAttempt: new Date(next).toISOString() } : {}),
  }
  return recipients.map((recipient) => ({
    kind: status,
    mark: `${domain} ${mark} ${recipient}`,
    at: outcome.at,
    about: recipient,
    data: { recipient, ...data },
  }))
}

/** Whoever answered, in its own words. */
function outcomeOf({ status, enhanced, reply, cause, remoteMta, tls, success }: LastOutcome): Record<string, unknown> {
  return {
    status: enhanced,
    ...(reply === undefined ? {} : { reply }),
    ...(cause === undefined ? {} : { cause }),
    ...(remoteMta === undefined ? {} : { host: remoteMta }),
    ...(tls === undefined ? {} : { tls: tls.version ?? true }),
    // In the mailbox, and not with another host.
    ...(status === 'delivered' ? { isFinal: success === 'final' } : {}),
  }
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
