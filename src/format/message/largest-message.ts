/**
 * How large a message may be. Every door (SMTP, Email Routing, JMAP, IMAP) has the operator's one number; this is where it
 * begins, so that no door takes what another refuses.
 */

/** Octets of a message at a door while the operator has not said: what Cloudflare Email Routing takes. */
export const defaultMaxMessageSize = 25 * 1024 * 1024

/**
 * Octets that all we write on top of a message may take: Received, missing Date and Message-ID, Return-Path, and
 * Delivered-To for each alias on its way. What keeps messages takes this much above the doors' limit: else a message of
 * exactly the limit would be accepted in the dialogue and refused behind it.
 */
export const traceAllowance = 64 * 1024
