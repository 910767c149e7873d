/**
 * One client of a session protocol: the login engine first, then a pump into the account's object.
 *
 * Flow control: the object sends no more than its window until output is acknowledged, and it is acknowledged when the
 * client's system took it; what the client sends waits in its own socket while the WebSocket's backlog is large.
 * Security: before login all input goes through the bounded engine; after it the bridge only compares it with the commands
 * that the object has answered ahead.
 */

import { proofOf } from '../../../protocol/sasl/index.ts'
import { CompressedSocket } from './compressed-socket.ts'
import { Deadline } from './deadline.ts'
import type { Client } from './front.ts'
import { describeError } from './log.ts'
import { saslSetting } from './sasl-accounts.ts'
import type { SessionContext } from './session-context.ts'
import type { LoginEngine, LoginEvent } from './session-protocol.ts'
import type { SessionOpening, SessionPipe } from './session-socket.ts'
import type { Socket } from './socket.ts'

/** A quarter of the object's window. Each word to the object costs it some 40 µs. */
const acknowledgeEvery = 1024 * 1024
/** Silence that counts as "nothing is running" when the bridge goes away. */
const quietMs = 100

export class SessionConnection {
  readonly #service: SessionContext
  readonly #client: Client
  readonly #deadline = new Deadline(() => this.#sayGoodbye('Inactive for too long'))
  /** The client's, under TLS or not; compressed once the session has said so. */
  #socket: Socket
  #engine: LoginEngine | undefined
  #session: SessionPipe | undefined
  #unacknowledged = 0
  /** Octets of output that still go out as they are, before compression begins. */
  #uncompressed: number | undefined
  /** The client is on its way back to the login: what it has sent since. */
  #afterLeave: Uint8Array[] | undefined
  /** The last output ended a line: a BYE now would not fall into a literal. */
  #atLineEnd = true
  #lastActivity = 0
  #opening = false
  /** The client's input waits until the object has taken what it was given. */
  #held = false
  #inputOver = false
  #draining = false
  #over = false

  constructor(service: SessionContext, client: Client) {
    this.#service = service
    this.#client = client
    this.#socket = client.socket
  }

  start(): void {
    const engine = this.#beginLogin()
    this.#listen(this.#socket)
    this.#socket.write(engine.greeting())
    this.#deadline.set(performance.now() + this.#service.limits.loginMs)
  }

