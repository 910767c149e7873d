/**
 * What each object answers to others by RPC: plain values only, which a structured clone keeps whole.
 *
 * Apart from the classes, so that whoever calls an object does not depend on what it is made of.
 */
import type { AccountUsage, TokenSummary } from '../../access/admin/index.ts'
import type {
  ApiToken,
  AuditRecord,
  NewApiToken,
  NewAuditRecord,
  SendOrder,
  SendOutcome,
} from '../../access/api/index.ts'
import type { JmapResponse } from '../../access/jmap/index.ts'
import type { SendingQuestion, SendingVerdict } from '../../arrival/index.ts'
import type { MailboxDelivery, MailboxOutcome, TlsDays } from '../../delivery/index.ts'
import type { Person, SendingLimits, ShareNews, Suppression } from '../../mailbox/index.ts'
import type { ListSettings, Member, Post } from '../../lists/index.ts'
import type { LoginProof, ScramSalt } from '../../protocol/sasl/index.ts'
import type {
  NewEntry,
  QueuedEntry,
  QueueLimits,
  QueuePage,
  QueueSummary,
  TrackedStatus,
  Which,
} from '../../queue/index.ts'
import type {
  ReceivedReport,
  ReceivedSummary,
  ReportSearch,
  ReportSender,
  SourceSummary,
  TallyText,
} from '../../reports/index.ts'
import type {
  ActiveKey,
  AddressChange,
  DirectoryAnswer,
  DirectoryChanges,
  DomainPerson,
  ListAddress,
  MaskedAddress,
  MaskRefusal,
  NewMask,
  NewSigningKey,
  OutboundRoute,
  Profile,
  PublishedKey,
  RegisteredAccount,
  RegisteredDomain,
  Rule,
  RuleChange,
  RuleList,
  WaitingDestination,
  Webhook,
  WebhookSettings,
} from '../../routing/index.ts'
import type { CountedEvent, Counters, TraceEvent, TraceSearch } from '../../trace/index.ts'
import type { Complaint } from './account/late-reports.ts'
import type { Entered } from './grouped-calls.ts'

export type LoginAttempt = LoginProof & {
  /** As a bridge or the platform gives it; `unknown` otherwise. */
  readonly clientAddress: string
}

/** `retryAfter`: seconds; too many failures, so the secret was not even looked at. */
export type LoginResult =
  /** `credential` says which of the account's passwords and tokens it was; `signature` answers a proof of SCRAM. */
  | { readonly ok: true; readonly address: string; readonly credential: number; readonly signature?: string }
  | { readonly ok: false; readonly retryAfter?: number }

/** A text that may be longer than an argument may be (32 MiB): then it is a stream of UTF-8. */
export type LongText = string | ReadableStream<Uint8Array>

/** What a visit brought: what is for the client, and the answer as JSON; both as frames of a stream when that is long. */
export type VisitReply = { readonly octets: Uint8Array; readonly answer: string } | ReadableStream<Uint8Array>

