/**
 * What became of a message, one step at a time.
 *
 * Security: addresses, hosts and replies, never content, subjects or credentials.
 */

export type TracePlace =
  /** An account here. */
  | { kind: 'mailbox'; accountId: string }
  /** The queue of a domain, and the entry's id there. */
  | { kind: 'queue'; domain: string; entry?: string }

type Placement = {
  recipient: string
  /** The address it led to, where aliases changed it. */
  address?: string
  place: TracePlace
  status: 'delivered' | 'queued' | 'deferred' | 'bounced'
  reply?: string
}

export type TraceStep =
  /** A whole message came, and this is what its sender was told. */
  | {
      type: 'arrived'
      source: string
      /** Address and name of the host it came from. */
      client?: string
      helo?: string
      /** `TLSv1.3`; unset: in the clear, or unknown. */
      tls?: string
      /** The account that submitted it. */
      account?: string
      /** The submission in which it held it until then. */
      submission?: string
      /** '' is the null reverse-path. */
      sender: string
      /** At most `mostRecipients`; `recipientCount` tells how many there were. */
      recipients: string[]
      recipientCount: number
      size: number
      messageId?: string
      /** What was found out about its origin, in a few words: `dmarc=pass (example.org)`. */
      verdict?: string
      /** `250 2.0.0 …` */
      reply: string
    }
  /** Rules of a domain fit; `dropped`: they want nothing done with it. */
  | {
      type: 'ruled'
      recipient: string
      /** The address that they were asked about, where aliases changed it. */
      address?: string
      rules: string[]
      dropped?: true
    }
  /** Where it was put for one recipient. */
  | ({ type: 'placed' } & Placement)
  /** Where a copy was put that a rule makes. */
  | ({ type: 'copied' } & Placement)
  /** One attempt at another server. */
  | {
      type: 'attempt'
      recipient: string
      domain: string
      attempts: number
      status: 'delivered' | 'deferred' | 'bounced'
      host?: string
      tls?: string
      /** How the certificate was found to be the host's: TLSA records, the MTA-STS policy, or a known authority alone. */
      verifiedBy?: 'dane' | 'mta-sts' | 'pkix'
      /** Of `delivered`: into a mailbox, and not to another host. */
      final?: true
      reply?: string
      cause?: string
      /** Where several ways lead there: which one it was, and what came of those that were tried before it. */
      agent?: string
      earlier?: string[]
      /** Milliseconds in the queue so far. */
      age: number
    }
  /** One attempt to tell a program of the message. */
  | {
      type: 'told'
      /** `orders.example.org` */
      webhook: string
      /** `message.received` */
      event: string
      recipient: string
      attempts: number
      status: 'delivered' | 'deferred' | 'bounced'
      host?: string
      cause?: string
      age: number
    }
  /** A report was handed over to the sender. */
  | { type: 'reported'; to: string; actions: string[] }
  /** Nobody can be told; it waits for the operator until it is dropped. */
  | { type: 'frozen' | 'discarded' | 'unreported' | 'unannounced'; recipients: string[] }

/** `id` names the message: it is in our Received field and in the reply its sender saw. `at`: ms since the epoch. */
export type TraceEvent = { id: string; at: number } & TraceStep

/** Of no message, and only counted: connections, messages and recipients of strangers that were refused at the door, by reason. */
export interface TurnedAwayEvent {
  type: 'turned-away'
  at: number
  counts: Record<string, number>
}

export type CountedEvent = TraceEvent | TurnedAwayEvent

/** As many recipients as a step names. */
export const mostRecipients = 50
/** Characters of a reply or a cause that are kept. */
const longestText = 300

/** The event with its texts cut to what is kept: they are strangers' words of any length. */
export function bounded<Event extends CountedEvent>(event: Event): Event {
  const short: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(event)) {
    short[key] =
      typeof value === 'string'
        ? value.slice(0, longestText)
        : Array.isArray(value)
          ? value.slice(0, mostRecipients).map((text) => String(text).slice(0, longestText))
          : value
  }
  return short as unknown as Event
}
