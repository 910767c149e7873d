/**
 * What the HTTP application needs of the host it runs in. The Workers host gives Durable Objects; another may give less.
 */
import type { Administration } from '../../access/admin/index.ts'
import type { ApiToken, AuditRecord, NewApiToken, NewAuditRecord } from '../../access/api/index.ts'

/** A way to one account: the whole request goes there, and credentials are checked there. */
export interface AccountRoute {
  readonly accountId: string
  /** True when it came from a short-lived cache: a 401 is then worth one fresh look. */
  readonly cached: boolean
  fetch(request: Request): Promise<Response>
}

/** API tokens and the audit log. */
export interface ApiBook {
  /** The valid token of that text; its use is noted. Up to a minute old. */
  verify(token: string): Promise<ApiToken | undefined>
  tokens(): Promise<ApiToken[]>
  /** With its secret, this once. Undefined when there are too many. */
  addToken(token: NewApiToken): Promise<(ApiToken & { readonly token: string }) | undefined>
  /** False when there is none of that id. */
  removeToken(id: string): Promise<boolean>
  record(entry: NewAuditRecord): Promise<void>
  /** The newest first. */
  audit(page: { readonly before?: number; readonly limit: number }): Promise<AuditRecord[]>
}

export interface House {
  readonly hostname: string
  /** Absent: the bridge's doors are closed. */
  readonly bridgeSecret?: string
  /** Absent: administration is closed. */
  readonly adminToken?: string
  /** Opens `/metrics` and nothing else. */
  readonly metricsToken?: string
  readonly administration: Administration
  readonly api: ApiBook
  /** Milliseconds since the epoch. */
  now(): number
  /** Where the request comes from, as somebody says whom the operator believes; `unknown` otherwise. */
  clientAddress(request: Request): string
  /** The account a login name (full address, or bare name) or a token's account id means. */
  accountByLogin(login: string, fresh?: boolean): Promise<AccountRoute | undefined>
  accountById(id: string): AccountRoute
  /** Upgrades to the link that carries the bridge's requests. */
  openLink(request: Request): Response
  /** The MTA-STS policy of a hosted domain as it is served; undefined: there is none. */
  stsPolicy?(domain: string): Promise<string | undefined>
  /** Where idle sessions can be parked: on one machine. */
  readonly parking?: {
    /** Upgrades to the channel on which a bridge hears which of them to come for. */
    open(): Promise<Response>
    /** Whose session was parked under this id, if it still is. */
    account(id: string): AccountRoute | undefined
  }
  /** A static page, where such are bound. */
  asset?(request: Request): Promise<Response>
  log(level: 'info' | 'warning' | 'error', event: string, facts?: Record<string, unknown>): void
}
