/**
 * What one authenticated POP3 session may ask for, with the reason of each bound.
 */

export interface Pop3SessionLimits {
  /** Octets of a command line; RFC 2449 §4 allows 255. */
  readonly line: number
  /** Octets of commands that wait while one is in progress: all of a large maildrop may be asked for at once. */
  readonly pending: number
  /** Unacknowledged output above which a command pauses: a slow reader must not fill the object's memory. */
  readonly outputWindow: number
  /** Octets of one piece of output. */
  readonly outputPiece: number
  /** Octets of messages that are read together, for a client that takes one after the other. */
  readonly readAhead: number
  /** Commands refused in a row: what sends so many is broken or not a POP3 client. */
  readonly badCommands: number
  /** Numbers and octets in each part of a state kept across hibernation; a socket's attachment holds 16 KiB in all. */
  readonly state: number
}

export const defaultSessionLimits: Pop3SessionLimits = {
  line: 1024,
  pending: 1024 * 1024,
  outputWindow: 4 * 1024 * 1024,
  outputPiece: 128 * 1024,
  readAhead: 512 * 1024,
  badCommands: 50,
  state: 512,
}
