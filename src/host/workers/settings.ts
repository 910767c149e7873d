/**
 * The operator's variables, checked and typed.
 *
 * A wrong value throws `SettingsError` with one clear sentence: a mail server that guesses its configuration loses mail.
 */
import {
  parseScreening,
  parseVerification,
  type ScreeningSettings,
  type VerificationSettings,
} from '../../arrival/index.ts'
import { parseSmarthosts, type Smarthosts } from '../../delivery/index.ts'
import { defaultMaxMessageSize } from '../../format/index.ts'
import { parseShards, type QueuePlaces } from '../../queue/index.ts'
import type { Env } from './env.ts'
import { readTlsSettings, type TlsSettings } from './tls-settings.ts'

export interface Settings {
  readonly hostname: string
  readonly defaultDomain?: string
  /** Where people reach the web and JMAP, without a slash at its end. */
  readonly publicUrl?: string
  readonly doh: string
  /** How mail from outside is judged. */
  readonly verification: VerificationSettings
  /** What strangers meet at the door. */
  readonly screening: ScreeningSettings
  readonly tls: TlsSettings
  readonly mxPort: number
  /** By name; the first one is where all mail to outside goes that has no route. */
  readonly smarthosts: Smarthosts
  /** The bridge's base URL, without a slash at its end. */
  readonly egress?: string
  /** Octets of a message at every door: SMTP, Email Routing, JMAP, IMAP. */
  readonly maxMessageSize: number
  readonly queueLifetime: number
  readonly delayNotice?: number
  readonly firstRetry?: number
  /** Where mail for other domains waits. */
  readonly queuePlaces: QueuePlaces
  readonly bridgeSecret?: string
  readonly adminToken?: string
  /** Opens `/metrics` and nothing else. */
  readonly metricsToken?: string
  /** Recipients outside that one account may send to; 0: as many as it likes. */
  readonly recipientsPerHour: number
  readonly recipientsPerDay: number
  /** The Rspamd server that is asked about mail from outside. A password in it is that of its controller. */
  readonly rspamd?: URL
  /** How long it is known what became of a message; 0: not at all. */
  readonly traceDays: number
  /** Requests after which a bridge is asked for a fresh link: Cloudflare bounds what one request may do. */
  readonly linkRequests?: number
  /** A request header that holds the client's address and that clients cannot set themselves. */
  readonly clientAddressHeader?: string
  /** Push subscriptions may name loopback and private addresses: for tests, and push services of one's own. */
  readonly pushToPrivate: boolean
  /** The envelope sender of what aliases send on is rewritten. */
  readonly rewritesSenders: boolean
  readonly webhooksToPrivate: boolean
  /** Hosts that routes, rules and MX records name may be at loopback and private addresses. */
  readonly relayToPrivate: boolean
  /** All objects are in this isolate, for which idle sessions may be parked. */
  readonly parking: boolean
}

export class SettingsError extends Error {
  override readonly name = 'SettingsError'
}

const DEFAULT_DOH = 'https://cloudflare-dns.com/dns-query'
/** Five days (RFC 5321 §4.5.4.1 asks for at least four or five). */
const DEFAULT_LIFETIME_HOURS = 120
/** Envelope, message and framing of one hand-over must fit one RPC argument (32 MiB). */
const LARGEST_MESSAGE = 30 * 1024 * 1024
/** Objects that destinations share: more of them would be shared by fewer and fewer. */
const MOST_SHARED = 64
const HOUR = 3_600_000

const cache = new WeakMap<object, Settings>()

/** The settings of this environment; parsed once per environment object. */
export function settingsOf(env: Env): Settings {
  let settings = cache.get(env)
  if (settings === undefined) cache.set(env, (settings = readSettings(env)))
  return settings
}

/** Which way mail to outside goes that has no route. */
export function usualAgents(env: Env): string[] {
  const { smarthosts, egress } = settingsOf(env)
  const [first] = smarthosts.keys()
  if (first !== undefined) return [first]
  return egress === undefined && env.EMAIL !== undefined ? ['email-service'] : ['mx']
}

