/**
 * What a TLS report says: for each policy that applied to a domain's mail servers, how many sessions were as it wants them,
 * and what was wrong with the others.
 *
 * Standards: RFC 8460 §4.1-§4.4.
 */

export interface TlsReport {
  /** Who reports. */
  organization: string
  contact: string
  id: string
  /** Milliseconds since the epoch, both within the period. */
  start: number
  end: number
  results: TlsPolicyResult[]
}

export interface TlsPolicyResult {
  policy: TlsReportPolicy
  successes: number
  /** All sessions that failed, told apart below as far as they were. */
  failed: number
  failures: TlsFailure[]
}

export interface TlsReportPolicy {
  type: 'tlsa' | 'sts' | 'no-policy-found'
  /** The domain that the policy is about. */
  domain: string
  /** TLSA records, or the lines of an MTA-STS policy. */
  text: string[]
  /** Names that an MTA-STS policy allows. */
  mxHosts: string[]
}

/** §4.3; others may come in reports that we are sent. */
export const tlsFailureTypes = [
  'starttls-not-supported',
  'certificate-host-mismatch',
  'certificate-expired',
  'certificate-not-trusted',
  'validation-failure',
  'tlsa-invalid',
  'dnssec-invalid',
  'dane-required',
  'sts-policy-fetch-error',
  'sts-policy-invalid',
  'sts-webpki-invalid',
] as const

export type TlsFailureType = (typeof tlsFailureTypes)[number]

export interface TlsFailure {
  type: string
  count: number
  /** The mail server's name and address. */
  mx?: string
  address?: string
  /** More about the reason, in a few words. */
  reason?: string
}
