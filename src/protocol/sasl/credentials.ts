/**
 * What a password mechanism carries.
 */

/** Mechanisms this house speaks. LOGIN is obsolete (draft-murchison-sasl-login) but still what some clients choose first. */
export type SaslMechanism = 'PLAIN' | 'LOGIN'

export interface PasswordCredentials {
  /** Who to act as; `''` means the same as `authenticationId` (RFC 4616 §2). */
  authorizationId: string
  /** Who logs in. */
  authenticationId: string
  password: string
}
