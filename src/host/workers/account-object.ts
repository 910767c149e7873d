/**
 * One mail account as a Durable Object, named by its account id: the only place where its mail is changed.
 *
 * Thin by law: it wires the store to the protocols and to the sockets. Every door first checks that the account exists,
 * so that an object which a stranger names stays empty.
 */
import { DurableObject } from 'cloudflare:workers'
import type { SendingQuestion, SendingVerdict } from '../../arrival/index.ts'
import type { MailboxDelivery, MailboxOutcome } from '../../delivery/index.ts'
import type { MessageSender, SendOrder, SendOutcome } from '../../access/api/index.ts'
import { JmapAccess, type JmapResponse, Outbox } from '../../access/jmap/index.ts'
import { splitAddress } from '../../format/index.ts'
import {
  formatState,
  MailStore,
  type Person,
  type SendingLimits,
  type ShareNews,
  type Suppression,
} from '../../mailbox/index.ts'
import { encodeUtf8 } from '../../format/index.ts'
import type { StateChange } from '../../protocol/jmap/index.ts'
import type { ScramSalt } from '../../protocol/sasl/index.ts'
import type { TrackedStatus } from '../../queue/index.ts'
import type { AccountUsage, TokenSummary } from '../../access/admin/index.ts'
import { AfterDelivery } from './account/after-delivery.ts'
import { AccountAlarm } from './account/account-alarm.ts'
import { AccountHttp } from './account/account-http.ts'
import { AccountSharing } from './account/account-sharing.ts'
import { AccountLogins } from './account/account-logins.ts'
import { accountPush, type AccountPush } from './account/account-push.ts'
import { BlobCollector } from './account/blob-collector.ts'
import { EventSockets } from './account/event-sockets.ts'
import { JmapSockets } from './account/jmap-sockets.ts'
import { type Complaint, LateReports } from './account/late-reports.ts'
import { takeDelivery } from './account/local-delivery.ts'
import { messageSender } from './account/message-sender.ts'
import { othersPort } from './account/others-port.ts'
import { masksPort } from './account/masks-port.ts'
import { ParkedSessions } from './account/parked-sessions.ts'
import { messageSizeLimits } from './account/message-size.ts'
import { scryptHasher } from './account/password-hasher.ts'
import { SessionSockets } from './account/session-sockets.ts'
import { sendingVerdict } from './account/sending-policy.ts'
import { ownArrivalPorts, submissionPort } from './account/submission-port.ts'
import { timelinePort } from './account/timeline-port.ts'
import { tracedArrival } from './account/traced-arrival.ts'
import { QuietWork } from './account/quiet-work.ts'
import { newServerKey } from './account/vapid.ts'
import { announcer } from './announcer.ts'
import { DirectoryClient } from './directory-client.ts'
import type { AccountDoor, LoginAttempt, LoginResult, LongText, VisitReply } from './doors.ts'
import type { Env } from './env.ts'
import { describe, log } from './log.ts'
import { randomBytes, randomText } from './random.ts'
import { nameOf } from './object-name.ts'
import { parkingLot } from './parking/parking-lot.ts'
import { r2BlobStore } from './r2-blob-store.ts'
import { settingsOf } from './settings.ts'
import { durableSql, type MeteredSql } from './sql.ts'

const ids = () => randomText(24)
const onFault = (where: string, cause: unknown) => log('error', `jmap: ${where}`, { error: describe(cause) })

interface Rooms {
  readonly store: MailStore
  readonly logins: AccountLogins
  readonly sessions: SessionSockets
  readonly events: EventSockets
  readonly sockets: JmapSockets
  readonly push: AccountPush
  readonly alarm: AccountAlarm
  readonly outbox: Outbox
  readonly lateReports: LateReports
  readonly sender: MessageSender
  readonly jmap: () => Promise<JmapAccess>
  readonly http: AccountHttp
  readonly afterDelivery: AfterDelivery
  readonly collector: BlobCollector
  readonly quiet: QuietWork
  readonly sharing: AccountSharing
}

/** What quiet work does in one go, some 30 ms: emails into the index, messages that the spam filter learns from. */
const emailsOfPiece = 50
const lessonsOfPiece = 20

