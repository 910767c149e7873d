/**
 * What the SMTP client engine tells its host, and what the host gives it to send.
 */
import type { Envelope } from '../envelope.ts'
import type { Reply } from '../reply.ts'
import type { Capabilities } from './capabilities.ts'

export type SmtpClientEvent =
  /** Write to the peer. May share memory with the message being sent. */
  | { type: 'write'; bytes: Uint8Array }
  /** The peer said 220 to STARTTLS: do the handshake, then call `tlsStarted()` or `tlsFailed()`. */
  | { type: 'starttls' }
  /** The session is open: call `send()` for each message, or `quit()`. Comes again after each outcome when another may be sent. */
  | { type: 'ready'; capabilities: Capabilities }
  /** One transaction is over: an outcome for every recipient of its envelope, in order. */
  | { type: 'outcome'; recipients: RecipientOutcome[] }
  /** No session came about, or it cannot go on. Nothing of it belongs to a transaction: those get outcomes. */
  | { type: 'failed'; failure: SessionFailure }
  /** The dialogue is over: close the socket. */
  | { type: 'close' }

export type OutcomeStatus = 'delivered' | 'deferred' | 'bounced'

/** What became of one recipient. `reply` is absent when no reply of the peer decided it. */
export interface RecipientOutcome {
  recipient: string
  status: OutcomeStatus
  reply?: Reply
  /** The peer's enhanced status code, or ours (RFC 3463) where the peer gave none that fits. */
  enhanced: string
  /** In words, for the log and the report. */
  diagnostic: string
  /** Only the reply to the whole message is missing: the peer may have taken it (RFC 1047). */
  inDoubt?: true
}

/** Why a session failed. `deferred`: another target or a later time may do better; `bounced`: the peer refuses for good. */
export interface SessionFailure {
  status: 'deferred' | 'bounced'
  stage: 'greeting' | 'hello' | 'tls' | 'auth' | 'ready' | 'quit'
  reply?: Reply
  enhanced: string
  diagnostic: string
}

export interface OutgoingMessage {
  envelope: Envelope
  /** The message as stored: not dot-stuffed. Must not change until the outcome. */
  content: Uint8Array
}

export interface SmtpClientOptions {
  /** Our name for EHLO: a domain or an address literal. */
  hostname: string
  /** `active`: the socket is TLS already (implicit TLS). `none`: do not even ask. */
  tls: 'none' | 'opportunistic' | 'required' | 'active'
  /** Log in before the first transaction; without TLS only when `allowPlaintextAuth`. */
  auth?: { user: string; password: string }
  allowPlaintextAuth?: boolean
  limits?: Partial<SmtpClientLimits>
}

export interface SmtpClientLimits {
  /** Octets of one reply line; RFC 5321 §4.5.3.1.5 says 512, real servers send more. */
  replyLine: number
  /** Lines of one reply: an EHLO answer has some twenty. */
  replyLines: number
  /** Octets of one reply in all. */
  reply: number
  /** Octets of replies that may wait while the host is busy writing: those to the longest pipeline, and not a flood. */
  pending: number
}
