/**
 * What the HTTP application needs of the host it runs in. The Workers host gives Durable Objects; another may give less.
 */
import type { Administration } from '../../access/admin/index.ts'
import type {
  ApiToken,
  AuditRecord,
  NewApiToken,
  NewAuditRecord,
  SendOrder,
  SendOutcome,
} from '../../access/api/index.ts'

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

/** A JMAP method call, and what is answered to it. */
export type MethodCall = readonly [name: string, values: object, id: string]
export type MethodAnswer = readonly [name: string, values: Readonly<Record<string, unknown>>, id: string]

/** Accounts as programs use them. Who may is checked before. */
export interface ProgramMail {
  /** The account whose own address this is; not what an alias leads to. */
  accountOf(address: string): Promise<string | undefined>
  /** Undefined: no such account. */
  addressOf(accountId: string): Promise<string | undefined>
  /** The account and address of a token that an account's person made. */
  holderOf(
    token: string,
    clientAddress: string,
  ): Promise<{ readonly accountId: string; readonly address: string } | undefined>
  /** An outcome for each, in order. */
  send(accountId: string, orders: readonly SendOrder[]): Promise<readonly SendOutcome[]>
  /** Undefined: it has too much to do for now. */
  calls(accountId: string, calls: readonly MethodCall[]): Promise<readonly MethodAnswer[] | undefined>
  /** A message or a part of one, as the answer to `request`. */
  blob(accountId: string, blobId: string, names: { name: string; type?: string }, request: Request): Promise<Response>
  /** Under which a message with that tag is traced. */
  transactionOf(tag: string): Promise<string>
  randomText(length: number): string
  /** Octets. */
  readonly maxMessageSize: number
}

/** Messages that webhooks were told of, by the place that a link names. What it says is checked before. */
export interface LinkedMessages {
  /** With which its links are signed; undefined: the domain is not hosted here. */
  secretOf(place: string): Promise<string | undefined>
  /** Undefined: the message is gone. */
  sizeOf(place: string, entry: string): Promise<number | undefined>
  octets(place: string, entry: string, start: number, end: number): Promise<Uint8Array | undefined>
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
  readonly mail: ProgramMail
  readonly linked: LinkedMessages
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
