/**
 * One connection to another mail server: the SMTP client engine on a socket, for one message after the other.
 *
 * Standards: RFC 5321 §4.5.3.2 (how long a client waits), RFC 3207, RFC 7672 (DANE).
 * Security: the peer is any host on the Internet; the engine bounds its replies, this class bounds time.
 */

import { concat } from '../../../format/index.ts'
import {
  announcedLimit,
  type Capabilities,
  type Envelope,
  type OutgoingMessage,
  SmtpClient,
  type SmtpClientEvent,
  type RecipientOutcome,
  type SessionFailure,
} from '../../../protocol/smtp/index.ts'
import type { DaneReference, TlsPolicy } from '../../../delivery/index.ts'
import type { TlsProblem } from '../../../queue/index.ts'
import { Deadline } from './deadline.ts'
import { describeError } from './log.ts'
import { tlsProblem } from './tls-problem.ts'
import { isLoopback, type Network, type Socket, type TlsFacts } from './socket.ts'

export interface EgressRoute {
  readonly host: string
  readonly port: number
  readonly address: string
  readonly tls: TlsPolicy
  /** With `dane`. */
  readonly dane?: DaneReference
  readonly hostname: string
  readonly auth?: { readonly user: string; readonly password: string }
}

export interface EgressTimes {
  readonly connectMs: number
  readonly handshakeMs: number
  /** Greeting and each reply: 5 minutes (RFC 5321 §4.5.3.2.1–.3). */
  readonly replyMs: number
  /** Reply to the end of the content: 10 minutes (RFC 5321 §4.5.3.2.6). */
  readonly finalReplyMs: number
  /** The opening dialogue, then each message: however many octets a server sends one by one. */
  readonly exchangeMs: number
}

export type EgressOpening =
  | { readonly type: 'open'; readonly connection: EgressConnection }
  /** `problem`: what was wrong with the server's TLS, where that was the reason. */
  | { readonly type: 'failed'; readonly failure: SessionFailure | ConnectFailure; readonly problem?: TlsProblem }

/** No TCP connection: another address or target may do better. */
export interface ConnectFailure {
  readonly status: 'deferred'
  readonly stage: 'connect'
  readonly enhanced: '4.4.1'
  readonly diagnostic: string
}

/** Pieces of one turn that are smaller leave together, in one system call: a copy of so much costs less than a call. */
const largePiece = 64 * 1024
/** Content bytes in the system's hands at once: more would only sit in memory twice. */
const maxBacklog = 512 * 1024

/** The engine knows only whether there must be TLS: what certificates are worth is judged in the handshake. */
const engineTls = {
  none: 'none',
  opportunistic: 'opportunistic',
  encrypted: 'required',
  dane: 'required',
  required: 'required',
  implicit: 'active',
} as const

type State = 'opening' | 'ready' | 'sending' | 'settling' | 'closed'

export class EgressConnection {
  readonly #socket: Socket
  readonly #engine: SmtpClient
  readonly #route: EgressRoute
  readonly #times: EgressTimes
  readonly #ca: readonly string[] | undefined
  readonly #deadline = new Deadline(() => this.#giveUp('No answer in time'))
  #state: State = 'opening'
  #exchangeBy: number
  #capabilities: Capabilities | undefined
  #failure: SessionFailure | undefined
  #problem: TlsProblem | undefined
  #blocked = false
  #pieces: Uint8Array[] = []
  #gathered = 0
  /** A handshake that fails says why, and better than the end of the connection that comes with it. */
  #shaking = false
  #transactions = 0
  #heard = false
  #opened: (opening: EgressOpening) => void = () => {}
  #settled: (outcomes: RecipientOutcome[]) => void = () => {}
  #changed: () => void = () => {}