  #beginLogin(): LoginEngine {
    const service = this.#service
    const socket = this.#socket
    // TLS goes below compression: with that it is too late to start it.
    const clear = this.#compressed ? 'none' : 'available'
    this.#engine = service.protocol.login({
      hostname: service.hostname,
      tls: socket.tls === undefined ? clear : 'active',
      plainAllowed: this.#client.loopback && service.allowPlaintextLogin,
      sasl: saslSetting(socket),
    })
    return this.#engine
  }

  #listen(socket: Socket): void {
    socket.handle({
      data: (chunk) => this.#data(chunk),
      end: () => this.#inputEnded(),
      drain: () => this.#session?.resume(),
      close: () => this.#closed(),
    })
  }

  get #compressed(): boolean {
    return this.#socket instanceof CompressedSocket
  }

  /** Sends the client away as soon as nothing seems to run for it. */
  drain(): void {
    this.#draining = true
    if (this.#opening) return
    if (this.#session === undefined || performance.now() - this.#lastActivity >= quietMs) {
      this.#sayGoodbye('Server is shutting down, please reconnect')
      return
    }
    setTimeout(() => this.drain(), quietMs / 2)
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #data(chunk: Uint8Array): void {
    if (this.#over) return
    if (this.#afterLeave !== undefined) {
      this.#afterLeave.push(chunk)
      return
    }
    const session = this.#session
    if (session === undefined) {
      this.#engine?.receive(chunk)
      this.#logIn()
      return
    }
    this.#active()
    session.input(chunk)
    if (session.backlog <= this.#service.limits.sessionBacklog) return
    this.#held = true
    this.#socket.pause()
  }

  /** Takes the engine's events; stops while one of them is being worked on. */
  #logIn(): void {
    try {
      for (;;) {
        const event = this.#over ? undefined : this.#engine?.next()
        if (event === undefined) return
        switch (event.type) {
          case 'reply':
            this.#socket.write(event.bytes)
            break
          case 'close':
            this.#socket.write(event.bytes)
            this.#finish()
            return
          case 'starttls':
            this.#socket.write(event.bytes)
            void this.#startTls().catch(this.#broken)
            return
          case 'ask':
            void this.#ask(event).catch(this.#broken)
            return
          case 'login':
            void this.#checkLogin(event).catch(this.#broken)
            return
        }
      }
    } catch (error) {
      this.#broken(error)
    }
  }

  readonly #broken = (error: unknown): void => {
    this.#service.log('error', 'session-broken', { client: this.#client.remote.address, error: describeError(error) })
    this.#sayGoodbye('Internal error')
  }

  async #startTls(): Promise<void> {
    try {
      await this.#socket.startTlsServer(this.#service.certificates.current, this.#service.limits.handshakeMs)
    } catch (error) {
      this.#service.log('info', 'tls-failed', { client: this.#client.remote.address, error: describeError(error) })
      this.destroy()
      return
    }
    this.#engine?.tlsStarted()
    this.#logIn()
  }

  /** What is pipelined behind the login waits in the engine, what comes later in the system. */
  #holdInput(): void {
    this.#socket.pause()
    this.#opening = true
    this.#deadline.clear()
  }

  async #ask({ question }: Extract<LoginEvent, { type: 'ask' }>): Promise<void> {
    this.#holdInput()
    const outcome = await this.#service.askAccounts(question, this.#client.remote.address)
    if (!outcome.ok) return this.#loginFailed(question.login, { type: 'refused', ...outcome })
    this.#opening = false
    if (this.#over) return
    this.#engine?.answered(outcome.answer)
    this.#expectLogin()
  }

  async #checkLogin(event: Extract<LoginEvent, { type: 'login' }>): Promise<void> {
    const { remote } = this.#client
    const socket = this.#socket
    const service = this.#service
    this.#holdInput()
    const opening = await service.openSession({
      ...proofOf(event),
      login: event.login,
      tag: event.tag,
      clientAddress: remote.address,
      tls: socket.tls !== undefined,
      ...(this.#compressed ? { compressed: true } : {}),
      ...this.#engine?.facts,
    })
    if (opening.type === 'refused') return this.#loginFailed(event.login, opening)
    this.#opening = false
    service.log('info', 'login', {
      service: service.protocol.name,
      client: remote.address,
      login: event.login,
      ok: true,
    })
    if (this.#over) opening.socket.close()
    else this.#pump(opening.socket)
  }

  async #loginFailed(login: string, refusal: Extract<SessionOpening, { type: 'refused' }>): Promise<void> {
    const service = this.#service
    const client = this.#client.remote.address
    const { temporary } = refusal
    service.log('info', 'login', { service: service.protocol.name, client, login, ok: false, temporary })
    if (!temporary) await service.failedLogin(client)
    this.#opening = false
    this.#refuseLogin(refusal)
  }

  #refuseLogin({ temporary, text, code }: Extract<SessionOpening, { type: 'refused' }>): void {
    const engine = this.#engine
    if (this.#over || engine === undefined) return
    const said = { ...(text === '' ? {} : { text }), ...(code === undefined ? {} : { code }) }
    this.#socket.write(engine.loginFailed({ temporary, ...said }))
    if (engine.closed) {
      this.#finish()
      return
    }
    this.#expectLogin()
  }

  #expectLogin(): void {
    if (this.#draining) {
      this.drain()
      return
    }
    this.#deadline.set(performance.now() + this.#service.limits.loginMs)
    this.#socket.resume()
    this.#logIn()
  }

  #pump(session: SessionPipe): void {
    const limit = this.#service.limits.sessionBacklog
    const rest = this.#engine?.takeRest()
    this.#engine = undefined
    this.#session = session
    this.#active()
    if (rest !== undefined && rest.length > 0) session.input(rest)
    session.handle({
      output: (bytes) => this.#output(bytes),
      finished: () => this.#finish(),
      compress: (after) => {
        if (after > 0) this.#uncompressed = after
        else this.#compress()
      },
      leaving: () => {
        this.#afterLeave = []
        this.#socket.pause()
        session.noMoreInput()
      },
      left: (rest) => this.#left(rest),
      broken: this.#broken,
      relieved: () => {
        if (this.#over || !this.#held || session.backlog > limit / 2) return
        this.#held = false
        this.#socket.resume()
      },
      close: () => {
        if (this.#session === session) this.#lost()
      },
    })
    this.#socket.resume()
    if (this.#draining) this.drain()
  }

  #output(bytes: Uint8Array): void {
    if (this.#over || bytes.length === 0) return
    this.#active()
    this.#atLineEnd = bytes[bytes.length - 1] === 0x0a
    const plain = this.#uncompressed
    if (plain !== undefined && plain < bytes.length) {
      this.#output(bytes.subarray(0, plain))
      this.#output(bytes.subarray(plain))
      return
    }
    const socket = this.#socket
    const more = socket.write(bytes, () => this.#written(bytes.length))
    if (!more && socket.backlog > this.#service.limits.sessionBacklog) this.#session?.pause()
    if (plain === undefined) return
    this.#uncompressed = plain - bytes.length
    if (this.#uncompressed === 0) this.#compress()
  }

  /** From the octet behind the last one written, and the last one read, on (RFC 4978 §3). */
  #compress(): void {
    this.#uncompressed = undefined
    const compressed = new CompressedSocket(this.#socket)
    this.#socket = compressed
    this.#listen(compressed)
    if (this.#held) compressed.pause()
  }

  /** The client has left the account, and what it has sent behind its leave is for the login (RFC 8437). */
  #left(rest: Uint8Array): void {
    const since = this.#afterLeave
    const session = this.#session
    if (this.#over || since === undefined || session === undefined) return
    this.#session = undefined
    this.#afterLeave = undefined
    this.#unacknowledged = 0
    this.#held = false
    session.close()
    const engine = this.#beginLogin()
    for (const chunk of [rest, ...since]) engine.receive(chunk)
    this.#expectLogin()
    if (this.#inputOver && !this.#opening) this.#finish()
  }

  #written(octets: number): void {
    this.#unacknowledged += octets
    if (this.#unacknowledged < acknowledgeEvery) return
    this.#session?.acknowledge(this.#unacknowledged)
    this.#unacknowledged = 0
  }

  #active(): void {
    this.#lastActivity = performance.now()
    const { limits, protocol } = this.#service
    this.#deadline.set(this.#lastActivity + (this.#inputOver ? limits.halfClosedMs : protocol.idleMs(limits)))
  }

  #inputEnded(): void {
    // Mostly the client is gone; some (a script with its commands in a pipe) wait for the answers.
    this.#inputOver = true
    if (this.#session !== undefined) this.#active()
    else if (!this.#opening) this.#finish()
  }

  /** The object is gone without a word: a deploy, a lost machine. */
  #lost(): void {
    this.#session = undefined
    if (this.#over) return
    this.#service.log('info', 'session-lost', { client: this.#client.remote.address })
    this.#sayGoodbye('Connection to the mailbox is lost, please reconnect')
  }

  #sayGoodbye(reason: string): void {
    if (this.#over) return
    if (this.#atLineEnd) this.#socket.write(this.#service.protocol.bye(reason))
    this.#finish()
  }

  #finish(): void {
    if (this.#over) return
    this.#over = true
    this.#deadline.close()
    this.#session?.close()
    this.#socket.end()
  }

  #closed(): void {
    this.#over = true
    this.#deadline.close()
    this.#session?.close()
    this.#client.leave()
    this.#service.forget(this)
  }
}
