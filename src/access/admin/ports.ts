/**
 * What administration needs of the house: each port is one object, reached in any way the host likes.
 */

import type { StsPolicy } from '../../format/index.ts'
import type { SignatureCrypto } from '../../protocol/dkim/index.ts'
import type { DnsResolver } from '../../protocol/dns/index.ts'
import type { Smarthosts } from '../../delivery/index.ts'
import type { ListSettings, Member, Post } from '../../lists/index.ts'
import type { SendingLimits, Suppression } from '../../mailbox/index.ts'
import type { QueuedEntry, QueueLimits, QueuePage, QueueSummary, Which } from '../../queue/index.ts'
import type { ReceivedReport, ReceivedSummary, ReportSearch, SourceSummary } from '../../reports/index.ts'
import type {
  AddressChange,
  Directory,
  ListAddress,
  MaskedAddress,
  MaskRefusal,
  NewMask,
  NewSigningKey,
  OutboundRoute,
  PublishedKey,
  Rule,
  RuleChange,
  RuleList,
  Webhook,
  WebhookSettings,
} from '../../routing/index.ts'
import type { Counters, TraceEvent, TraceSearch } from '../../trace/index.ts'

export interface AccountSummary {
  readonly id: string
  readonly address: string
  readonly created: number
}

export interface AliasSummary {
  readonly address: string
  readonly targets: readonly string[]
}

/** The registry: lists for the administrator. It is on no message's path; the domain objects decide. */
export interface RegistryDoor {
  domains(): Promise<{ readonly name: string; readonly created: number }[]>
  addDomain(name: string): Promise<void>
  removeDomain(name: string): Promise<void>
  accounts(domain?: string): Promise<AccountSummary[]>
  addAccount(account: AccountSummary): Promise<void>
  removeAccount(id: string): Promise<void>
  /** Destinations where mail waited after a first failed attempt. */
  waiting(): Promise<string[]>
  routes(): Promise<OutboundRoute[]>
  /** False when there are too many. */
  setRoute(route: OutboundRoute): Promise<boolean>
  removeRoute(recipient: string, sender?: string): Promise<boolean>
}

/** One domain's address book. It answers with a sentence when the present state forbids a change. */
export interface DomainDoor {
  isHosted(): Promise<boolean>
  host(): Promise<AddressChange>
  unhost(): Promise<AddressChange>
  /** `displayName` is what others in the domain see, `''`: nothing but the address. */
  bindAccount(localPart: string, accountId: string, displayName: string): Promise<AddressChange>
  unbindAccount(localPart: string): Promise<AddressChange>
  /** The account whose own address this is; not what an alias, subaddress or catch-all leads to. */
  accountOf(localPart: string): Promise<string | undefined>
  aliases(): Promise<AliasSummary[]>
  setAlias(localPart: string, targets: readonly string[]): Promise<AddressChange>
  deleteAlias(localPart: string): Promise<AddressChange>
  /** With what separates a subaddress. */
  webhooks(): Promise<Webhook[]>
  /** False: there are too many. */
  setWebhook(name: string, settings: WebhookSettings, secret: string): Promise<boolean>
  rotateWebhook(name: string, secret: string): Promise<boolean>
  stopWebhook(name: string): Promise<void>
  removeWebhook(name: string): Promise<boolean>
  rules(): Promise<RuleList & { readonly separator: string }>
  /** Replaces all of them, if they are in the version `expected`, where one is given. */
  setRules(rules: readonly Rule[], expected?: number): Promise<RuleChange>
  lists(): Promise<ListAddress[]>
  list(localPart: string): Promise<ListAddress | undefined>
  setList(localPart: string, listId: string, owners: readonly string[]): Promise<AddressChange>
  removeList(localPart: string): Promise<AddressChange>
  /** Of one account, oldest first. */
  masks(accountId: string): Promise<MaskedAddress[]>
  /** Undefined: the domain has no such account. */
  makeMask(accountId: string, mask: NewMask): Promise<MaskedAddress | MaskRefusal | undefined>
  updateMask(accountId: string, mask: MaskedAddress): Promise<void>
  /** Undefined when the domain is not hosted. */
  signingKeys(): Promise<PublishedKey[] | undefined>
  addSigningKeys(keys: readonly NewSigningKey[], state: 'next' | 'active'): Promise<void>
  activateSigningKeys(): Promise<void>
  retireSigningKeys(): Promise<void>
}