function readSettings(env: Env): Settings {
  const hostname = text(env.FACTEUR_HOSTNAME)?.toLowerCase() ?? 'localhost'
  const egress = text(env.FACTEUR_EGRESS)
  const publicUrl = text(env.FACTEUR_PUBLIC_URL)
  const defaultDomain = text(env.FACTEUR_DEFAULT_DOMAIN)
  const bridgeSecret = text(env.FACTEUR_BRIDGE_SECRET)
  const adminToken = text(env.FACTEUR_ADMIN_TOKEN)
  const rspamd = text(env.FACTEUR_RSPAMD)
  const metricsToken = text(env.FACTEUR_METRICS_TOKEN)
  const delay = text(env.FACTEUR_DELAY_NOTICE_HOURS)
  const linkRequests = text(env.FACTEUR_LINK_REQUESTS)
  const clientAddressHeader = text(env.FACTEUR_CLIENT_ADDRESS_HEADER)
  const retry = text(env.FACTEUR_RETRY_FIRST_SECONDS)
  return {
    rewritesSenders: yesOrNo('FACTEUR_SRS', env.FACTEUR_SRS),
    pushToPrivate: yesOrNo('FACTEUR_PUSH_TO_PRIVATE', env.FACTEUR_PUSH_TO_PRIVATE),
    relayToPrivate: yesOrNo('FACTEUR_RELAY_TO_PRIVATE', env.FACTEUR_RELAY_TO_PRIVATE),
    webhooksToPrivate: yesOrNo('FACTEUR_WEBHOOKS_TO_PRIVATE', env.FACTEUR_WEBHOOKS_TO_PRIVATE),
    parking: yesOrNo('FACTEUR_PARKING', env.FACTEUR_PARKING),
    hostname,
    queuePlaces: {
      shards: shardsOf(env.FACTEUR_QUEUE_SHARDS),
      shared: integer('FACTEUR_QUEUE_OBJECTS', env.FACTEUR_QUEUE_OBJECTS, 0, 0, MOST_SHARED),
    },
    doh: url('FACTEUR_DOH', text(env.FACTEUR_DOH) ?? DEFAULT_DOH).href,
    verification: verificationOf(env),
    screening: screeningOf(env),
    tls: tlsOf(env, hostname),
    mxPort: integer('FACTEUR_MX_PORT', env.FACTEUR_MX_PORT, 25, 1, 65_535),
    maxMessageSize: integer(
      'FACTEUR_MAX_MESSAGE_SIZE',
      env.FACTEUR_MAX_MESSAGE_SIZE,
      defaultMaxMessageSize,
      65_536,
      LARGEST_MESSAGE,
    ),
    queueLifetime:
      HOUR *
      number('FACTEUR_QUEUE_LIFETIME_HOURS', env.FACTEUR_QUEUE_LIFETIME_HOURS, DEFAULT_LIFETIME_HOURS, 0.0001, 720),
    ...(delay === undefined ? {} : { delayNotice: HOUR * number('FACTEUR_DELAY_NOTICE_HOURS', delay, 4, 0.0001, 720) }),
    ...(retry === undefined
      ? {}
      : { firstRetry: 1000 * number('FACTEUR_RETRY_FIRST_SECONDS', retry, 300, 0.05, 86_400) }),
    ...(defaultDomain === undefined ? {} : { defaultDomain: defaultDomain.toLowerCase() }),
    smarthosts: smarthostsOf(env.FACTEUR_SMARTHOST),
    ...(publicUrl === undefined ? {} : { publicUrl: url('FACTEUR_PUBLIC_URL', publicUrl).href.replace(/\/$/, '') }),
    ...(egress === undefined ? {} : { egress: url('FACTEUR_EGRESS', egress).href.replace(/\/$/, '') }),
    ...(bridgeSecret === undefined ? {} : { bridgeSecret }),
    ...(adminToken === undefined ? {} : { adminToken }),
    ...(metricsToken === undefined ? {} : { metricsToken }),
    recipientsPerHour: integer('FACTEUR_RECIPIENTS_PER_HOUR', env.FACTEUR_RECIPIENTS_PER_HOUR, 0, 0, 1_000_000_000),
    recipientsPerDay: integer('FACTEUR_RECIPIENTS_PER_DAY', env.FACTEUR_RECIPIENTS_PER_DAY, 10_000, 0, 1_000_000_000),
    ...(rspamd === undefined ? {} : { rspamd: url('FACTEUR_RSPAMD', rspamd) }),
    traceDays: integer('FACTEUR_TRACE_DAYS', env.FACTEUR_TRACE_DAYS, 7, 0, 90),
    ...(linkRequests === undefined
      ? {}
      : { linkRequests: integer('FACTEUR_LINK_REQUESTS', linkRequests, 300, 10, 1_000_000) }),
    ...(clientAddressHeader === undefined ? {} : { clientAddressHeader }),
  }
}

