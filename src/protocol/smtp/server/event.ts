/**
 * What the SMTP server engine tells its host, one event at a time.
 *
 * Rule for the host: an event that carries `bytes` wants them written; an event marked **answer** wants
 * `respond(reply)` before `next()` yields anything else; `content` wants neither.
 */
import type { SaslAnswer, SaslCredentials, SaslMechanism, SaslQuestion } from '../../sasl/index.ts'
import type { Envelope, Recipient } from '../envelope.ts'
import type { Reply } from '../reply.ts'

export type SmtpEvent =
  | HelloEvent
  | StartTlsEvent
  | AuthEvent
  | AuthQuestionEvent
  | VerifyEvent
  | MailEvent
  | RecipientEvent
  | DataEvent
  | ContentEvent
  | MessageEvent
  | ReplyEvent
  | ResetEvent
  | QuitEvent
  | CloseEvent

/** EHLO or HELO was accepted. Any transaction before it is gone (RFC 5321 §4.1.4). */
export interface HelloEvent {
  type: 'hello'
  verb: 'EHLO' | 'HELO'
  /** The client's claim: a domain or an address literal, bounded, printable, not verified. */
  name: string
  bytes: Uint8Array
}

/** **answer** 220: write it, do the handshake, call `tlsStarted()`. 454 when TLS cannot be had. */
export interface StartTlsEvent {
  type: 'starttls'
}

/** **answer** 235 (accepted), 535 5.7.8 (refused), 454 4.7.0 (cannot tell now). */
export interface AuthEvent {
  type: 'auth'
  mechanism: SaslMechanism
  credentials: SaslCredentials
}

/** **answer** what `continue` makes of the accounts' answer; or 535 5.7.8 (refused), 454 4.7.0 (cannot tell now). */
export interface AuthQuestionEvent {
  type: 'auth-question'
  question: SaslQuestion
  continue(answer: SaslAnswer): Reply
}

/** **answer** usually 252 (`cannotVerify`). */
export interface VerifyEvent {
  type: 'verify'
  verb: 'VRFY' | 'EXPN'
  argument: string
}

/** **answer** 250 or a refusal of the sender. */
export interface MailEvent {
  type: 'mail'
  /** The envelope so far: no recipients yet. */
  envelope: Envelope
  /** SIZE= as declared; never above the limit (RFC 1870). */
  size?: number
  /** AUTH= as declared, xtext decoded; `'<>'` for unknown (RFC 4954 §5). */
  submitter?: string
}

/** **answer** 250 or a refusal of this recipient. `envelope.recipients` holds those accepted before. */
export interface RecipientEvent {
  type: 'recipient'
  recipient: Recipient
  envelope: Envelope
}

/** **answer** 354 to let the content come, or a refusal of it. For BDAT the engine turns 354 into silence. */
export interface DataEvent {
  type: 'data'
  verb: 'DATA' | 'BDAT'
  envelope: Envelope
}

/** A piece of the message, transparency undone. May share memory with what `receive` was given. */
export interface ContentEvent {
  type: 'content'
  chunk: Uint8Array
}

/** **answer** the outcome: 250 only when the message is durable. */
export interface MessageEvent {
  type: 'message'
  envelope: Envelope
  /** Octets of content delivered through `content`. */
  size: number
}

/** The engine's own answer to a command which is no concern of the host. */
export interface ReplyEvent {
  type: 'reply'
  bytes: Uint8Array
}

/** The transaction is gone: by RSET, or because the engine refused its content. Forget what `content` gave. */
export interface ResetEvent {
  type: 'reset'
  bytes: Uint8Array
}

/** Write, then close the connection. */
export interface QuitEvent {
  type: 'quit'
  bytes: Uint8Array
}

/** Write (it may be empty), then close the connection: the engine will take nothing more. */
export interface CloseEvent {
  type: 'close'
  bytes: Uint8Array
  /** For the log. */
  reason: CloseReason
}

export type CloseReason =
  | 'too many errors'
  | 'too many commands'
  | 'too many failed logins'
  | 'bare line feed in a command'
  | 'not an SMTP client'
  | 'data after STARTTLS'
  | 'unusable BDAT size'
  | 'content far above the limit'
  | 'client sends without waiting'
  | 'host'
