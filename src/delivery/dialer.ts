/**
 * The port to whoever opens TCP connections for us: the bridge's egress.
 */
import type { Envelope } from '../protocol/smtp/index.ts'
import type { RecipientOutcome, TlsFacts, TlsProblem } from '../queue/index.ts'

/**
 * `opportunistic`: STARTTLS when offered, certificate not judged, plain text else (RFC 7435).
 * `encrypted`: STARTTLS or nothing, certificate not judged (RFC 7672 §2.2). `dane`: STARTTLS with a certificate that the
 * target's TLSA records vouch for, or nothing. `required`: STARTTLS with a verified certificate or nothing; `implicit`: TLS
 * from the first byte, verified (RFC 8314); `none`: never.
 */
export type TlsPolicy = 'opportunistic' | 'encrypted' | 'dane' | 'required' | 'implicit' | 'none'

/** One TLSA record that can be used; `data` in base64 (RFC 6698 §2.1). */
export interface TlsaAssociation {
  usage: number
  selector: number
  matchingType: number
  data: string
}

/** What a server's certificates must fit. */
export interface DaneReference {
  /** Never empty. */
  records: TlsaAssociation[]
  /** Names that a certificate below an anchor may be for; the first goes into the handshake (RFC 7672 §3.2.2, §8.1). */
  names: string[]
}

export interface EgressTarget {
  /** Host name: for TLS server names, certificates and reports. An address when there is no name. */
  host: string
  port: number
  /** Textual IP addresses in the order to try; empty: the bridge resolves `host` itself. */
  addresses: string[]
  tls: TlsPolicy
  /** Not at addresses of this machine or of a private network, whatever name leads there. */
  publicOnly?: boolean
  /** With `dane`. */
  dane?: DaneReference
}

export interface EgressRequest {
  envelope: Envelope
  /** Our name in EHLO (RFC 5321 §4.1.1.1). */
  hostname: string
  /** To be tried in this order until one gives every recipient an answer that is not temporary. */
  targets: EgressTarget[]
  auth?: { user: string; password: string }
}

export interface EgressResult {
  recipients: RecipientOutcome[]
  tls?: TlsFacts
  /** The host that answered. */
  remote?: string
  /** Connections opened for this request as far as they came to TLS, be it only that none was offered. */
  sessions?: EgressSession[]
}

/** What became of TLS on one new connection. */
export interface EgressSession {
  /** As in the target. */
  host: string
  address: string
  /** Absent: the certificate is verified. */
  problem?: TlsProblem
  /** TLS was agreed on, whatever its certificate. */
  encrypted: boolean
}

/** Runs one SMTP transaction as a client. A rejection means that the dialer itself failed: the mail is deferred. */
export interface Dialer {
  send(request: EgressRequest, raw: Uint8Array, signal?: AbortSignal): Promise<EgressResult>
}
