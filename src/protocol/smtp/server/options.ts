/**
 * What the host decides about one connection before it starts.
 */
import type { SaslSetting } from '../../sasl/index.ts'
import { defaultSmtpLimits, type SmtpLimits } from '../limits.ts'

/** Extensions that a host may leave out because what stands behind the engine does not do them. */
export type OptionalExtension = 'CHUNKING' | 'BINARYMIME' | 'SMTPUTF8' | 'DSN' | 'LIMITS'

export interface FutureRelease {
  readonly seconds: number
  /** Milliseconds since the epoch. */
  readonly until: number
}

export interface SmtpServerOptions {
  /** Our name, in the greeting and the EHLO answer. */
  hostname: string
  /** `mx`: mail for us from anyone, no AUTH. `submission`: mail from our users, AUTH first (RFC 6409 §4.3). */
  mode: 'mx' | 'submission'
  /** `available`: STARTTLS is offered; `active`: the socket is TLS already (RFC 8314 §3.3). */
  tls: 'available' | 'active' | 'none'
  /** Offer AUTH without TLS. Only for loopback. */
  allowPlaintextAuth?: boolean
  /** What SCRAM needs; without it SCRAM is not offered. */
  sasl?: SaslSetting
  /** Octets; announced by SIZE and enforced while counting. */
  maxMessageSize: number
  /** How long a submission may be held at most, and until when, as of this connection (RFC 4865 §4). Absent: not offered. */
  futureRelease?: FutureRelease
  /** Not to be offered. */
  without?: readonly OptionalExtension[]
  limits?: Partial<SmtpLimits>
}

export interface Settings {
  readonly hostname: string
  readonly mode: 'mx' | 'submission'
  readonly startTls: boolean
  readonly allowPlaintextAuth: boolean
  readonly sasl: SaslSetting | undefined
  readonly maxMessageSize: number
  readonly futureRelease: FutureRelease | undefined
  readonly extensions: ReadonlySet<OptionalExtension>
  readonly limits: SmtpLimits
}

export function settingsOf(options: SmtpServerOptions): Settings {
  const extensions = new Set<OptionalExtension>(['CHUNKING', 'BINARYMIME', 'SMTPUTF8', 'DSN', 'LIMITS'])
  for (const name of options.without ?? []) extensions.delete(name)
  // BINARYMIME content can only come by BDAT (RFC 3030 §3).
  if (!extensions.has('CHUNKING')) extensions.delete('BINARYMIME')
  return {
    hostname: options.hostname,
    mode: options.mode,
    startTls: options.tls === 'available',
    allowPlaintextAuth: options.allowPlaintextAuth ?? false,
    sasl: options.sasl,
    maxMessageSize: options.maxMessageSize,
    futureRelease: options.mode === 'submission' ? options.futureRelease : undefined,
    extensions,
    limits: { ...defaultSmtpLimits, ...options.limits },
  }
}
