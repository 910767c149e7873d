/**
 * Whom delivery needs: address books, mailboxes and queues.
 */
import type { Reply } from '../protocol/smtp/index.ts'
import type { NewEntry } from '../queue/index.ts'
import type { Directory } from '../routing/index.ts'

/** One message for one mailbox, complete with Return-Path and Delivered-To. */
export interface MailboxDelivery {
  raw: Uint8Array
  reversePath: string
  /** Final recipient. */
  recipient: string
  /** Subaddress (RFC 5233). */
  detail?: string
  /** The recipient is a masked address of the account's; what comes to a disabled one is for the trash. */
  mask?: 'enabled' | 'disabled'
  /** What rules want: keywords on it, and a mailbox in place of the inbox (names apart by `/`). */
  keywords?: readonly string[]
  mailbox?: string
  /** For the object of a list, by what the address was for: a message to its members, returned mail, a farewell. */
  list?: 'post' | 'bounces' | 'unsubscribe'
  /** Why it belongs in the mailbox for junk, in words for a person; a stranger's names may be in them. */
  junk?: string
  /** Made by ourselves: a report that can be believed. */
  internal?: true
}

export type MailboxOutcome = { status: 'delivered' } | { status: 'deferred' | 'bounced'; reply: Reply }

/** A mailbox that takes messages. `delivered` means durable. A rejection counts as deferred. */
export interface MailboxPort {
  /** One outcome for each delivery, in order. */
  deliver(batch: MailboxDelivery[]): Promise<MailboxOutcome[]>
}

/** A destination's queue. Resolved means durable. */
export interface QueuePort {
  enqueue(entry: NewEntry): Promise<{ id: string }>
}

export interface DeliveryPorts {
  directory: Directory
  mailbox(accountId: string): MailboxPort
  /** `domain` is canonical. */
  queue(domain: string): QueuePort
  /** The envelope sender of what `alias` sends on; without it the sender stays. */
  returnPath?(reversePath: string, alias: string): Promise<string>
  /** Milliseconds since the epoch. */
  clock: () => number
}
