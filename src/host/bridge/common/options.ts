/** What a bridge is told when it starts, its limits with their reasons, and what it gives back. */

import { defaultMaxMessageSize } from '../../../format/index.ts'
import type { DoorLimits } from './client-rates.ts'
import { defaultLinkLimits, type LinkLimits } from './link.ts'
import type { Log } from './log.ts'
import type { LoginPenaltyLimits } from './login-penalty.ts'
import type { ParkingTimes } from './parkable-session.ts'
import type { Endpoint } from './socket.ts'
import type { TlsSource } from './certificates.ts'

export interface ListenerOptions {
  readonly host: string
  /** 0: any free port; see `Bridge.addresses`. */
  readonly port: number
  /** Each connection begins with a PROXY protocol header (version 1 or 2), which is then required. */
  readonly proxyProtocol?: boolean
}

export type ListenerName = 'smtp' | 'submission' | 'submissions' | 'imap' | 'imaps' | 'pop3' | 'pop3s' | 'egress'

export interface BridgeOptions {
  /** The Worker: `http://127.0.0.1:8787`, `https://mail.example`. */
  readonly workerUrl: string | URL
  /** A Unix domain socket on which the Worker answers too, where it is on this machine. */
  readonly workerSocket?: string
  /** Shared with the Worker. */
  readonly secret: string
  /** Our name in greetings. */
  readonly hostname: string
  readonly tls: TlsSource
  /** Those absent are not opened. The key is also the name of the command line's flag. */
  readonly listeners: Partial<Record<ListenerName, ListenerOptions>>
  /** Passwords without TLS, for clients on loopback (never for others); default true. */
  readonly allowPlaintextLogin?: boolean
  /** Idle IMAP sessions are parked at the Worker, which must have all its objects in one process. Default false. */
  readonly parking?: boolean
  readonly limits?: Partial<BridgeLimits>
  readonly log?: Log
  /** Roots (PEM) to trust for the Worker's certificate in place of the system's. */
  readonly workerCa?: readonly string[]
  /** Roots (PEM) to trust for certificates of remote mail servers in place of the system's. */
  readonly egressCa?: readonly string[]
}

export interface Bridge {
  /** Where each listener really listens. */
  readonly addresses: Readonly<Partial<Record<ListenerName, Endpoint>>>
  /** Resolves when the Worker has answered for the first time; never rejects. */
  readonly linked: Promise<void>
  /**
   * Stops listening, sends idle clients away (421, BYE), lets running transactions finish for at most `drainMs`
   * (default 10 s), then cuts the rest off. Resolves when nothing of the bridge is left.
   */
  close(options?: { readonly drainMs?: number }): Promise<void>
}

export interface BridgeLimits extends LinkLimits, LoginPenaltyLimits, DoorLimits, ParkingTimes {
  /** Open SMTP and submission connections: each costs some 50 KB. */
  readonly smtpConnections: number
  /** Parked sessions on their way back at once: when all have news, or the Worker is lost, they come in turn. */
  readonly returningSessions: number
  /** Open IMAP and POP3 connections: mostly idle ones. */
  readonly sessionConnections: number
  /** Of them from one IPv4 address or IPv6 /64. Offices behind one address have many mail apps. */
  readonly connectionsPerAddress: number
  readonly connectionsPerLoopback: number
  /** Octets of messages being received, over all connections; above it 452, so that a flood of large messages cannot take all memory. */
  readonly gatheredBytes: number
  /** The largest message while the Worker has not said (and never above what it said). */
  readonly maxMessageSize: number
  /** Waiting for a command (RFC 5321 §4.5.3.2.7: at least 5 minutes). */
  readonly commandMs: number
  /** … while three quarters of the connections are taken, so that nobody can keep others out by saying little. */
  readonly crowdedCommandMs: number
  /** Waiting for a piece of content (RFC 5321 §4.5.3.2.5: 3 minutes). */
  readonly contentMs: number
  /** One message from 354 to its end: ends a client that drips. */
  readonly messageMs: number
  /** From connection to successful login where login is required. */
  readonly loginMs: number
  readonly handshakeMs: number
  /** Waiting for the Worker: recipient checks, logins. */
  readonly requestMs: number
  /** Waiting for the Worker to store a message. Long: giving up early makes the sender deliver twice. Clients wait 10 minutes (RFC 5321 §4.5.3.2.6). */
  readonly deliverMs: number
  /** A mail app that neither says nor hears anything (RFC 9051 §5.4: at least 30 minutes). */
  readonly sessionIdleMs: number
  /** A POP3 client that does the same (RFC 1939 §3: at least 10 minutes); not longer, since it keeps others out. */
  readonly maildropIdleMs: number
  /** A mail app that closed its side: silence after which its session ends. */
  readonly halfClosedMs: number
  /** Output to one mail app which it does not read: beyond it the session object is asked to wait. */
  readonly sessionBacklog: number
  /** Egress: connecting to one address. */
  readonly connectMs: number
  /** Egress: waiting for a reply (RFC 5321 §4.5.3.2.1–.3: 5 minutes). */
  readonly replyMs: number
  /** Egress: waiting for the reply to the content (RFC 5321 §4.5.3.2.6: 10 minutes). */
  readonly finalReplyMs: number
  /** Egress: one message in all, and before it the dialogue up to there: ends a server that drips. Within what the queue waits. */
  readonly exchangeMs: number
  /** Egress: connections open to one target at once. */
  readonly connectionsPerTarget: number
  /** Egress: how long a connection is kept for the next message. */
  readonly reuseMs: number
  /** Egress: connections kept for the next message, to all targets together; the one that was used longest ago makes room. */
  readonly keptConnections: number
  /** Egress: how long a host that did not answer is tried after all others. */
  readonly unreachableMs: number
  /** Egress: hosts that did not answer, remembered at once. */
  readonly unreachableHosts: number
  /** Egress: messages on one connection. */
  readonly messagesPerConnection: number
  /** Egress: the largest request body. */
  readonly egressBytes: number
  /** Egress: requests at work at once. */
  readonly egressRequests: number
}

export const defaultBridgeLimits: BridgeLimits = {
  ...defaultLinkLimits,
  smtpConnections: 2_000,
  sessionConnections: 20_000,
  connectionsPerAddress: 100,
  connectionsPerLoopback: 10_000,
  gatheredBytes: 256 * 1024 * 1024,
  maxMessageSize: defaultMaxMessageSize,
  commandMs: 300_000,
  crowdedCommandMs: 10_000,
  contentMs: 180_000,
  messageMs: 3_600_000,
  loginMs: 180_000,
  handshakeMs: 30_000,
  requestMs: 30_000,
  deliverMs: 180_000,
  failedLoginMs: 1_000,
  maxFailedLoginMs: 15_000,
  turnedAwayMs: 60_000,
  screeningMs: 5_000,
  maxUnknownMs: 5_000,
  sessionIdleMs: 31 * 60_000,
  maildropIdleMs: 11 * 60_000,
  halfClosedMs: 2_000,
  parkAfterMs: 200,
  parkAfterMostMs: 60_000,
  returningSessions: 64,
  sessionBacklog: 1024 * 1024,
  connectMs: 30_000,
  replyMs: 300_000,
  finalReplyMs: 600_000,
  exchangeMs: 720_000,
  connectionsPerTarget: 20,
  reuseMs: 10_000,
  keptConnections: 200,
  unreachableMs: 300_000,
  unreachableHosts: 2_000,
  messagesPerConnection: 100,
  egressBytes: 128 * 1024 * 1024,
  egressRequests: 500,
}
