/**
 * Where an address leads.
 */
import type { Refusal } from './refusal.ts'
import type { Marks } from './rules/index.ts'

export interface MailboxDestination {
  kind: 'mailbox'
  accountId: string
  /** The final recipient, subaddress included: what Delivered-To says. */
  address: string
  /** The address's canonical domain. */
  domain: string
  /** Aliases passed through, outermost first. */
  via: string[]
  detail?: string
  /** The address is a masked one; mail to a disabled one goes to the trash. */
  mask?: 'enabled' | 'disabled'
  /** `accountId` is a list's, and the mail is for its members, or is its own. */
  list?: 'post' | 'bounces' | 'unsubscribe'
  /** What rules want in the mailbox; set wherever rules were asked. */
  marks?: Marks
  /** A copy that a rule makes, of which the sender hears nothing. */
  copy?: true
}

export interface RelayDestination {
  kind: 'relay'
  /** Canonical: names the queue. */
  domain: string
  address: string
  via: string[]
  /** A rule says that the mail of this hosted domain is elsewhere, and by which ways it goes there. */
  ways?: readonly string[]
  /** It is for a webhook: nobody is told if it is never taken, and the operator can see it. */
  isEvent?: true
  copy?: true
}

export type Destination = MailboxDestination | RelayDestination

/** Where nothing can go. `copy`: it would have been a rule's, so that it is no business of the sender's. */
export interface DeadTarget {
  address: string
  via: string[]
  reply: Refusal
  copy?: true
}

export type Resolution =
  | {
      kind: 'route'
      /** No two to the same mailbox or relay address. Empty only where rules discard the message or leave it open. */
      destinations: Destination[]
      /** Alias targets that do not exist any more. */
      dead: DeadTarget[]
      /** A rule wants the message dropped for an address on the way. */
      discarded?: true
      /** Where it goes depends on what rules do not know yet. */
      open?: true
      /** Rules that fit, by the address that they were asked about. */
      fitting?: { address: string; rules: readonly string[] }[]
    }
  | { kind: 'reject'; reply: Refusal }
