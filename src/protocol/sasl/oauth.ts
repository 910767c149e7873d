/**
 * OAUTHBEARER and XOAUTH2: a token in place of a password.
 *
 * Standards: RFC 7628 (OAUTHBEARER), RFC 6750 §2.1 (how a token is written). XOAUTH2 has no RFC; it is the older form, which
 *   Google and Microsoft made and most mail apps have.
 * Limits: a message of 4096 octets. Security: unauthenticated clients feed this. Only tokens are taken, never passwords.
 */
import { encodeUtf8 } from '../../format/index.ts'
import { empty, field, malformed, saslName, type SaslServer, type SaslStep } from './exchange.ts'

const messageLimit = 4096
/** `kvsep` (RFC 7628 §3.1). */
const separator = '\x01'
/** `Bearer`, in any case, and a token (RFC 6750 §2.1). */
const bearer = /^bearer +([A-Za-z0-9\-._~+/]+=*) *$/i

/** `gs2-header kvsep *(key "=" value kvsep) kvsep` (RFC 7628 §3.1). */
export class BearerServer implements SaslServer {
  readonly mechanism = 'OAUTHBEARER'
  /** RFC 7628 §3.2.2: `status` is required; there is no scope and no discovery here. */
  readonly failure = encodeUtf8('{"status":"invalid_token"}')

  step(response: Uint8Array | undefined): SaslStep {
    if (response === undefined) return { type: 'challenge', data: empty }
    const message = field(response, messageLimit)
    // A token is not bound to a channel: `p=` cannot be honoured (RFC 7628 §3.1: `n` and `y` only mean that there is none).
    const header = message === undefined ? null : /^[ny],(?:a=([^,\x01]{1,255}))?,\x01/.exec(message)
    if (message === undefined || header === null) return malformed
    const auth = pairs(message.slice(header[0].length))?.get('auth')
    const login = header[1] === undefined ? '' : saslName(header[1])
    if (auth === undefined || login === undefined) return malformed
    return { type: 'credentials', credentials: { authorizationId: '', authenticationId: login, token: tokenOf(auth) } }
  }
}

/** `user=NAME kvsep auth=Bearer TOKEN kvsep kvsep`. */
export class XOAuth2Server implements SaslServer {
  readonly mechanism = 'XOAUTH2'
  readonly failure = encodeUtf8('{"status":"400","schemes":"Bearer","scope":""}')

  step(response: Uint8Array | undefined): SaslStep {
    if (response === undefined) return { type: 'challenge', data: empty }
    const message = field(response, messageLimit)
    const given = message === undefined ? undefined : pairs(message)
    const login = given?.get('user')
    const auth = given?.get('auth')
    if (!login || login.length > 255 || auth === undefined) return malformed
    return { type: 'credentials', credentials: { authorizationId: '', authenticationId: login, token: tokenOf(auth) } }
  }
}

/** The pairs of a list that ends with a separator of its own; undefined when it is not one, or names a key twice. */
function pairs(text: string): Map<string, string> | undefined {
  if (!text.endsWith(separator + separator)) return undefined
  const found = new Map<string, string>()
  for (const pair of text.slice(0, -2).split(separator)) {
    const match = /^([A-Za-z]+)=([^\0]*)$/.exec(pair)
    if (match === null || found.has(match[1] as string)) return undefined
    found.set(match[1] as string, match[2] as string)
  }
  return found
}

/** The token of an `Authorization` value; `''`, which is no token, for none and for another scheme (RFC 7628 §4.3). */
function tokenOf(auth: string): string {
  return bearer.exec(auth)?.[1] ?? ''
}
