/**
 * One message in a queue: its envelope, and for each recipient how far it has come.
 *
 * Standards: RFC 5321 §4.5.4.1 (a queue entry holds message and envelope), RFC 3461 §5.2 (what is owed to the sender).
 */
import type { ReportAction } from '../format/index.ts'
import type { Envelope, Recipient, WatchedStatus } from '../protocol/smtp/index.ts'
import type { FailedAgent, RecipientOutcome, TlsFacts } from './outcome.ts'

/** What `Queue.enqueue` takes. */
export interface NewEntry {
  /** Canonical domain of all recipients. */
  domain: string
  envelope: Envelope
  raw: Uint8Array
  /**
   * What is known of some recipients already. `delivered` and `bounced` ones are not attempted, only reported to the
   * sender as far as the sender asked; a `deferred` one has its first attempt behind it.
   */
  outcomes?: RecipientOutcome[]
  /** Not attempted before; everything that counts from its arrival counts from then. Milliseconds since the epoch. */
  notBefore?: number
  /** Entries of the same line go one behind the other, in the order in which they came. */
  line?: string
}

/** The last attempt in the words of whoever answered. */
export interface LastOutcome {
  status: RecipientOutcome['status']
  enhanced: string
  /** The peer's reply in one line. */
  reply?: string
  /** Why, in one sentence. */
  cause?: string
  /** Where the message's time ran out: the status of the last attempt, before this one. */
  lastStatus?: string
  remoteMta?: string
  tls?: TlsFacts
  /** Of a success: see `RecipientOutcome`. */
  success?: NonNullable<RecipientOutcome['success']>
  isOnward?: true
  keepUntil?: number
  /** Where there are several: which agent it was, and which were tried before it. */
  agent?: string
  earlier?: FailedAgent[]
  at: number
}

/** What came of an attempt, for programs that watch the message. */
export interface OutcomeNews {
  /** Recipients of the sender that this is about. */
  readonly recipients: readonly string[]
  /** Where it went, which the sender need not know. */
  readonly address: string
  readonly status: WatchedStatus
  /** Attempts so far. */
  readonly attempts: number
  readonly outcome: LastOutcome
  /** Of `deferred`: when it is tried again; milliseconds since the epoch. */
  readonly next?: number
  /** The same for the same outcome, however often it is told, and for no other of this queue. */
  readonly mark: string
}

export interface QueuedRecipient extends Recipient {
  state: 'waiting' | 'delivered' | 'bounced'
  /** Attempts behind it. */
  attempts: number
  /** Milliseconds since the epoch; meaningful while waiting. */
  next: number
  last?: LastOutcome
  /** A report that the sender is owed and has not got. Cleared when the report was handed over durably. */
  owed?: ReportAction
  /** The status that the submission was told last. */
  told?: string
}

/**
 * `waiting`: attempted when due. `held`: the operator said stop. `frozen`: cannot be delivered and cannot be reported
 * either (a bounce that bounced); kept for the operator to look at, then discarded. `kept`: it went, and stays until `next`
 * for whoever was told where to fetch it.
 */
export type EntryStatus = 'waiting' | 'held' | 'frozen' | 'kept'

export interface QueuedEntry {
  id: string
  domain: string
  status: EntryStatus
  /** True while an attempt is under way. */
  active: boolean
  /** Milliseconds since the epoch. */
  received: number
  expires: number
  /** When something happens next; Infinity while held. */
  next: number
  size: number
  /** -9 to 9: what is higher goes first (RFC 6710). */
  priority: number
  /** The sender was told that the message is late. */
  delayNoticed: boolean
  /** Attempts to hand a report over that failed. */
  reportFailures: number
  /** How often a life of the object ended in the middle of an attempt; set back by an attempt that ends. */
  interrupted: number
  envelope: Omit<Envelope, 'recipients'>
  recipients: QueuedRecipient[]
  line?: string
  /** What programs have not been told yet. */
  news?: OutcomeNews[]
}
