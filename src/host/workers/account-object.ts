/**
 * One mail account as a Durable Object, named by its account id: the only place where its mail is changed.
 *
 * Thin by law: it wires the store to the protocols and to the sockets. Every door first checks that the account exists,
 * so that an object which a stranger names stays empty.
 */
import { DurableObject } from 'cloudflare:workers'
import type { SendingQuestion, SendingVerdict } from '../../arrival/index.ts'
import type { MailboxDelivery, MailboxOutcome } from '../../delivery/index.ts'
import type { SendOrder, SendOutcome } from '../../access/api/index.ts'
import type { JmapResponse } from '../../access/jmap/index.ts'
import { formatState, type Person, type SendingLimits, type ShareNews, type Suppression } from '../../mailbox/index.ts'
import { encodeUtf8 } from '../../format/index.ts'
import type { StateChange } from '../../protocol/jmap/index.ts'
import type { ScramSalt } from '../../protocol/sasl/index.ts'
import type { TrackedStatus } from '../../queue/index.ts'
import type { AccountUsage, TokenSummary } from '../../access/admin/index.ts'
import { type AccountRooms, openRooms } from './account/account-rooms.ts'
import type { Complaint } from './account/late-reports.ts'
import { takeDelivery } from './account/local-delivery.ts'
import { sendingVerdict } from './account/sending-policy.ts'
import { newServerKey } from './account/vapid.ts'
import type { AccountDoor, LoginAttempt, LoginResult, LongText, VisitReply } from './doors.ts'
import type { Env } from './env.ts'
import { nameOf } from './object-name.ts'
import { settingsOf } from './settings.ts'
import { durableSql, type MeteredSql } from './sql.ts'

