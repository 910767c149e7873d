/**
 * What a failed check of a server's TLS is called in reports.
 *
 * Standards: RFC 8460 §4.3.
 */
import type { TlsProblem } from '../../../queue/index.ts'

/** A certificate that does not satisfy what was asked of it. */
export class TlsVerificationError extends Error {
  override readonly name = 'TlsVerificationError'
  readonly problem: TlsProblem

  constructor(problem: TlsProblem, message: string) {
    super(message)
    this.problem = problem
  }
}

const problems: Readonly<Record<string, TlsProblem>> = {
  CERT_HAS_EXPIRED: 'certificate-expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'certificate-host-mismatch',
  HOSTNAME_MISMATCH: 'certificate-host-mismatch',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'certificate-not-trusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'certificate-not-trusted',
  UNABLE_TO_GET_ISSUER_CERT: 'certificate-not-trusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'certificate-not-trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'certificate-not-trusted',
  CERT_UNTRUSTED: 'certificate-not-trusted',
}

/** From what the TLS library said: an error, or the code of one. */
export function tlsProblem(error: unknown): TlsProblem {
  if (error instanceof TlsVerificationError) return error.problem
  const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : error
  return (typeof code === 'string' ? problems[code] : undefined) ?? 'validation-failure'
}