export interface AccountUsage {
  readonly messages: number
  readonly bytes: number
  readonly quota?: number
  /** Rows written in this life of the account's object, index entries included: what Cloudflare bills. */
  readonly rowsWritten: number
  /** Of its own; absent: as the settings say. */
  readonly sendLimits?: SendingLimits
  /** In which its people get reports; absent: as their messages say. */
  readonly language?: string
}

export interface TokenSummary {
  readonly id: string
  readonly name: string
  readonly created: number
  readonly lastUsed?: number
}

export interface AccountDoor {
  create(facts: { readonly address: string; readonly name: string; readonly password: string }): Promise<void>
  setPassword(password: string): Promise<void>
  addToken(name: string): Promise<{ readonly id: string; readonly token: string }>
  tokens(): Promise<TokenSummary[]>
  deleteToken(id: string): Promise<boolean>
  usage(): Promise<AccountUsage>
  /** Octets; undefined: no limit. */
  setQuota(bytes: number | undefined): Promise<void>
  destroy(): Promise<void>
  /** Addresses outside to which it does not send for now. */
  suppressions(): Promise<Suppression[]>
  unsuppress(address: string): Promise<boolean>
  /** Recipients outside, 0: as many as it likes; null: as the settings say. */
  setSendLimits(limits: SendingLimits | null): Promise<void>
  setLanguage(language: string | null): Promise<void>
}

/** One destination's queue; what the acts return is how many entries they changed. */
export interface QueueDoor {
  list(page: QueuePage): Promise<QueuedEntry[]>
  show(id: string): Promise<QueuedEntry | undefined>
  summary(): Promise<QueueSummary>
  limits(): Promise<QueueLimits>
  setLimits(limits: QueueLimits): Promise<void>
  retry(which: Which): Promise<number>
  hold(which: Which): Promise<number>
  release(which: Which): Promise<number>
  remove(which: Which): Promise<number>
}

/** What became of one day's messages. */
export interface TraceDoor {
  find(id: string): Promise<TraceEvent[]>
  search(search: TraceSearch): Promise<TraceEvent[]>
  counters(): Promise<Counters>
}

/** One distribution list. */
export interface ListDoor {
  /** null: there is none yet. */
  settings(): Promise<ListSettings | null>
  configure(settings: ListSettings): Promise<void>
  members(after: number, limit: number): Promise<Member[]>
  memberCount(): Promise<{ active: number; bouncing: number }>
  /** Those for whom there is no room. */
  addMembers(addresses: string[]): Promise<string[]>
  removeMember(address: string): Promise<boolean>
  posts(): Promise<Post[]>
  unsubscribe(token: string): Promise<boolean>
  destroy(): Promise<void>
}

/** Reports that came about one hosted domain. */
export interface ReportDoor {
  list(search: ReportSearch): Promise<ReceivedSummary[]>
  sources(search: ReportSearch): Promise<SourceSummary[]>
  /** The domain is hosted no longer. */
  forget(): Promise<void>
  show(id: number): Promise<ReceivedReport | undefined>
}

export interface AdminPorts {
  readonly registry: RegistryDoor
  domain(name: string): DomainDoor
  /** Where mail goes, rules and all. */
  readonly directory: Directory
  account(id: string): AccountDoor
  queue(domain: string): QueueDoor
  list(id: string): ListDoor
  reports(domain: string): ReportDoor
  /** `day`: `2026-11-23`, UTC. */
  trace(day: string): TraceDoor
  /** For how many days there are traces. */
  readonly traceDays: number
  now(): number
  newAccountId(): string
  newListId(): string
  newWebhookSecret(): string
  /** Sends it an event that says nothing, now and once. `problem`: why it did not take it, in one sentence. */
  tryWebhook(domain: string, name: string): Promise<{ problem?: string }>
  /** Webhooks may be without TLS, and at addresses of private networks. */
  readonly plainWebhooks: boolean
  newPassword(): string
  /** Letters and digits by chance. */
  randomText(length: number): string
  /** Our name, to which MX records point. */
  readonly hostname: string
  /** The name of our web server. */
  readonly web: string
  /** The ways out of the house that the settings give. */
  readonly outside: {
    readonly smarthosts: Smarthosts
    readonly emailService: boolean
    /** A bridge makes connections for us. */
    readonly bridge: boolean
    /** What has no route goes by these. */
    readonly usual: readonly string[]
    /** Hosts that routes and rules name may be at addresses of this machine and of private networks. */
    readonly toPrivate: boolean
  }
  readonly tls: { readonly mxNames: readonly string[]; readonly stsPolicy?: StsPolicy }
  readonly dns: Pick<DnsResolver, 'resolve'>
  readonly crypto: SignatureCrypto
}
