/**
 * The server's side of the password mechanisms: client messages in, challenges or credentials out.
 *
 * Base64 and the framing around it belong to the protocol that carries the exchange (SMTP, IMAP, POP3, ManageSieve).
 *
 * Standards: RFC 4422, RFC 4616 (PLAIN). LOGIN has no RFC; it is what Outlook and many devices use.
 * Limits: every field 1–255 octets (RFC 4616 §2). Security: unauthenticated clients feed this.
 */
import type { PasswordCredentials, SaslMechanism } from './credentials.ts'

export type SaslStep =
  /** Send this and wait for the client's next message. */
  | { type: 'challenge'; data: Uint8Array }
  /** The client has said everything: check it. */
  | { type: 'credentials'; credentials: PasswordCredentials }
  /** The exchange failed; the reason may be shown. It never contains what the client sent. */
  | { type: 'malformed'; reason: string }

export interface SaslServer {
  readonly mechanism: SaslMechanism
  /** The client's next message; undefined at the start when there was no initial response. */
  step(response: Uint8Array | undefined): SaslStep
}

/** A new exchange, or undefined when the mechanism (any case) is not one of ours. */
export function saslServer(mechanism: string): SaslServer | undefined {
  const name = mechanism.toUpperCase()
  return name === 'PLAIN' ? new PlainServer() : name === 'LOGIN' ? new LoginServer() : undefined
}

const empty = new Uint8Array(0)
const fieldLimit = 255
const malformed: SaslStep = { type: 'malformed', reason: 'malformed authentication message' }

/** `[authzid] NUL authcid NUL passwd` (RFC 4616 §2). */
class PlainServer implements SaslServer {
  readonly mechanism = 'PLAIN'

  step(response: Uint8Array | undefined): SaslStep {
    if (response === undefined) return { type: 'challenge', data: empty }
    const first = response.indexOf(0)
    const second = first < 0 ? -1 : response.indexOf(0, first + 1)
    if (second < 0 || response.indexOf(0, second + 1) >= 0) return malformed
    const authorizationId = field(response.subarray(0, first))
    const authenticationId = field(response.subarray(first + 1, second))
    const password = field(response.subarray(second + 1))
    if (authorizationId === undefined || !authenticationId || !password) return malformed
    return { type: 'credentials', credentials: { authorizationId, authenticationId, password } }
  }
}

/** Two prompts. A client may give the name with the command (Outlook does). */
class LoginServer implements SaslServer {
  readonly mechanism = 'LOGIN'
  #name: string | undefined

  step(response: Uint8Array | undefined): SaslStep {
    if (response === undefined) return { type: 'challenge', data: ascii('Username:') }
    const value = field(response)
    if (!value || value.includes('\0')) return malformed
    if (this.#name === undefined) {
      this.#name = value
      return { type: 'challenge', data: ascii('Password:') }
    }
    return {
      type: 'credentials',
      credentials: { authorizationId: '', authenticationId: this.#name, password: value },
    }
  }
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text of one field; undefined when it is too long or not UTF-8. */
function field(bytes: Uint8Array): string | undefined {
  if (bytes.length > fieldLimit) return undefined
  try {
    return strictUtf8.decode(bytes)
  } catch {
    return undefined
  }
}

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
