/**
 * The client's side of the password mechanisms: challenges in, responses out.
 *
 * Standards: RFC 4422, RFC 4616 (PLAIN). Security: the peer's challenges are not trusted: only their number counts.
 */
import { encodeUtf8 } from '../../format/index.ts'
import type { SaslMechanism } from './credentials.ts'

export interface SaslClient {
  readonly mechanism: SaslMechanism
  /** Sent with the command that starts the exchange; undefined when the mechanism lets the server speak first. */
  readonly initialResponse: Uint8Array | undefined
  /** The answer to the next challenge; undefined when there is nothing left to say: cancel the exchange. */
  respond(challenge: Uint8Array): Uint8Array | undefined
}

/**
 * The best mechanism of those offered, PLAIN before LOGIN; undefined when none is ours, or when PLAIN's separator NUL
 * stands in a credential and so nothing could carry it faithfully.
 */
export function saslClient(offered: readonly string[], user: string, password: string): SaslClient | undefined {
  if (user.includes('\0') || password.includes('\0')) return undefined
  const names = offered.map((name) => name.toUpperCase())
  if (names.includes('PLAIN')) return plainClient(user, password)
  return names.includes('LOGIN') ? loginClient(user, password) : undefined
}

function plainClient(user: string, password: string): SaslClient {
  return {
    mechanism: 'PLAIN',
    initialResponse: encodeUtf8(`\0${user}\0${password}`),
    respond: () => undefined,
  }
}

function loginClient(user: string, password: string): SaslClient {
  const answers = [encodeUtf8(user), encodeUtf8(password)]
  return { mechanism: 'LOGIN', initialResponse: undefined, respond: () => answers.shift() }
}
