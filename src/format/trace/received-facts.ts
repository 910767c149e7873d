/** What a Received field tells. Standards: RFC 5321 §4.4, RFC 3848, RFC 8314 §4.3 (tls clause). */
export interface ReceivedFacts {
  /** Name given in HELO/EHLO. */
  helo?: string
  /** Name by reverse DNS, if verified. */
  clientName?: string
  /** IPv4 or IPv6 text. */
  clientAddress?: string
  /** This host. */
  by: string
  /** `ESMTP`, `ESMTPS`, `UTF8SMTPSA`, `HTTP` … (RFC 3848, RFC 6531 §4.3). */
  protocol?: string
  /** Our id for the transaction. */
  id?: string
  /** The recipient, only when there is exactly one (RFC 5321 §7.6). */
  recipient?: string
  tls?: { version: string; cipher?: string }
  /** Where one was asked for (RFC 6710). */
  priority?: number
  /** ms since the epoch */
  time: number
  /** minutes east of UTC; default 0 */
  zone?: number
}
