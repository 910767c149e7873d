/**
 * A delivery status notification: what became of a message, told to its sender.
 *
 * Standards: RFC 3461 §6, RFC 3464, RFC 6522, RFC 6533.
 */
import type { Address } from '../address/address.ts'

export type ReportAction = 'failed' | 'delayed' | 'delivered' | 'relayed' | 'expanded'

/** One recipient of the report (RFC 3464 §2.3). */
export interface ReportedRecipient {
  /** The address that was tried, `local@domain`. */
  finalRecipient: string
  /** ORCPT with its encoding undone, `rfc822;a@b`, or a bare address (RFC 3461 §4.2). */
  originalRecipient?: string
  action: ReportAction
  /** Enhanced status code, `5.1.1`. */
  status: string
  /** The host that answered. */
  remoteMta?: string
  /** Its answer, e.g. `550 5.1.1 No such user`. */
  diagnostic?: string
  /** More about it from whoever tried, in English: told among the details. */
  cause?: string
  /** Where the message's time ran out: the status of the last attempt, whose cause is told. */
  lastStatus?: string
  /** ms since the epoch */
  lastAttempt?: number
  /** ms since the epoch; for delayed: until when we go on trying. */
  willRetryUntil?: number
}

/** What `composeReport` needs. */
export interface DeliveryReport {
  /** Name of the host that reports. */
  reportingMta: string
  /** From of the report, e.g. `Mail Delivery System <MAILER-DAEMON@host>`. */
  from: Address
  /** The sender of the original message: the reverse-path, which must not be ''. */
  to: string
  /** ms since the epoch */
  date: number
  /** Without angle brackets; also the source of the boundary. */
  messageId: string
  /** ENVID as given, decoded (RFC 3461 §4.4). */
  envelopeId?: string
  /** When the original arrived, ms since the epoch. */
  arrivalDate?: number
  /** By when its sender wanted it delivered (RFC 2852 §5). */
  deliverBy?: number
  /** At least one. */
  recipients: readonly ReportedRecipient[]
  /** The original, raw. */
  original: Uint8Array
  /** RET of the original; default headers, and full only up to `maxReturned` octets. */
  return?: 'full' | 'headers'
  /** Largest original to return in full; default 64 KiB. */
  maxReturned?: number
  /** What its reader reads, the best first; after that counts what the original says of its sender (RFC 3282). */
  languages?: readonly string[]
  /** The original needed SMTPUTF8, so the sender's side understands message/global (RFC 6533). */
  smtputf8?: boolean
}

/** What `parseReport` finds. */
export interface ParsedReport {
  reportingMta?: string
  envelopeId?: string
  arrivalDate?: number
  recipients: {
    finalRecipient?: string
    originalRecipient?: string
    action: ReportAction
    status?: string
    remoteMta?: string
    diagnostic?: string
    lastAttempt?: number
    willRetryUntil?: number
  }[]
  /** Message-ID of the message that came back, or that the report answers; without angle brackets. */
  originalMessageId?: string
  /** Its Received fields, the newest first. */
  originalReceived?: string[]
  /** Where the returned message or header lies in the raw report. */
  original?: { start: number; end: number; headersOnly: boolean }
}
