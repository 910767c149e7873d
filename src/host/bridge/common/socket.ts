/**
 * The socket port: what the services need of TCP and TLS, and nothing of a runtime's own classes.
 *
 * A socket delivers nothing until `handle` is called. Every failure ends in exactly one `close` event; write errors are
 * never thrown. Deadlines for what a peer must do next belong to the services; connecting and TLS handshakes have theirs
 * here, since nobody else can cut them off.
 */
import type { DaneReference } from '../../../delivery/index.ts'
import type { TlsProblem } from '../../../queue/index.ts'

export interface Endpoint {
  /** IPv4 or IPv6 text, an IPv4-mapped IPv6 address already unwrapped. */
  readonly address: string
  readonly port: number
}

/** What a finished TLS handshake agreed on. */
export interface TlsFacts {
  /** 'TLSv1.3', 'TLSv1.2'. */
  readonly version: string
  /** The IANA name of the cipher suite. */
  readonly cipher: string
  /** Client side only: the certificate was checked against what was asked for and trusted. */
  readonly verified: boolean
  /** Client side only, of a verified certificate. */
  readonly verifiedBy?: 'dane' | 'pkix'
  /** Client side only, of one that is not: why. */
  readonly problem?: TlsProblem
}

/** A server certificate with its chain, and its private key, both PEM. A changed certificate is a new object. */
export interface TlsIdentity {
  readonly cert: string
  readonly key: string
}

export interface TlsClientOptions {
  /** The name for SNI and for verification; an address literal sends no SNI. */
  readonly servername: string
  /** Break the handshake off when the certificate does not verify. */
  readonly verify: boolean
  /** Verify by these TLSA records in place of the authorities that are trusted. */
  readonly dane?: DaneReference
  /** Trusted roots (PEM) in place of the system's. */
  readonly ca?: readonly string[]
  readonly timeoutMs: number
}

export interface SocketEvents {
  /** Bytes arrived; the handler owns the chunk. Comes only while not paused. */
  data(chunk: Uint8Array): void
  /** The peer has sent its last byte and may still read. */
  end(): void
  /** The backlog of writes that answered false has been handed to the system. */
  drain?(): void
  /** The last event, exactly once. */
  close(cause: Error | undefined): void
}

export interface Socket {
  readonly remote: Endpoint
  readonly local: Endpoint
  /** undefined in plain text. */
  readonly tls: TlsFacts | undefined
  /**
   * The TLS connection's channel binding of that type (RFC 5056): `tls-exporter` and `tls-server-end-point`, on a server's
   * side and under TLS 1.3. Undefined without TLS, for other types, and where the runtime cannot tell.
   */
  channelBinding(type: string): Uint8Array | undefined
  /** Bytes accepted by `write` that the system has not taken. */
  readonly backlog: number
  /** Sets who is told and starts reading; replaces the handler before. */
  handle(events: SocketEvents): void
  /** Nobody is told any more and nothing is read, until `handle` is called again. A close in between is told then. */
  release(): void
  pause(): void
  resume(): void
  /** Puts bytes back in front of what is still to be read; only while nobody handles. */
  unread(bytes: Uint8Array): void
  /** Queues bytes; false when the backlog is past its mark (the bytes are queued all the same). `written` is called when the system took them. */
  write(bytes: Uint8Array, written?: () => void): boolean
  /** Turns server-side to TLS. Bytes not yet read belong to the handshake. Rejects and destroys when it fails. Data comes only after the promise's handlers have run. */
  startTlsServer(identity: TlsIdentity, timeoutMs: number): Promise<TlsFacts>
  /** Turns client-side to TLS. Rejects and destroys when it fails. */
  startTlsClient(options: TlsClientOptions): Promise<TlsFacts>
  /** Writes what is queued, then closes our direction; the socket is destroyed when the peer closes too or after `lingerMs`. */
  end(lingerMs?: number): void
  /** Closes at once; nothing queued is written. */
  destroy(): void
}

export interface ListenOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  readonly backlog?: number
}

export interface Listener {
  readonly address: Endpoint
  /** Stops accepting; open sockets stay. */
  close(): Promise<void>
}

export interface ConnectOptions {
  readonly address: string
  readonly port: number
  readonly timeoutMs: number
  readonly localAddress?: string
}

/** The runtime's TCP. */
export interface Network {
  /** Rejects with the system's error, its `code` kept (EADDRINUSE, EACCES, EADDRNOTAVAIL …). */
  listen(options: ListenOptions, accept: (socket: Socket) => void): Promise<Listener>
  connect(options: ConnectOptions): Promise<Socket>
  /** All addresses of a host name in the system's order; rejects when there are none. */
  resolve(host: string): Promise<string[]>
}

/** A connection or handshake took longer than it may. */
export class SocketTimeout extends Error {
  override readonly name = 'SocketTimeout'
  readonly code = 'ETIMEDOUT'
}

/** `::ffff:192.0.2.1` as `192.0.2.1`; zone ids dropped; anything else unchanged. */
export function plainAddress(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  if (mapped?.[1] !== undefined) return mapped[1]
  const zone = address.indexOf('%')
  return zone < 0 ? address : address.slice(0, zone)
}

/** Does the address belong to this machine's loopback (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3)? */
export function isLoopback(address: string): boolean {
  return address === '::1' || /^127\.\d+\.\d+\.\d+$/.test(address)
}
