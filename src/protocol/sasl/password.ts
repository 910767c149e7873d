/**
 * PLAIN and LOGIN: the password itself.
 *
 * Standards: RFC 4616 (PLAIN). LOGIN has no RFC; it is what Outlook and many devices use.
 * Limits: every field 1–255 octets (RFC 4616 §2). Security: unauthenticated clients feed this.
 */
import { encodeUtf8 } from '../../format/index.ts'
import { empty, field, malformed, type SaslServer, type SaslStep } from './exchange.ts'

/** `[authzid] NUL authcid NUL passwd` (RFC 4616 §2). */
export class PlainServer implements SaslServer {
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
export class LoginServer implements SaslServer {
  readonly mechanism = 'LOGIN'
  #name: string | undefined

  step(response: Uint8Array | undefined): SaslStep {
    if (response === undefined) return { type: 'challenge', data: encodeUtf8('Username:') }
    const value = field(response)
    if (!value || value.includes('\0')) return malformed
    if (this.#name === undefined) {
      this.#name = value
      return { type: 'challenge', data: encodeUtf8('Password:') }
    }
    return {
      type: 'credentials',
      credentials: { authorizationId: '', authenticationId: this.#name, password: value },
    }
  }
}
