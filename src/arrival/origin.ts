/**
 * Where a message came from, as far as we know it.
 *
 * Standards: RFC 5321 §4.4, RFC 3848 and RFC 6531 §4.3 (the `with` keyword).
 */

export type OriginProtocol = 'SMTP' | 'ESMTP' | 'ESMTPS' | 'ESMTPA' | 'ESMTPSA'

export interface Origin {
  /** `internal`: made by ourselves, such as a report; `list`: a list's copy for a member. */
  kind: 'smtp' | 'submission' | 'email-routing' | 'jmap' | 'internal' | 'list'
  clientAddress?: string
  /** By reverse DNS, verified. */
  clientName?: string
  helo?: string
  /** Unset where the message did not come over SMTP as far as we can tell. */
  protocol?: OriginProtocol
  tls?: { version: string; cipher?: string }
  /** The authenticated sender. */
  accountId?: string
  /** What lists of clients say of it. */
  screened?: {
    /** It goes to the mailbox for junk, for this reason. */
    junk?: string
    /** Known to be good. */
    welcome?: true
  }
  /** The id of the submission that held the message until now: part of the name by which programs know it. */
  submission?: string
  /** Ours, for the Received field, the reply and the log. */
  transactionId: string
}

/**
 * The `with` keyword: SMTP and ESMTP as the client spoke, with S for TLS and A for AUTH (RFC 3848), and UTF8SMTP in place of
 * ESMTP for a message that asked for SMTPUTF8 (RFC 6531 §4.3).
 */
export function withProtocol(origin: Origin, smtputf8: boolean): string | undefined {
  if (origin.protocol === undefined) return undefined
  if (origin.protocol === 'SMTP' && !smtputf8) return 'SMTP'
  const secure = origin.tls !== undefined || /^ESMTPSA?$/.test(origin.protocol)
  const authenticated = origin.accountId !== undefined || origin.protocol.endsWith('A')
  return `${smtputf8 ? 'UTF8SMTP' : 'ESMTP'}${secure ? 'S' : ''}${authenticated ? 'A' : ''}`
}

/** True for messages that a user of ours hands in: they may go anywhere, and we complete their header. */
export function isSubmission(origin: Origin): boolean {
  return origin.accountId !== undefined && (origin.kind === 'submission' || origin.kind === 'jmap')
}