export class AccountObject extends DurableObject<Env> implements AccountDoor {
  readonly #id: string
  readonly #sql: MeteredSql
  #rooms: Rooms

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#id = nameOf(ctx)
    this.#sql = durableSql(ctx.storage)
    this.#rooms = this.#open()
  }

  #open(): Rooms {
    const { ctx, env } = this
    const limits = messageSizeLimits(env)
    const blobs = env.BLOBS === undefined ? undefined : r2BlobStore(env.BLOBS, this.#id, log)
    const alarm = new AccountAlarm(ctx.storage, log)
    const collector = new BlobCollector({ ctx, store: () => store, blobs, wakeAt: (time) => alarm.wakeAt(time), log })
    const store = new MailStore({
      blobs,
      collectSoon: () => collector.soon(),
      sql: this.#sql,
      now: Date.now,
      hasher: scryptHasher,
      random: randomBytes,
      limits: limits.store,
    })
    const account = () => ({ id: this.#id, address: store.facts.address, name: store.facts.name })
    const logins = new AccountLogins(store, this.#id)
    const people = { people: (names?: readonly string[]) => sharing.ports.people.people(names) }
    const { publicUrl } = settingsOf(env)
    const jmapUrl = publicUrl === undefined ? undefined : `${publicUrl}/jmap/session`
    const others = othersPort({ env, store, account, log })
    const parked = new ParkedSessions({
      lot: parkingLot,
      accountId: this.#id,
      comeFor: (ids) => env.REGISTRY.getByName('registry').comeFor(ids),
      log,
    })
    const sessions = new SessionSockets({
      ctx,
      store,
      account,
      limits: limits.imap,
      people,
      others,
      jmapUrl,
      parked,
      log,
    })
    const arrival = ownArrivalPorts(
      env,
      this.#id,
      (batch) => this.deliver(batch),
      (outside, committed) => this.#sendingVerdict({ outside, committed }),
    )
    const submit = submissionPort(this.#id, arrival, () => store.facts.language)
    const outbox = new Outbox({ store, submit, clock: Date.now, wakeAt: (time) => alarm.wakeAt(time), onFault })
    alarm.add({ name: 'outbox', nextWakeup: () => outbox.nextWakeup(), run: () => outbox.run() })
    const sender = messageSender({ store, accountId: this.#id, arrival, wakeAt: (time) => alarm.wakeAt(time), log })
    const lateReports = new LateReports({
      accountId: this.#id,
      store,
      directory: arrival.directory,
      announcer: announcer(arrival),
      hostname: arrival.hostname,
      arrival: tracedArrival(env, Date.now),
      clock: Date.now,
      log,
    })
    const afterDelivery = new AfterDelivery({
      store,
      account,
      outbox,
      submit: (envelope, raw) => submit.submit(envelope, raw),
      clock: Date.now,
      ids,
      directory: new DirectoryClient(env),
      maskUsed: async (address) => {
        const { localPart, domain } = splitAddress(address) ?? {}
        if (localPart !== undefined && domain !== undefined) await env.DOMAIN.getByName(domain).maskUsed(localPart)
      },
      tell: async (accountId, complaint) =>
        accountId === this.#id ? this.complained(complaint) : env.ACCOUNT.getByName(accountId).complained(complaint),
      returned: (raw) => lateReports.returned(raw),
      waitUntil: (work) => ctx.waitUntil(work),
      log,
    })
    const push = accountPush({ env, accountId: this.#id, store, alarm, log })
    alarm.add({ name: 'blobs', nextWakeup: () => collector.nextWakeup(), run: () => collector.alarm() })
    const waitUntil = (work: Promise<void>) => ctx.waitUntil(work)
    const sharing = new AccountSharing(
      {
        env,
        store,
        account,
        limits: limits.jmap,
        imapLimits: limits.imap,
        alarm,
        ids,
        waitUntil,
        synced: () => ctx.storage.sync(),
        onFault,
        log,
      },
      this.#id,
    )
    let access: JmapAccess | undefined
    // Made on first use: an account that only receives mail does not need it.
    const jmap = () =>
      (access ??= new JmapAccess({
        store,
        account: account(),
        submit,
        outbox,
        limits: limits.jmap,
        clock: Date.now,
        ids,
        push: { service: push.service, changed: () => push.pusher.changed() },
        sharing: sharing.ports,
        masks: masksPort({ env, account: account(), log }),
        timeline: timelinePort(env, Date.now),
        onFault,
      }))
    const readyJmap = async () => {
      await push.service.ready()
      return jmap()
    }
    const events = new EventSockets(ctx, jmap)
    const sockets = new JmapSockets(ctx, readyJmap)
    const http = new AccountHttp({ env, jmap: readyJmap, logins, sessions, events, sockets })
    store.onCommit((commit) => {
      sessions.notify(commit)
      events.notify(commit)
      sockets.notify(commit, () => jmap().stateChange(commit))
      push.pusher.notify(commit)
      sharing.notify(commit)
    })
    const quiet = new QuietWork({
      store,
      piece: async () => (await store.indexPending(emailsOfPiece)) + (await store.spam.learn(lessonsOfPiece)),
      waitUntil,
      log,
    })
    store.onCommit((commit) => {
      store.spam.noteCommit(commit)
      quiet.changed()
    })
    const rooms = { store, logins, sessions, events, sockets, push, alarm, outbox, sender, http, afterDelivery }
    return { ...rooms, lateReports, jmap: readyJmap, collector, quiet, sharing }
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
    const { used, count, limit } = this.#rooms.store.quota()
    const rowsWritten = this.#sql.rowsWritten()
    return { messages: count, bytes: used, rowsWritten, ...(limit === undefined ? {} : { quota: limit }) }
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
