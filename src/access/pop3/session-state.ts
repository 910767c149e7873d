/**
 * What survives hibernation: enough to see the same maildrop again.
 */

/** How the client has logged in. */
export interface Pop3SessionFacts {
  /** The connection is under TLS. */
  readonly tls: boolean
  /** The client said UTF8: it takes messages as they are (RFC 6856 §2.1). */
  readonly utf8?: true
  /** The connection is one that a login can be bound to: CAPA names the mechanisms that do (RFC 2449 §5). */
  readonly bound?: true
}

/** Structured-clonable; a few hundred octets as a rule, never above 16 KiB. */
export interface Pop3SessionState extends Pop3SessionFacts {
  /** The shape's version: a deployed server meets states that an older one has written. */
  readonly version: 1
  readonly maildrop: MaildropState
  /** Pieces of input received. */
  readonly pieces: number
  /** Input received that is not yet a command, one character per octet. */
  readonly input?: string
  readonly badCommands?: number
}

export interface MaildropState {
  /** The account's counter when the maildrop was opened: messages with a UID above it came later. */
  readonly opened: number
  /** How many messages there were. */
  readonly length: number
  /** First and last UIDs of runs that were marked `\Deleted` then, and so are not in the maildrop. */
  readonly hidden: readonly number[]
  /** First and last message-numbers of runs that DELE has marked. */
  readonly marked: readonly number[]
  /** UID, email, stored octets and octets on the wire of messages that others have removed from the mailbox since. */
  readonly gone: readonly number[]
}
