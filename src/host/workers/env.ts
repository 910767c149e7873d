/**
 * The Worker's bindings, as wrangler.toml declares them.
 */
import type {
  AccountDoor,
  ApiDoor,
  DmarcDoor,
  DomainDoor,
  GreylistDoor,
  ListDoor,
  QueueDoor,
  RegistryDoor,
  ReportDoor,
  TraceDoor,
} from './doors.ts'

export interface Env {
  /** By account id (`a…`). */
  readonly ACCOUNT: DurableObjectNamespace<AccountDoor>
  /** By lower-case hosted domain. */
  readonly DOMAIN: DurableObjectNamespace<DomainDoor>
  /** By lower-case destination domain. */
  readonly QUEUE: DurableObjectNamespace<QueueDoor>
  /** One object, named `registry`. */
  readonly REGISTRY: DurableObjectNamespace<RegistryDoor>
  /** By day, `2026-11-23`. */
  readonly TRACE: DurableObjectNamespace<TraceDoor>
  /** `0` to `7`: shares of the greylist. */
  readonly GREYLIST: DurableObjectNamespace<GreylistDoor>
  /** One object, named `api`. */
  readonly API: DurableObjectNamespace<ApiDoor>
  /** By day, `2026-11-23`. */
  readonly DMARC: DurableObjectNamespace<DmarcDoor>
  /** By lower-case hosted domain. */
  readonly REPORT: DurableObjectNamespace<ReportDoor>
  /** By list id (`l…`). */
  readonly LIST: DurableObjectNamespace<ListDoor>
  /** Large messages and uploads; absent on one machine, where everything is inline. */
  readonly BLOBS?: R2Bucket
  /** Cloudflare Email Service, for mail to outside. */
  readonly EMAIL?: SendEmail
  /** Static pages; absent where no directory of them is served. */
  readonly ASSETS?: Fetcher
  /** A way out that reaches public addresses only; absent on Cloudflare, where a Worker has no private network. */
  readonly OUTSIDE?: Fetcher
  readonly FACTEUR_HOSTNAME?: string
  readonly FACTEUR_DEFAULT_DOMAIN?: string
  readonly FACTEUR_PUBLIC_URL?: string
  readonly FACTEUR_DOH?: string
  readonly FACTEUR_DMARC?: string
  readonly FACTEUR_DMARC_REPORTS?: string
  readonly FACTEUR_TRUSTED_NETWORKS?: string
  readonly FACTEUR_AUTHSERV_ID?: string
  readonly FACTEUR_TRUSTED_SEALERS?: string
  readonly FACTEUR_TRUSTED_AUTHSERV_IDS?: string
  readonly FACTEUR_DNSBL?: string
  readonly FACTEUR_DNSWL?: string
  readonly FACTEUR_GREYLIST?: string
  readonly FACTEUR_CLIENT_RATES?: string
  readonly FACTEUR_MX_PORT?: string
  readonly FACTEUR_MX_NAMES?: string
  readonly FACTEUR_MTA_STS?: string
  readonly FACTEUR_MTA_STS_DAYS?: string
  readonly FACTEUR_HTTPS_GATEWAY?: string
  readonly FACTEUR_SMARTHOST?: string
  readonly FACTEUR_SRS?: string
  readonly FACTEUR_EGRESS?: string
  readonly FACTEUR_MAX_MESSAGE_SIZE?: string
  readonly FACTEUR_QUEUE_LIFETIME_HOURS?: string
  readonly FACTEUR_DELAY_NOTICE_HOURS?: string
  readonly FACTEUR_RETRY_FIRST_SECONDS?: string
  readonly FACTEUR_QUEUE_SHARDS?: string
  readonly FACTEUR_QUEUE_OBJECTS?: string
  readonly FACTEUR_LINK_REQUESTS?: string
  readonly FACTEUR_CLIENT_ADDRESS_HEADER?: string
  readonly FACTEUR_PUSH_TO_PRIVATE?: string
  readonly FACTEUR_WEBHOOKS_TO_PRIVATE?: string
  readonly FACTEUR_RELAY_TO_PRIVATE?: string
  readonly FACTEUR_PARKING?: string
  readonly FACTEUR_BRIDGE_SECRET?: string
  readonly FACTEUR_ADMIN_TOKEN?: string
  readonly FACTEUR_METRICS_TOKEN?: string
  readonly FACTEUR_RSPAMD?: string
  readonly FACTEUR_RECIPIENTS_PER_HOUR?: string
  readonly FACTEUR_RECIPIENTS_PER_DAY?: string
  readonly FACTEUR_TRACE_DAYS?: string
}
