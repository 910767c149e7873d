/**
 * What `facteur start` needs to know. Ports: 0 asks for any free one.
 */
import type { ScreeningTexts, VerificationTexts } from '../../arrival/index.ts'

export interface LocalOptions {
  /** Where everything durable lives; made when it does not exist. */
  readonly data: string
  /** The address all listeners bind. Passwords in plain text are allowed only when it is a loopback address. */
  readonly host: string
  readonly ports: {
    readonly http: number
    readonly smtp: number
    readonly submission: number
    readonly submissions: number
    readonly imap: number
    readonly imaps: number
    readonly pop3: number
    readonly pop3s: number
  }
  /** Our name in greetings, trace headers and as MX. */
  readonly hostname: string
  /** Where people reach the web and JMAP, when that is not the listener itself. */
  readonly publicUrl?: string
  /** Outside, for one account. */
  readonly recipientsPerHour?: number
  readonly recipientsPerDay?: number
  /** Rspamd's URL. */
  readonly rspamd?: string
  /** The header field in which a proxy in front says where a request comes from. */
  readonly clientAddressHeader?: string
  /** Days for which it is known what became of a message. */
  readonly traceDays?: number
  /** DNS over HTTPS (RFC 8484), for mail going out and for verifying what comes in. */
  readonly doh?: string
  /** How mail from outside is judged, by the flags' names. */
  readonly verification?: VerificationTexts
  /** What strangers meet at the door for mail, by the flags' names. */
  readonly screening?: ScreeningTexts
  /** The port remote mail exchangers listen on; 25 but in tests. */
  readonly mxPort: number
  /** Names that MX records of our domains have, apart by commas. */
  readonly mxNames?: string
  /** Mode of the MTA-STS policy of our domains, and for how many days it holds. */
  readonly mtaSts?: string
  readonly mtaStsDays?: number
  /** `smtp://user:password@host:port` or `smtps://…`: all mail to outside goes there. */
  readonly smarthost?: string
  /** Mail that is sent on has an envelope sender of the domain here. */
  readonly srs?: boolean
  /** Webhooks may be without TLS, and at addresses of private networks. */
  readonly webhooksToPrivate?: boolean
  /** Hosts that routes, rules and MX records name may be at loopback and private addresses. */
  readonly relayToPrivate?: boolean
  /** Make a demonstration domain with two accounts on an empty data directory. */
  readonly demo: boolean
  /** PEM files; a self-signed certificate is made when absent. */
  readonly certificate?: { readonly certFile: string; readonly keyFile: string }
  /** The largest message accepted, in bytes. */
  readonly maxMessageSize?: number
  /** Hours after which the sender is told that a message still waits. */
  readonly delayNoticeHours?: number
  /** Hours after which a waiting message is returned. */
  readonly queueLifetimeHours?: number
  /** The first pause between delivery attempts, in seconds. */
  readonly firstRetrySeconds?: number
  /** `DOMAIN=N,…`: destinations with more than one queue. */
  readonly queueShards?: string
  /** A bare login name (`alice`) belongs to this domain. */
  readonly defaultDomain?: string
}

/** True for addresses that never leave this machine. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}
