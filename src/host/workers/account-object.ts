/**
 * One mail account as a Durable Object, named by its account id: the only place where its mail is changed.
 *
 * Thin by law: it wires the store to the protocols and to the sockets. Every door first checks that the account exists,
 * so that an object which a stranger names stays empty.
 */
import { DurableObject } from 'cloudflare:workers'
import type { MailboxDelivery, MailboxOutcome } from '../../delivery/index.ts'
import { JmapAccess } from '../../access/jmap/index.ts'
import { MailStore } from '../../mailbox/index.ts'
import type { AccountUsage, TokenSummary } from '../../access/admin/index.ts'
import { AccountHttp } from './account/account-http.ts'
import { AccountLogins } from './account/account-logins.ts'
import { EventSockets } from './account/event-sockets.ts'
import { takeDelivery } from './account/local-delivery.ts'
import { messageSizeLimits } from './account/message-size.ts'
import { scryptHasher } from './account/password-hasher.ts'
import { SessionSockets } from './account/session-sockets.ts'
import { submissionPort } from './account/submission-port.ts'
import type { AccountDoor, LoginAttempt, LoginResult } from './doors.ts'
import type { Env } from './env.ts'
import { describe, log } from './log.ts'
import { randomBytes, randomText } from './random.ts'
import { nameOf } from './object-name.ts'
import { durableSql, type MeteredSql } from './sql.ts'

interface Rooms {
  readonly store: MailStore
  readonly logins: AccountLogins
  readonly sessions: SessionSockets
  readonly events: EventSockets
  readonly http: AccountHttp
}

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
    const store = new MailStore({
      sql: this.#sql,
      now: Date.now,
      hasher: scryptHasher,
      random: randomBytes,
      limits: limits.store,
    })
    const account = () => ({ id: this.#id, address: store.facts.address, name: store.facts.name })
    const logins = new AccountLogins(store, this.#id)
    const sessions = new SessionSockets({ ctx, store, account, limits: limits.imap, log })
    let access: JmapAccess | undefined
    // Made on first use: an account that only receives mail does not need it.
    const jmap = () =>
      (access ??= new JmapAccess({
        store,
        account: account(),
        submit: submissionPort(env, this.#id, (batch) => this.deliver(batch)),
        limits: limits.jmap,
        clock: Date.now,
        ids: () => randomText(24),
        onFault: (where, cause) => log('error', `jmap: ${where}`, { error: describe(cause) }),
      }))
    const events = new EventSockets(ctx, jmap)
    const http = new AccountHttp({ env, jmap, logins, sessions, events })
    store.onCommit((commit) => {
      sessions.notify(commit)
      events.notify(commit)
    })
    return { store, logins, sessions, events, http }
  }

  deliver(batch: MailboxDelivery[]): MailboxOutcome[] {
    this.#rooms.sessions.restore()
    return takeDelivery(this.#rooms.store, batch)
  }

  async authenticate(attempt: LoginAttempt): Promise<LoginResult> {
    return this.#rooms.logins.check(attempt)
  }

  async create(facts: { address: string; name: string; password: string }): Promise<void> {
    this.#rooms.store.create({ address: facts.address, name: facts.name })
    await this.#rooms.logins.setPassword(facts.password)
  }

  async setPassword(password: string): Promise<void> {
    await this.#rooms.logins.setPassword(password)
    this.#rooms.sessions.closeAll('the password was changed')
  }

  async addToken(name: string): Promise<{ id: string; token: string }> {
    return this.#rooms.logins.addToken(name)
  }

  tokens(): TokenSummary[] {
    return this.#rooms.logins.tokens()
  }

  deleteToken(id: string): boolean {
    return this.#rooms.logins.deleteToken(id)
  }

  usage(): AccountUsage {
    const { used, count, limit } = this.#rooms.store.quota()
    const rowsWritten = this.#sql.rowsWritten()
    return { messages: count, bytes: used, rowsWritten, ...(limit === undefined ? {} : { quota: limit }) }
  }

  rowsWritten(): number {
    return this.#sql.rowsWritten()
  }

  async destroy(): Promise<void> {
    this.#rooms.sessions.closeAll('the account was removed')
    this.#rooms.events.closeAll()
    await this.ctx.storage.deleteAll()
    // What is in memory belongs to the account that is gone.
    this.#rooms = this.#open()
  }

  override fetch(request: Request): Promise<Response> {
    this.#rooms.sessions.restore()
    return this.#rooms.http.fetch(request)
  }

  override async webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    if (!this.#rooms.events.owns(socket)) await this.#rooms.sessions.receive(socket, message)
  }

  override webSocketClose(socket: WebSocket): void {
    this.#rooms.sessions.closed(socket)
  }

  override webSocketError(socket: WebSocket): void {
    this.#rooms.sessions.closed(socket)
  }
}