export interface AccountDoor extends Rpc.DurableObjectBranded {
  /** Stores the messages in one transaction, or says for each why not. Durable when it answers. */
  deliver(batch: MailboxDelivery[]): Promise<MailboxOutcome[]>
  /** What the account says of recipients outside that messages of it are for, one after the other. */
  checkSending(questions: SendingQuestion[]): SendingVerdict[]
  /** Sends messages that a program composed, which the HTTP API vouches for. An outcome for each, in order. */
  sendMessages(orders: SendOrder[]): Promise<SendOutcome[]>
  /** A JMAP request of the HTTP API and its response, as JSON. Null: no such account. */
  jmapCalls(request: string): Promise<string | null>
  /** Null: no such account. */
  ownAddress(): string | null
  /** Somebody complained about a message that this account is said to have sent. */
  complained(complaint: Complaint): Promise<void>
  /** Addresses to which it does not send for now. */
  suppressions(): Suppression[]
  unsuppress(address: string): boolean
  /** Recipients outside an hour and a day; null: as the operator's settings say. */
  setSendLimits(limits: SendingLimits | null): void
  /** In which its people get reports; null: as their messages say. */
  setLanguage(language: string | null): void
  /** A queue tells what became of a message that was submitted under that tag. Unknown tags are ignored. */
  trackSubmission(tag: string, statuses: TrackedStatus[]): void
  authenticate(attempt: LoginAttempt): Promise<LoginResult>
  /** How clients are to hash this account's passwords; null when none can be used so, and for accounts that are none. */
  scramSalt(): ScramSalt | null
  create(facts: { address: string; name: string; password: string }): Promise<void>
  /** Sessions that logged in with the old password end. */
  setPassword(password: string): Promise<void>
  addToken(name: string): Promise<{ id: string; token: string }>
  tokens(): TokenSummary[]
  deleteToken(id: string): boolean
  usage(): AccountUsage
  setQuota(bytes: number | undefined): void
  /** Rows written in this life of the object: what Cloudflare would bill. */
  rowsWritten(): number
  /** Removes the account and all its mail. No address leads here any more. */
  destroy(): Promise<void>
  /**
   * Methods, uploads and copies of somebody else, `user`, on what this account shares with them; their own account vouches
   * for them. Calls and answers are JSON. Null: no such account.
   */
  sharedCall(user: Person, call: LongText): Promise<LongText | null>
  sharedUpload(user: Person, type: string, octets: ReadableStream<Uint8Array>): Promise<JmapResponse | null>
  sharedBlob(user: Person, blobId: string): Promise<{ type: string; size: number } | null>
  sharedOctets(user: Person, blobId: string, start: number, end: number): Promise<Uint8Array | null>
  /** `email` and the outcome are JSON. */
  sharedAdd(user: Person, email: string, raw: ReadableStream<Uint8Array>): Promise<string | null>
  /** A command of somebody else's IMAP session on what this account shares with them; `call` is JSON. Null: no such account. */
  visit(user: Person, call: LongText, octets: ReadableStream<Uint8Array> | null): Promise<VisitReply | null>
  /** What somebody shares with this account. Who it is; null: no such account. */
  learnSharing(news: ShareNews): Person | null
  /** States of types that changed in what that account shares, for clients that listen. Best effort. */
  sharedChanged(owner: string, states: Record<string, string>): void
  /** That account is no more: nothing is shared with it. */
  principalGone(principal: string): void
  fetch(request: Request): Promise<Response>
}

export interface DomainDoor extends Rpc.DurableObjectBranded {
  lookup(localPart: string): DirectoryAnswer
  isHosted(): boolean
  host(domain: string): AddressChange
  unhost(): AddressChange
  addAccount(localPart: string, accountId: string, name?: string): AddressChange
  people(accountIds?: string[]): { state: number; people: DomainPerson[] }
  peopleChanges(since: number): DirectoryChanges
  setProfile(accountId: string, profile: Profile): boolean
  removeAccount(localPart: string): AddressChange
  aliases(): { address: string; targets: string[] }[]
  webhooks(): Webhook[]
  webhook(name: string): Webhook | undefined
  /** False: there are too many, or the domain is not hosted. */
  setWebhook(name: string, settings: WebhookSettings, secret: string): boolean
  rotateWebhook(name: string, secret: string): boolean
  stopWebhook(name: string): void
  removeWebhook(name: string): boolean
  /** For links to messages that webhooks are told of; undefined when the domain is not hosted. */
  webhookLinkSecret(): string | undefined
  /** For return paths of what is sent on; undefined when the domain is not hosted. */
  returnPathSecret(): string | undefined
  rules(): RuleList & { separator: string }
  /** Only if they are in the version `expected`, where one is given. */
  setRules(rules: Rule[], expected?: number): RuleChange
  setAlias(localPart: string, targets: string[]): AddressChange
  removeAlias(localPart: string): AddressChange
  lists(): ListAddress[]
  list(localPart: string): ListAddress | undefined
  setList(localPart: string, listId: string, owners: string[]): AddressChange
  removeList(localPart: string): AddressChange
  /** The account's masked addresses, oldest first; `state` moves with every change of anybody's. */
  masks(accountId: string): { state: number; masks: MaskedAddress[] }
  /** null: the domain has no such account. */
  makeMask(accountId: string, mask: NewMask): MaskedAddress | MaskRefusal | null
  updateMask(accountId: string, mask: MaskedAddress): void
  removeMask(accountId: string, localPart: string): void
  maskUsed(localPart: string): void
  /** Undefined when the domain is not hosted. */
  signingKeys(): PublishedKey[] | undefined
  /** With their private halves: for the signer alone. */
  activeSigningKeys(): ActiveKey[]
  addSigningKeys(keys: NewSigningKey[], state: 'next' | 'active'): void
  activateSigningKeys(): void
  retireSigningKeys(): void
}

