/**
 * What the mechanisms carry: who logs in, and what shows that it is they.
 */

/** Mechanisms this house speaks. LOGIN is obsolete (draft-murchison-sasl-login) but still what some clients choose first. */
export type SaslMechanism = 'SCRAM-SHA-256-PLUS' | 'SCRAM-SHA-256' | 'OAUTHBEARER' | 'XOAUTH2' | 'PLAIN' | 'LOGIN'

/** What shows that a client is who it says; to be checked beside the account's data. */
export type LoginProof =
  | { readonly password: string }
  /** A bearer token that the server has issued (RFC 6750). */
  | { readonly token: string }
  | { readonly scram: ScramProof }

/** What a client has shown of its password in a SCRAM exchange (RFC 5802 §3). */
export interface ScramProof {
  /** `AuthMessage`: all that both sides said; it holds a nonce of ours. */
  readonly message: string
  /** `ClientProof`, in base64. */
  readonly proof: string
}

export interface SaslNames {
  /** Who to act as; `''` means the same as `authenticationId` (RFC 4616 §2). */
  readonly authorizationId: string
  /** Who logs in; `''` with a token whose sender left that to the token (RFC 7628 §3.1). */
  readonly authenticationId: string
}

export type SaslCredentials = SaslNames & LoginProof

/** The proof alone, of something that has more to it. */
export function proofOf(login: LoginProof): LoginProof {
  if ('password' in login) return { password: login.password }
  return 'token' in login ? { token: login.token } : { scram: login.scram }
}
