/**
 * The state of one connection, and what a command handler may ask the engine to do next.
 */
import { type SaslSetting, withoutChannel } from '../../sasl/index.ts'
import type { Envelope } from '../envelope.ts'
import type { Reply } from '../reply.ts'
import type { CloseReason, SmtpEvent } from './event.ts'
import type { Input } from '../input.ts'
import type { Settings } from './options.ts'

export interface Session {
  readonly settings: Settings
  tlsActive: boolean
  hello: { verb: 'EHLO' | 'HELO'; name: string } | undefined
  /** The name that was accepted by AUTH. */
  login: string | undefined
  transaction: Transaction | undefined
  transactions: number
  authFailures: number
  refusedRecipients: number
  /** Who reads the input when it is not command lines: message content, or an authentication exchange. */
  reader: Reader | undefined
}

export interface Transaction {
  readonly envelope: Envelope
  /** Octets of content so far. */
  received: number
  /** BDAT: `open` after the first chunk was let in, `failed` after one was refused (RFC 3030 §4.2). */
  chunking: 'none' | 'open' | 'failed'
  /** A RCPT came, though perhaps none was accepted. */
  triedRecipients: boolean
}

export interface Reader {
  /** Uses input; undefined when it needs more. Sets `session.reader` to undefined when it is done. */
  read(session: Session, input: Input): Step | undefined
}

export type Step =
  /** The engine answers by itself; `plain` without an enhanced code. */
  | { kind: 'reply'; reply: Reply; plain?: true }
  /** Tell the host; go on at once. */
  | { kind: 'event'; event: SmtpEvent }
  /** Tell the host and wait; `answered` takes its reply, and may keep it from the wire or send another in its place. */
  | { kind: 'ask'; event: SmtpEvent; answered: (reply: Reply) => 'silence' | Reply | undefined }
  /** Say this and close the connection. */
  | { kind: 'close'; reply: Reply; reason: CloseReason }
  /** The next line or block decides. */
  | { kind: 'read' }

export function refuse(code: number, enhanced: string, text: string): Step {
  return { kind: 'reply', reply: { code, enhanced, text } }
}

export function isAccepted(reply: Reply): boolean {
  return reply.code >= 200 && reply.code < 300
}

export const outOfSequence = (text: string): Step => refuse(503, '5.5.1', text)

/** Drops the transaction; what the client said about itself stays (RFC 5321 §4.1.1.5). */
export function resetTransaction(session: Session): void {
  session.transaction = undefined
  session.reader = undefined
}

/** AUTH may be used now (RFC 4954 §4): on a submission port, when the password cannot be overheard. */
export function mayAuthenticate(session: Session): boolean {
  return session.settings.mode === 'submission' && (session.tlsActive || session.settings.allowPlaintextAuth)
}

/** What an exchange can use as things are: without TLS there is no channel to bind to. */
export function saslSetting({ settings, tlsActive }: Session): SaslSetting | undefined {
  return tlsActive ? settings.sasl : withoutChannel(settings.sasl)
}
