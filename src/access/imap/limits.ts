/**
 * What one authenticated IMAP session may ask for, with the reason of each bound.
 */
import { defaultMaxMessageSize } from '../../format/index.ts'

export interface ImapSessionLimits {
  /** Octets of a command outside its literals: room for a UID set of some thousand ranges (RFC 7162 §4 asks for 8192). */
  readonly line: number
  /** Octets of a literal that is not a message: names, search texts. */
  readonly argumentLiteral: number
  /** Octets of a message (RFC 7889 APPENDLIMIT): what the server accepts by SMTP too. */
  readonly appendLimit: number
  /** Octets of all messages of one APPEND (RFC 3502): they are in memory together. */
  readonly appendTotal: number
  /** Literals of one command: messages of a MULTIAPPEND, strings of a SEARCH. */
  readonly literals: number
  /** Ranges of a sequence set. */
  readonly sequenceSet: number
  /** Unacknowledged output above which a command pauses: a slow reader must not fill the object's memory. */
  readonly outputWindow: number
  /** Octets of one piece of output. */
  readonly outputPiece: number
  /** Commands refused with BAD in a row: what sends so many is broken or not an IMAP client. */
  readonly badCommands: number
  /** Octets of what a client asks to be notified of: kept with the session's state. */
  readonly notify: number
  /** Octets of input and of saved state kept across hibernation; a socket's attachment holds 16 KiB in all. */
  readonly state: number
}

export const defaultSessionLimits: ImapSessionLimits = {
  line: 64 * 1024,
  argumentLiteral: 64 * 1024,
  appendLimit: defaultMaxMessageSize,
  appendTotal: 32 * 1024 * 1024,
  literals: 1000,
  sequenceSet: 20_000,
  outputWindow: 4 * 1024 * 1024,
  outputPiece: 128 * 1024,
  badCommands: 50,
  notify: 2 * 1024,
  state: 4 * 1024,
}