function screeningOf(env: Env): ScreeningSettings {
  const parsed = parseScreening({
    dnsbl: text(env.FACTEUR_DNSBL),
    dnswl: text(env.FACTEUR_DNSWL),
    greylist: text(env.FACTEUR_GREYLIST),
    'client-rates': text(env.FACTEUR_CLIENT_RATES),
  })
  if (parsed.ok) return parsed.settings
  throw new SettingsError(`FACTEUR_${parsed.setting.toUpperCase().replaceAll('-', '_')} ${parsed.problem}`)
}

function verificationOf(env: Env): VerificationSettings {
  const parsed = parseVerification({
    dmarc: text(env.FACTEUR_DMARC),
    'dmarc-reports': text(env.FACTEUR_DMARC_REPORTS),
    'trusted-networks': text(env.FACTEUR_TRUSTED_NETWORKS),
    'authserv-id': text(env.FACTEUR_AUTHSERV_ID),
    'trusted-sealers': text(env.FACTEUR_TRUSTED_SEALERS),
    'trusted-authserv-ids': text(env.FACTEUR_TRUSTED_AUTHSERV_IDS),
  })
  if (parsed.ok) return parsed.settings
  throw new SettingsError(`FACTEUR_${parsed.setting.toUpperCase().replaceAll('-', '_')} ${parsed.problem}`)
}

function tlsOf(env: Env, hostname: string): TlsSettings {
  const read = readTlsSettings(env, hostname)
  if (typeof read === 'string') throw new SettingsError(read)
  return read
}

function shardsOf(value: string | undefined): ReadonlyMap<string, number> {
  const parsed = parseShards(value ?? '')
  if (!parsed.ok) throw new SettingsError(`FACTEUR_QUEUE_SHARDS: ${parsed.problem}`)
  return parsed.shards
}

function smarthostsOf(value: string | undefined): Smarthosts {
  const parsed = parseSmarthosts(value ?? '')
  if (!parsed.ok) throw new SettingsError(parsed.problem)
  return parsed.smarthosts
}

function text(value: string | undefined): string | undefined {
  const trimmed = value?.trim()
  return trimmed === undefined || trimmed === '' ? undefined : trimmed
}

function number(name: string, value: string | undefined, fallback: number, least: number, most: number): number {
  const given = text(value)
  if (given === undefined) return fallback
  const parsed = Number(given)
  if (!(parsed >= least && parsed <= most)) throw new SettingsError(`${name} must be a number from ${least} to ${most}`)
  return parsed
}

function integer(name: string, value: string | undefined, fallback: number, least: number, most: number): number {
  const parsed = number(name, value, fallback, least, most)
  if (!Number.isInteger(parsed)) throw new SettingsError(`${name} must be a whole number`)
  return parsed
}

function yesOrNo(name: string, value: string | undefined): boolean {
  const given = text(value)?.toLowerCase() ?? 'no'
  if (given !== 'yes' && given !== 'no') throw new SettingsError(`${name} must be yes or no`)
  return given === 'yes'
}

function url(name: string, value: string): URL {
  if (!URL.canParse(value)) throw new SettingsError(`${name} must be an http or https URL`)
  const parsed = new URL(value)
  if (parsed.protocol !== 'https:' && parsed.protocol !== 'http:') {
    throw new SettingsError(`${name} must be an http or https URL`)
  }
  return parsed
}
