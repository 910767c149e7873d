/**
 * What became of one attempt for one recipient: the vocabulary between the queue and its delivery agents.
 *
 * Standards: RFC 3463 (enhanced status codes), RFC 3464 §2.3 (per-recipient fields), RFC 3461 §5.2 (success reports).
 */
import type { Envelope, Reply } from '../protocol/smtp/index.ts'

/** What is wrong with a server's TLS, in the words of TLS reports (RFC 8460 §4.3). */
export type TlsProblem =
  | 'starttls-not-supported'
  | 'certificate-host-mismatch'
  | 'certificate-expired'
  | 'certificate-not-trusted'
  | 'validation-failure'

/** TLS as seen by whoever dialled. */
export interface TlsFacts {
  version?: string
  cipher?: string
  /** The certificate is one to trust for this host. */
  verified?: boolean
  /** Of a verified one: TLSA records, a name that the MTA-STS policy allows, or a known authority alone. */
  verifiedBy?: 'dane' | 'mta-sts' | 'pkix'
  /** Why it is not verified. */
  problem?: TlsProblem
}

export interface RecipientOutcome {
  /** The envelope recipient, exactly as the job named it. */
  recipient: string
  /** `deferred`: try again; `bounced`: never try again. */
  status: 'delivered' | 'deferred' | 'bounced'
  /** The peer's SMTP reply, where one was given. */
  reply?: Reply
  /** Enhanced status code, e.g. `4.4.1`; wins over the reply's own. */
  enhanced?: string
  /** One sentence for people: why. Never contains secrets. */
  diagnostic?: string
  /** Name of the host that answered (RFC 3464 §2.3.5). */
  remoteMta?: string
  tls?: TlsFacts
  /**
   * Of `deferred`: true when the destination failed, not this message: no connection, no session, or one that broke off.
   * Unset: the enhanced status code tells.
   */
  site?: boolean
  /**
   * For `delivered`: who owes the sender a requested success report (RFC 3461 §5.2). `final`: this was the mailbox, so
   * we do ("delivered"); `relayed`: the next hop knows no DSN, so we do ("relayed"); `passed`: the next hop took the
   * request over; `expanded`: it was an alias and went on to several addresses. Unset counts as `relayed`.
   */
  success?: 'final' | 'relayed' | 'passed' | 'expanded'
  /** Of a success: it went on within the house, and a queue of ours tells what becomes of it. */
  isOnward?: true
  /** Of a success: the next host does not know DELIVERBY, so nobody watches the message's time from there on (RFC 2852). */
  untimed?: boolean
  /** Which of several agents it was; unset: the only one there is for this destination. */
  agent?: string
  /** Agents that were tried before, in this order, and what each came to. */
  earlier?: FailedAgent[]
  /** Of `bounced`: the agent cannot carry this message, another one may. Nobody refused the recipient. */
  unfit?: boolean
  /** Of `deferred`: the message may have arrived all the same, so that no other agent is to send it now (RFC 1047). */
  inDoubt?: boolean
  /** Of `delivered`: the message is kept until then, as long as there is room, for whoever was told where to fetch it. */
  keepUntil?: number
  /** Milliseconds since the epoch. */
  at: number
}

/** One of several agents, which did not get a message to a recipient. */
export interface FailedAgent {
  agent: string
  /** The reply or the reason, in one line. */
  answer: string
}

/** One message for recipients of one domain: what a delivery agent gets. */
export interface DeliveryJob {
  /** Queue entry, for logs. */
  id: string
  domain: string
  /** Recipients of `domain` only. */
  envelope: Envelope
  raw: Uint8Array
}

/**
 * Delivers, or says why not. One outcome per recipient; a recipient without one counts as deferred, and so does a
 * rejection of the promise.
 */
export interface DeliveryAgent {
  deliver(job: DeliveryJob, signal?: AbortSignal): Promise<RecipientOutcome[]>
}
