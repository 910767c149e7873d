/**
 * One authentication exchange as the protocol that carries it sees it, whatever the mechanism.
 *
 * Standards: RFC 4422.
 */
import type { SaslCredentials, SaslMechanism, ScramProof } from './credentials.ts'

export type SaslStep =
  /** Send this and wait for the client's next message. */
  | { type: 'challenge'; data: Uint8Array }
  /** Put this to the accounts, then give their answer to `answered`; or end the exchange as a failed login. */
  | { type: 'ask'; question: SaslQuestion }
  /** The client has said everything: check it. */
  | { type: 'credentials'; credentials: SaslCredentials }
  /** The exchange failed; the reason may be shown. It never contains what the client sent. */
  | { type: 'malformed'; reason: string }
  /** What the client said is well formed and cannot be accepted: it has not authenticated. */
  | { type: 'refused'; reason: string }

/** `login` is what the client calls itself. */
export type SaslQuestion =
  /** How is the password of this account hashed? Asked for names that do not exist too. */
  | { readonly ask: 'salt'; readonly login: string }
  /** Is this proof right? */
  | { readonly ask: 'proof'; readonly login: string; readonly scram: ScramProof }

export type SaslAnswer = ScramSalt | ScramSignature

export interface ScramSalt {
  /** base64. */
  readonly salt: string
  readonly iterations: number
}

/** The server's own proof, in base64. */
export interface ScramSignature {
  readonly signature: string
}

export interface SaslServer {
  readonly mechanism: SaslMechanism
  /** The client's next message; undefined at the start when there was no initial response. */
  step(response: Uint8Array | undefined): SaslStep
  /** The answer to `ask`; throws when it is not to the question. */
  answered?(answer: SaslAnswer): SaslStep
  /**
   * A last challenge that tells the client why its credentials were refused. Whatever it responds, the exchange has failed
   * (RFC 7628 §3.2.3).
   */
  readonly failure?: Uint8Array
}

/** What a connection can do for an exchange. */
export interface SaslSetting {
  /** A new text nobody can guess, of printable ASCII without commas (RFC 5802 §5.1). */
  nonce(): string
  /** The connection's channel binding of that type (RFC 5056); undefined when it has none. Asked anew after STARTTLS. */
  channelBinding(type: string): Uint8Array | undefined
}

export const empty = new Uint8Array(0)
export const malformed: SaslStep = { type: 'malformed', reason: 'malformed authentication message' }

const fieldLimit = 255
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text of one field or message; undefined when it is too long or not UTF-8. */
export function field(bytes: Uint8Array, limit = fieldLimit): string | undefined {
  if (bytes.length > limit) return undefined
  try {
    return strictUtf8.decode(bytes)
  } catch {
    return undefined
  }
}

/** A `saslname` as it was meant: `=2C` and `=3D` stand for `,` and `=`; undefined when it has another `=` (RFC 5801 §4). */
export function saslName(text: string): string | undefined {
  if (/=(?!2C|3D)/.test(text) || text.includes('\0')) return undefined
  return text.replaceAll('=2C', ',').replaceAll('=3D', '=')
}
