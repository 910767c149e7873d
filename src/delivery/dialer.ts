/**
 * The port to whoever opens TCP connections for us: the bridge's egress.
 */
import type { Envelope } from '../protocol/smtp/index.ts'
import type { RecipientOutcome, TlsFacts } from '../queue/index.ts'

/**
 * `opportunistic`: STARTTLS when offered, certificate not judged, plain text else (RFC 7435).
 * `required`: STARTTLS with a verified certificate or nothing; `implicit`: TLS from the first byte, verified (RFC 8314);
 * `none`: never.
 */
export type TlsPolicy = 'opportunistic' | 'required' | 'implicit' | 'none'

export interface EgressTarget {
  /** Host name: for TLS server names, certificates and reports. An address when there is no name. */
  host: string
  port: number
  /** Textual IP addresses in the order to try; empty: the bridge resolves `host` itself. */
  addresses: string[]
  tls: TlsPolicy
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
}

/** Runs one SMTP transaction as a client. A rejection means that the dialer itself failed: the mail is deferred. */
export interface Dialer {
  send(request: EgressRequest, raw: Uint8Array, signal?: AbortSignal): Promise<EgressResult>
}