  /** Connects and brings the session to where messages can be sent; resolves in every case. */
  static async open(
    network: Network,
    route: EgressRoute,
    times: EgressTimes,
    ca?: readonly string[],
  ): Promise<EgressOpening> {
    let socket: Socket
    try {
      socket = await network.connect({ address: route.address, port: route.port, timeoutMs: times.connectMs })
      if (route.tls === 'implicit') await socket.startTlsClient(tlsOptions(route, times, ca, true))
    } catch (error) {
      const diagnostic = `Connection to ${route.host} [${route.address}] failed: ${describeError(error)}`
      return { type: 'failed', failure: { status: 'deferred', stage: 'connect', enhanced: '4.4.1', diagnostic } }
    }
    return new Promise((resolve) => new EgressConnection(socket, route, times, ca).#start(resolve))
  }

  private constructor(socket: Socket, route: EgressRoute, times: EgressTimes, ca: readonly string[] | undefined) {
    this.#socket = socket
    this.#route = route
    this.#times = times
    this.#ca = ca
    this.#exchangeBy = performance.now() + times.exchangeMs
    this.#engine = new SmtpClient({
      hostname: route.hostname,
      tls: engineTls[route.tls],
      ...(route.auth === undefined ? {} : { auth: route.auth }),
      allowPlaintextAuth: isLoopback(route.address),
    })
  }

  /** A message may be sent now. */
  get ready(): boolean {
    return this.#state === 'ready'
  }

  get closed(): boolean {
    return this.#state === 'closed'
  }

  get tls(): TlsFacts | undefined {
    return this.#socket.tls
  }

  /** Messages sent so far. */
  get transactions(): number {
    return this.#transactions
  }

  /** Has the peer answered anything since `send`? Without an answer to MAIL it cannot have got the message. */
  get heard(): boolean {
    return this.#heard
  }

  /** Does the peer pass delivery status requests on (RFC 3461)? */
  get passesNotifications(): boolean {
    return this.#capabilities?.keywords.has('DSN') === true
  }

  /** Does the peer keep to the time by which a message is to be delivered (RFC 2852)? */
  get keepsTime(): boolean {
    return this.#capabilities?.keywords.has('DELIVERBY') === true
  }

  /** What the peer allows on one connection and in one transaction (RFC 9422). */
  get limits(): { readonly transactions?: number; readonly recipients?: number } {
    if (this.#capabilities === undefined) return {}
    const transactions = announcedLimit(this.#capabilities, 'MAILMAX')
    const recipients = announcedLimit(this.#capabilities, 'RCPTMAX')
    return {
      ...(transactions === undefined ? {} : { transactions }),
      ...(recipients === undefined ? {} : { recipients }),
    }
  }

  /** Runs one transaction; only while `ready`. An outcome for each recipient, in order. */
  send(envelope: Envelope, content: Uint8Array): Promise<RecipientOutcome[]> {
    this.#state = 'sending'
    this.#transactions++
    this.#heard = false
    this.#exchangeBy = performance.now() + this.#times.exchangeMs
    return new Promise((resolve) => {
      this.#settled = resolve
      const message: OutgoingMessage = { envelope, content }
      this.#engine.send(message)
      this.#run()
    })
  }

  /** Resolves when the connection is `ready` again or `closed`. */
  async untilSettled(): Promise<void> {
    while (this.#state !== 'ready' && this.#state !== 'closed') {
      await new Promise<void>((resolve) => {
        this.#changed = resolve
      })
    }
  }

  /** QUIT when idle, else at once. */
  close(): void {
    if (this.#state === 'ready') {
      this.#state = 'settling'
      this.#engine.quit()
      this.#run()
      this.#deadline.set(performance.now() + 5_000)
    } else if (this.#state !== 'closed') {
      this.#giveUp('Cancelled')
    }
  }

  #start(opened: (opening: EgressOpening) => void): void {
    this.#opened = opened
    this.#expectReply()
    this.#socket.handle({
      data: (chunk) => {
        this.#heard = true
        this.#engine.receive(chunk)
        this.#run()
      },
      end: () => this.#gone('Connection closed by the peer'),
      drain: () => {
        this.#blocked = false
        this.#run()
      },
      close: (cause) => this.#gone(cause === undefined ? 'Connection closed' : describeError(cause)),
    })
  }

  #run(): void {
    while (!this.#blocked && this.#state !== 'closed') {
      const event = this.#engine.next()
      if (event === undefined) break
      if (event.type !== 'write') this.#flush()
      this.#take(event)
    }
    this.#flush()
    if (this.#state === 'ready') this.#deadline.clear()
    else if (this.#state !== 'closed') this.#expectReply()
  }

  #take(event: SmtpClientEvent): void {
    switch (event.type) {
      case 'write':
        this.#pieces.push(event.bytes)
        this.#gathered += event.bytes.length
        if (this.#gathered >= largePiece) this.#flush()
        return
      case 'starttls':
        this.#blocked = true
        void this.#startTls()
        return
      case 'ready':
        this.#capabilities = event.capabilities
        this.#enter('ready')
        this.#opened({ type: 'open', connection: this })
        return
      case 'outcome':
        if (this.#state === 'sending') this.#enter('settling')
        this.#settled(event.recipients)
        return
      case 'failed':
        this.#failure = event.failure
        return
      case 'close':
        this.#end()
        return
    }
  }

  #flush(): void {
    const [first, ...more] = this.#pieces
    if (first === undefined) return
    this.#pieces = []
    const small = this.#gathered < 2 * largePiece
    this.#gathered = 0
    const writes = small && more.length > 0 ? [concat([first, ...more])] : [first, ...more]
    for (const bytes of writes) {
      // A slow reader stops us here; the engine gives the rest of the content when there is room.
      if (!this.#socket.write(bytes) && this.#socket.backlog > maxBacklog) this.#blocked = true
    }
  }

  async #startTls(): Promise<void> {
    const verify = this.#route.tls === 'required' || this.#route.tls === 'dane'
    this.#shaking = true
    try {
      await this.#socket.startTlsClient(tlsOptions(this.#route, this.#times, this.#ca, verify))
      this.#engine.tlsStarted()
    } catch (error) {
      this.#problem = tlsProblem(error)
      this.#engine.tlsFailed(`TLS handshake with ${this.#route.host} failed: ${describeError(error)}`)
    }
    this.#shaking = false
    this.#blocked = false
    this.#run()
  }

  #expectReply(): void {
    const wait = this.#state === 'sending' ? this.#times.finalReplyMs : this.#times.replyMs
    this.#deadline.set(Math.min(performance.now() + wait, this.#exchangeBy))
  }

  #giveUp(diagnostic: string): void {
    this.#gone(diagnostic)
    this.#socket.destroy()
  }

  /** Lets the engine account for what was under way, which ends in its `close`. */
  #gone(diagnostic: string): void {
    if (this.#state === 'closed' || this.#shaking) return
    this.#engine.closed(diagnostic)
    this.#blocked = false
    this.#run()
    this.#end()
  }

  #end(): void {
    if (this.#state === 'closed') return
    this.#enter('closed')
    this.#deadline.close()
    const failure = this.#failure ?? lost(this.#route)
    const problem = this.#problem ?? problemOf(failure)
    this.#opened({ type: 'failed', failure, ...(problem === undefined ? {} : { problem }) })
    this.#socket.end()
  }

  #enter(state: State): void {
    this.#state = state
    this.#changed()
  }
}

function tlsOptions(route: EgressRoute, times: EgressTimes, ca: readonly string[] | undefined, verify: boolean) {
  return {
    servername: route.dane?.names[0] ?? route.host,
    verify,
    ...(route.dane === undefined ? {} : { dane: route.dane }),
    timeoutMs: times.handshakeMs,
    ...(ca === undefined ? {} : { ca }),
  }
}

/** No handshake took place: none was offered or it was refused, or the answer to STARTTLS was not one to go on with. */
function problemOf(failure: SessionFailure | ConnectFailure): TlsProblem | undefined {
  if (failure.stage !== 'tls') return undefined
  return failure.enhanced === '4.7.4' || failure.reply !== undefined ? 'starttls-not-supported' : 'validation-failure'
}

function lost(route: EgressRoute): ConnectFailure {
  const diagnostic = `Connection to ${route.host} [${route.address}] was lost`
  return { status: 'deferred', stage: 'connect', enhanced: '4.4.1', diagnostic }
}