export class AccountObject extends DurableObject<Env> implements AccountDoor {
  readonly #id: string
  readonly #sql: MeteredSql
  #rooms: AccountRooms

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#id = nameOf(ctx)
    this.#sql = durableSql(ctx.storage)
    this.#rooms = this.#open()
  }

  #open(): AccountRooms {
    const { ctx, env } = this
    const self = {
      deliver: async (batch: MailboxDelivery[]) => this.deliver(batch),
      sendingVerdict: (question: SendingQuestion) => this.#sendingVerdict(question),
      complained: async (complaint: Complaint) => this.complained(complaint),
    }
    return openRooms({ ctx, env, id: this.#id, sql: this.#sql, self })
  }

  async deliver(batch: MailboxDelivery[]): Promise<MailboxOutcome[]> {
    const { sessions, store, afterDelivery } = this.#rooms
    sessions.restore()
    return takeDelivery(store, batch, (delivery, email) => afterDelivery.stored(delivery, email))
  }

  checkSending(questions: readonly SendingQuestion[]): SendingVerdict[] {
    return questions.map((question) => this.#sendingVerdict(question))
  }

  #sendingVerdict({ outside, committed }: SendingQuestion): SendingVerdict {
    const { store } = this.#rooms
    return store.exists ? sendingVerdict(store, this.#sendLimits(), outside, committed) : { refused: [] }
  }

  async sendMessages(orders: SendOrder[]): Promise<SendOutcome[]> {
    const { sessions, sender } = this.#rooms
    sessions.restore()
    return sender.send(orders)
  }

  async jmapCalls(request: string): Promise<string | null> {
    const { sessions, store, jmap, quiet } = this.#rooms
    if (!store.exists) return null
    sessions.restore()
    quiet.soon()
    return (await (await jmap()).handle(encodeUtf8(request))).body
  }

  ownAddress(): string | null {
    const { store } = this.#rooms
    return store.exists ? store.facts.address : null
  }

  async complained(complaint: Complaint): Promise<void> {
    const { store, lateReports } = this.#rooms
    if (store.exists) await lateReports.complained(complaint)
  }

  suppressions(): Suppression[] {
    return this.#rooms.store.suppressions.list()
  }

  unsuppress(address: string): boolean {
    return this.#rooms.store.suppressions.remove(address)
  }

  setSendLimits(limits: SendingLimits | null): void {
    this.#rooms.store.sendingRate.setLimits(limits ?? undefined)
  }

  setLanguage(language: string | null): void {
    this.#rooms.store.updateAccount({ language: language ?? undefined })
  }

  #sendLimits(): SendingLimits {
    const { recipientsPerHour, recipientsPerDay } = settingsOf(this.env)
    const usual = { perHour: recipientsPerHour, perDay: recipientsPerDay }
    const { perHour, perDay } = this.#rooms.store.sendingRate.limits ?? usual
    return { perHour: perHour || Infinity, perDay: perDay || Infinity }
  }

  trackSubmission(tag: string, statuses: TrackedStatus[]): void {
    this.#rooms.outbox.track(tag, statuses)
  }

  async sharedCall(user: Person, call: LongText): Promise<LongText | null> {
    this.#rooms.sessions.restore()
    return this.#rooms.sharing.call(user, call)
  }

  async sharedUpload(user: Person, type: string, octets: ReadableStream<Uint8Array>): Promise<JmapResponse | null> {
    return this.#rooms.sharing.upload(user, type, octets)
  }

  async sharedBlob(user: Person, blobId: string): Promise<{ type: string; size: number } | null> {
    return this.#rooms.sharing.blob(user, blobId)
  }

  async sharedOctets(user: Person, blobId: string, start: number, end: number): Promise<Uint8Array | null> {
    return this.#rooms.sharing.octets(user, blobId, start, end)
  }

  async sharedAdd(user: Person, email: string, raw: ReadableStream<Uint8Array>): Promise<string | null> {
    this.#rooms.sessions.restore()
    return this.#rooms.sharing.add(user, email, raw)
  }

  async visit(user: Person, call: LongText, octets: ReadableStream<Uint8Array> | null): Promise<VisitReply | null> {
    this.#rooms.sessions.restore()
    return this.#rooms.sharing.visit(user, call, octets)
  }

  learnSharing(news: ShareNews): Person | null {
    const { sharing, sessions } = this.#rooms
    const person = sharing.learn(news)
    if (person !== null) this.ctx.waitUntil(sessions.othersChanged(news.owner.id))
    return person
  }

  sharedChanged(owner: string, states: Record<string, string>): void {
    const { store, events, sockets, push, sessions } = this.#rooms
    if (!store.exists) return
    this.ctx.waitUntil(sessions.othersChanged(owner))
    // What clients of JMAP do not see. Late news of somebody who does not share any more, or of what nobody wants to hear of (RFC 9670 §1.4).
    if (Object.keys(states).length === 0 || store.sharedAccounts.get(owner)?.isSubscribed !== true) return
    const change: StateChange = { '@type': 'StateChange', changed: { [owner]: states } }
    events.notifyShared(change)
    sockets.notifyShared(change, formatState(store.state))
    push.pusher.notifyShared(change)
  }

  principalGone(principal: string): void {
    this.#rooms.sharing.principalGone(principal)
  }

  async authenticate(attempt: LoginAttempt): Promise<LoginResult> {
    return this.#rooms.logins.check(attempt)
  }

  scramSalt(): ScramSalt | null {
    return this.#rooms.logins.scramSalt()
  }

  async create(facts: { address: string; name: string; password: string }): Promise<void> {
    const pushKey = await newServerKey()
    this.#rooms.store.create({ address: facts.address, name: facts.name, pushKey })
    await this.#rooms.logins.setPassword(facts.password)
  }

  async setPassword(password: string): Promise<void> {
    await this.#rooms.logins.setPassword(password)
    this.#closeRevoked()
  }

  async addToken(name: string): Promise<{ id: string; token: string }> {
    return this.#rooms.logins.addToken(name)
  }

  tokens(): TokenSummary[] {
    return this.#rooms.logins.tokens()
  }

  deleteToken(id: string): boolean {
    const deleted = this.#rooms.logins.deleteToken(id)
    if (deleted) this.#closeRevoked()
    return deleted
  }

  /** What lives on a login that was checked earlier ends with the credentials. */
  #closeRevoked(): void {
    const exists = this.#rooms.logins.existing()
    this.#rooms.sessions.closeRevoked(exists)
    this.#rooms.events.closeRevoked(exists)
    this.#rooms.sockets.closeRevoked(exists)
  }

  usage(): AccountUsage {
    const { store } = this.#rooms
    const { used, count, limit } = store.quota()
    const { language } = store.facts
    const sendLimits = store.sendingRate.limits
    return {
      messages: count,
      bytes: used,
      rowsWritten: this.#sql.rowsWritten(),
      ...(limit === undefined ? {} : { quota: limit }),
      ...(sendLimits === undefined ? {} : { sendLimits }),
      ...(language === undefined ? {} : { language }),
    }
  }

  setQuota(bytes: number | undefined): void {
    this.#rooms.store.updateAccount({ quota: bytes })
  }

  rowsWritten(): number {
    return this.#sql.rowsWritten()
  }

  async destroy(): Promise<void> {
    await this.#rooms.sharing.farewell()
    this.#rooms.sessions.closeRevoked(() => false)
    this.#rooms.events.closeAll()
    this.#rooms.sockets.closeRevoked(() => false)
    this.#rooms.push.pusher.stop()
    this.#rooms.quiet.end()
    await this.ctx.storage.deleteAll()
    // What is in memory belongs to the account that is gone.
    this.#rooms = this.#open()
    await this.#rooms.collector.accountRemoved()
  }

  override alarm(): Promise<void> {
    return this.#rooms.alarm.ring()
  }

  override fetch(request: Request): Promise<Response> {
    this.#rooms.sessions.restore()
    this.#rooms.quiet.soon()
    return this.#rooms.http.fetch(request)
  }

  override async webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    const { events, sockets, sessions, quiet } = this.#rooms
    // Mostly it is a session in memory: whose a socket is has to be read from its attachment.
    if (!sessions.has(socket) && events.owns(socket)) return
    quiet.soon()
    if (sessions.has(socket) || !sockets.owns(socket)) return sessions.receive(socket, message)
    sessions.restore()
    await sockets.receive(socket, message)
  }

  override webSocketClose(socket: WebSocket): void {
    this.#rooms.sessions.closed(socket)
  }

  override webSocketError(socket: WebSocket): void {
    this.#rooms.sessions.closed(socket)
  }
}