export interface ListDoor extends Rpc.DurableObjectBranded {
  /** One outcome for each, in order; `delivered` is durable. */
  deliver(batch: MailboxDelivery[]): Promise<MailboxOutcome[]>
  /** null: no such list. */
  settings(): ListSettings | null
  /** Makes the list, or changes what is said of it. */
  configure(settings: ListSettings): void
  /** In the order in which they came, after the member with that id. */
  members(after: number, limit: number): Member[]
  memberCount(): { active: number; bouncing: number }
  /** Those of the addresses for which there is no room, or which are none. */
  addMembers(addresses: string[]): string[]
  removeMember(address: string): boolean
  /** On their way and done, the newest first. */
  posts(): Post[]
  /** True when the token was a member's, who is none any more. */
  unsubscribe(token: string): boolean
  /** Removes the list, and what was on its way. No address leads here any more. */
  destroy(): Promise<void>
}

export interface QueueDoor extends Rpc.DurableObjectBranded {
  /** What it took is durable when it answers. The first attempts begin at once, and nobody waits for them. */
  enqueue(mails: NewEntry[]): Promise<Entered[]>
  /** Another queue of the destination gives its counts of TLS to this one, which reports them. Durable when it answers. */
  noteTls(days: TlsDays): Promise<void>
  /** `domain`, here and below: of an object that is shared, which queue. */
  list(page?: QueuePage, domain?: string): QueuedEntry[]
  show(id: string, domain?: string): QueuedEntry | undefined
  summary(domain?: string): QueueSummary
  /** Of an entry's message, as long as there is one. */
  sizeOf(id: string, domain?: string): number | undefined
  octets(id: string, start: number, end: number, domain?: string): Uint8Array | undefined
  limits(domain?: string): QueueLimits
  setLimits(limits: QueueLimits, domain?: string): Promise<void>
  retry(which?: Which, domain?: string): Promise<number>
  hold(which: Which, domain?: string): Promise<number>
  release(which: Which, domain?: string): Promise<number>
  remove(which: Which, domain?: string): Promise<number>
}

export interface TraceDoor extends Rpc.DurableObjectBranded {
  add(events: CountedEvent[]): Promise<void>
  /** `since`: what is known to be before it is not looked at. */
  find(ids: string[], since?: number): TraceEvent[]
  search(search: TraceSearch): TraceEvent[]
  counters(): Counters
}

export interface GreylistDoor extends Rpc.DurableObjectBranded {
  isFamiliar(network: number): boolean
  meet(network: number, triplet: number, delayMs: number): number
}

export interface ApiDoor extends Rpc.DurableObjectBranded {
  tokens(): ApiToken[]
  /** `hash`: of the whole token, in hex. Undefined when there are too many. */
  addToken(id: string, hash: string, token: NewApiToken): ApiToken | undefined
  /** The one that is removed. */
  removeToken(id: string): ApiToken | undefined
  useToken(id: string, hash: string): ApiToken | undefined
  record(entry: NewAuditRecord): void
  audit(page: { before?: number; limit: number }): AuditRecord[]
}

export interface DmarcDoor extends Rpc.DurableObjectBranded {
  /** Adds counts of that day's messages; after the day they are passed over. */
  add(tally: TallyText): Promise<void>
}

export interface ReportDoor extends Rpc.DurableObjectBranded {
  /** Keeps the reports in the messages, and refuses what has none. Durable when it answers. */
  deliver(batch: MailboxDelivery[]): MailboxOutcome[]
  /** Keeps the report in a message that is in a mailbox as well, if there is one. */
  keep(raw: Uint8Array, sender: ReportSender): void
  list(search: ReportSearch): ReceivedSummary[]
  sources(search: ReportSearch): SourceSummary[]
  /** The domain is hosted no longer. */
  forget(): Promise<void>
  show(id: number): ReceivedReport | undefined
}

export interface RegistryDoor extends Rpc.DurableObjectBranded {
  domains(): RegisteredDomain[]
  addDomain(domain: string): void
  removeDomain(domain: string): void
  accounts(page: { after?: string; limit?: number; domain?: string }): RegisteredAccount[]
  addAccount(account: RegisteredAccount): void
  removeAccount(accountId: string): void
  waiting(): WaitingDestination[]
  markWaiting(domain: string): void
  clearWaiting(domain: string): void
  routes(): OutboundRoute[]
  /** False when there are too many. */
  setRoute(route: OutboundRoute): boolean
  removeRoute(recipient: string, sender?: string): boolean
  /** Tells their bridges to come for these parked sessions. */
  comeFor(parked: string[]): void
  fetch(request: Request): Response | Promise<Response>
}
