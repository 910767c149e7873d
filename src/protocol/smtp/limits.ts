/**
 * How much one connection may ask of the server, with the reason for each default.
 */
export interface SmtpLimits {
  /** Octets of a command line with its CRLF. RFC 5321 §4.5.3.1.4 says 512, extensions add some hundred (DSN 500, SMTPUTF8). */
  line: number
  /** Octets of a line while AUTH is possible (RFC 4954 §4). */
  authLine: number
  /** Recipients of one transaction; at least 100 (RFC 5321 §4.5.3.1.8). */
  recipients: number
  /** Transactions on one connection: a fair share for other clients. */
  transactions: number
  /** Commands the engine had to refuse before the connection is closed. */
  errors: number
  /** Recipients refused by the host before the connection is closed: a dictionary attack, not a list with some stale names. */
  refusedRecipients: number
  /** Failed logins before the connection is closed (RFC 4954 §4). */
  authFailures: number
  /** Commands that do not bring a message nearer (NOOP, RSET, VRFY, EHLO …) between two messages. */
  idleCommands: number
  /** All commands before authentication on a submission port: a login needs five. */
  unauthenticatedCommands: number
  /** Octets of a content that is already refused which are still read, so that the client gets its 552; then the connection is closed. */
  discard: number
  /** Octets that may wait in the engine while it waits for the host. The host stops reading its socket long before. */
  pending: number
}

export const defaultSmtpLimits: Readonly<SmtpLimits> = {
  line: 2048,
  authLine: 12_288,
  recipients: 1000,
  transactions: 1000,
  errors: 20,
  refusedRecipients: 100,
  authFailures: 3,
  idleCommands: 100,
  unauthenticatedCommands: 20,
  discard: 64 * 1024 * 1024,
  pending: 8 * 1024 * 1024,
}
