/**
 * The SMTP client engine: one connection, any number of messages. It does no I/O and has no clock.
 *
 * ```ts
 * onBytes((chunk) => { client.receive(chunk); drain() })
 * // drain: while ((event = client.next())) …; write what `write` gives before taking the next event
 * ```
 *
 * Standards: RFC 5321 §3, §4.5.3.2 (patience), RFC 3207 (STARTTLS), RFC 4954 (AUTH), RFC 2920 (PIPELINING).
 * Limits: `SmtpClientLimits`. Security: the server is a stranger. A reply that nobody asked for, replies that came in
 * plain text before the TLS handshake, and malformed replies end the session; recipients without an answer are deferred.
 */
import { encodeBase64, decodeBase64, encodeUtf8 } from '../../../format/index.ts'
import { saslClient, type SaslClient } from '../../sasl/index.ts'
import { type Reply, replyText } from '../reply.ts'
import { type Capabilities, parseCapabilities } from './capabilities.ts'
import type {
  OutgoingMessage,
  RecipientOutcome,
  SessionFailure,
  SmtpClientEvent,
  SmtpClientLimits,
  SmtpClientOptions,
} from './event.ts'
import { type Malformed, ReplyReader } from './reply-reader.ts'
import { Transaction, type Wire } from './transaction.ts'

type Stage = 'greeting' | 'hello' | 'tls' | 'auth' | 'ready' | 'transaction' | 'quit' | 'closed'

export const defaultSmtpClientLimits: Readonly<SmtpClientLimits> = {
  replyLine: 4096,
  replyLines: 200,
  reply: 64 * 1024,
  pending: 1024 * 1024,
}

export class SmtpClient {
  readonly #options: SmtpClientOptions
  readonly #reader: ReplyReader
  readonly #wire: Wire
  readonly #events: SmtpClientEvent[] = []
  #expected: ((reply: Reply) => void)[] = []
  #stage: Stage = 'greeting'
  #tlsActive: boolean
  #capabilities: Capabilities = { name: '', extended: false, keywords: new Map() }
  #transaction: Transaction | undefined
  /** Content that the host has still to take, and who hears the reply to it. */
  #sending: { pieces: Iterator<Uint8Array>; replied: (reply: Reply) => void } | undefined

  constructor(options: SmtpClientOptions) {
    this.#options = options
    this.#tlsActive = options.tls === 'active'
    this.#reader = new ReplyReader({ ...defaultSmtpClientLimits, ...options.limits })
    this.#expected.push((reply) => this.#greeted(reply))
    this.#wire = {
      commands: (lines, replied) => this.#commands(lines, replied),
      content: (pieces, replied) => {
        if (this.#stage !== 'closed') this.#sending = { pieces, replied }
      },
      finished: (outcomes, open) => this.#finished(outcomes, open),
      violated: (diagnostic) => this.#lost(undefined, '4.5.0', diagnostic),
    }
  }

  get tlsActive(): boolean {
    return this.#tlsActive
  }

  get capabilities(): Capabilities {
    return this.#capabilities
  }

  /** Milliseconds to wait for the peer's next byte before `closed('timeout')` (RFC 5321 §4.5.3.2). */
  get patience(): number {
    if (this.#sending !== undefined) return 180_000
    if (this.#transaction?.inDoubt) return 600_000
    return this.#stage === 'quit' ? 10_000 : 300_000
  }

  /** Takes bytes; the array must not be changed afterwards. */
  receive(chunk: Uint8Array): void {
    if (this.#stage !== 'closed') this.#reader.receive(chunk)
  }

  /** The next event; undefined: it needs bytes, or one of the calls below. */
  next(): SmtpClientEvent | undefined {
    for (;;) {
      const event = this.#events.shift()
      if (event !== undefined) return event
      if (this.#stage === 'closed') return undefined
      const reply = this.#reader.next()
      if (reply !== undefined) this.#take(reply)
      else if (this.#sending !== undefined) this.#sendPiece(this.#sending)
      else return undefined
    }
  }

  /** Starts a transaction. Only after `ready`. */
  send(message: OutgoingMessage): void {
    if (this.#stage !== 'ready') throw new Error('the SMTP session is not ready for a message')
    this.#stage = 'transaction'
    this.#transaction = new Transaction(message, this.#capabilities, this.#wire)
    this.#transaction.start()
  }

  /** Ends the session politely. Only after `ready`; `close` follows when the peer has answered. */
  quit(): void {
    if (this.#stage !== 'ready') throw new Error('the SMTP session is not ready to quit')
    this.#stage = 'quit'
    this.#commands(['QUIT'], [() => this.#close()])
  }

  /** After the TLS handshake: the session starts anew (RFC 3207 §4.2). */
  tlsStarted(): void {
    if (this.#stage !== 'tls') throw new Error('STARTTLS was not agreed on')
    this.#tlsActive = true
    this.#reader.clear()
    this.#capabilities = { name: '', extended: false, keywords: new Map() }
    this.#hello()
  }

  /** The handshake failed: this connection is of no use; without TLS another one may be, where policy allows. */
  tlsFailed(diagnostic: string): void {
    this.#fail({ status: 'deferred', stage: 'tls', enhanced: '4.7.5', diagnostic })
  }

  /** The socket is gone, or the host's patience is. */
  closed(diagnostic: string): void {
    // What the peer said before it went counts.
    for (let reply = this.#reader.next(); reply !== undefined; reply = this.#reader.next()) this.#take(reply)
    if (this.#stage === 'closed') return
    if (this.#stage === 'quit') this.#close()
    else {
      const doubt =
        this.#transaction?.inDoubt === true ? ' after the message, before its reply: it may have arrived' : ''
      this.#lost(undefined, '4.4.2', `${diagnostic}${doubt}`)
    }
  }

  #take(reply: Reply | Malformed): void {
    if ('malformed' in reply) return this.#lost(undefined, '4.5.0', reply.malformed)
    // "Shutting down", an answer to whatever was asked, or to nothing (RFC 5321 §3.8).
    if (reply.code === 421 && this.#stage !== 'quit')
      return this.#lost(reply, reply.enhanced ?? '4.3.2', replyText(reply))
    if (this.#sending !== undefined && this.#expected.length === 0) {
      this.#sending = undefined
      return this.#transaction?.interrupted(reply)
    }
    const replied = this.#expected.shift()
    if (replied === undefined) this.#lost(undefined, '4.5.0', 'the server sent a reply that nobody asked for')
    else replied(reply)
  }

  #sendPiece(sending: { pieces: Iterator<Uint8Array>; replied: (reply: Reply) => void }): void {
    const piece = sending.pieces.next()
    if (!piece.done) {
      this.#events.push({ type: 'write', bytes: piece.value })
      return
    }
    this.#sending = undefined
    this.#expected.push(sending.replied)
  }

  #commands(lines: readonly string[], replied: readonly ((reply: Reply) => void)[]): void {
    if (this.#stage === 'closed') return
    if (this.#expected.length === 0 && !this.#reader.empty)
      return this.#lost(undefined, '4.5.0', 'the server answered before it was asked')
    this.#events.push({ type: 'write', bytes: encodeUtf8(`${lines.join('\r\n')}\r\n`) })
    this.#expected.push(...replied)
  }

  #greeted(reply: Reply): void {
    if (reply.code !== 220) return this.#refused('greeting', reply)
    this.#hello()
  }

  #hello(): void {
    this.#stage = 'hello'
    this.#commands([`EHLO ${this.#options.hostname}`], [(reply) => this.#helloReplied(reply, true)])
  }

  #helloReplied(reply: Reply, extended: boolean): void {
    if (reply.code === 250) {
      this.#capabilities = parseCapabilities(reply, extended, this.#tlsActive)
      return this.#secure()
    }
    const fallback = extended && reply.code >= 500 && reply.code !== 521 && reply.code !== 554
    // Only a server that never heard of extensions is asked again, in its own words (RFC 5321 §3.2).
    if (!fallback) return this.#refused('hello', reply)
    if (this.#options.tls === 'required' || this.#tlsActive) return this.#refused('hello', reply, 'deferred')
    this.#commands([`HELO ${this.#options.hostname}`], [(again) => this.#helloReplied(again, false)])
  }

  #secure(): void {
    const { tls } = this.#options
    if (this.#tlsActive || tls === 'none') return this.#authenticate()
    if (!this.#capabilities.keywords.has('STARTTLS')) {
      if (tls !== 'required') return this.#authenticate()
      return this.#fail({
        status: 'deferred',
        stage: 'tls',
        enhanced: '4.7.4',
        diagnostic: 'TLS is required, but the server does not offer it',
      })
    }
    this.#stage = 'tls'
    this.#commands(['STARTTLS'], [(reply) => this.#tlsReplied(reply)])
  }

  #tlsReplied(reply: Reply): void {
    if (reply.code === 220) {
      // Plain text behind the 220 would be taken for the first encrypted reply (response injection).
      if (!this.#reader.empty)
        return this.#lost(undefined, '4.7.5', 'the server sent data between STARTTLS and the handshake')
      this.#events.push({ type: 'starttls' })
    } else if (this.#options.tls === 'required') this.#refused('tls', reply, 'deferred')
    else this.#authenticate()
  }

  #authenticate(): void {
    const { auth, allowPlaintextAuth } = this.#options
    if (auth === undefined) return this.#ready()
    this.#stage = 'auth'
    if (!this.#tlsActive && !allowPlaintextAuth)
      return this.#cannotAuthenticate('a password is not sent without TLS', '4.7.11')
    const offered = (this.#capabilities.keywords.get('AUTH') ?? '').split(/\s+/)
    const exchange = saslClient(offered, auth.user, auth.password)
    if (exchange === undefined) return this.#cannotAuthenticate('the server offers no mechanism that we have', '4.7.0')
    const initial = exchange.initialResponse
    const command = `AUTH ${exchange.mechanism}${initial === undefined ? '' : ` ${encodeBase64(initial)}`}`
    this.#commands([command], [(reply) => this.#authReplied(reply, exchange)])
  }

  #authReplied(reply: Reply, exchange: SaslClient): void {
    if (reply.code === 235) return this.#ready()
    // Wrong credentials are a matter of configuration: mail waits until someone has put them right.
    if (reply.code !== 334) return this.#refused('auth', reply, 'deferred')
    const text = typeof reply.text === 'string' ? reply.text : ''
    const response = exchange.respond(decodeBase64(text) ?? new Uint8Array(0))
    this.#commands(
      [response === undefined ? '*' : encodeBase64(response)],
      [(next) => this.#authReplied(next, exchange)],
    )
  }

  #cannotAuthenticate(diagnostic: string, enhanced: string): void {
    this.#fail({ status: 'deferred', stage: 'auth', enhanced, diagnostic })
  }

  #ready(): void {
    this.#stage = 'ready'
    this.#events.push({ type: 'ready', capabilities: this.#capabilities })
  }

  #finished(recipients: RecipientOutcome[], open: boolean): void {
    if (this.#transaction === undefined) return
    this.#transaction = undefined
    this.#events.push({ type: 'outcome', recipients })
    if (!open) return this.#ready()
    this.#commands(
      ['RSET'],
      [
        (reply) => {
          if (reply.code >= 200 && reply.code < 300) this.#ready()
          else this.#refused('ready', reply, 'deferred')
        },
      ],
    )
  }

  #refused(stage: SessionFailure['stage'], reply: Reply, status?: SessionFailure['status']): void {
    const permanent = reply.code >= 500 && status !== 'deferred'
    this.#fail({
      status: permanent ? 'bounced' : 'deferred',
      stage,
      reply,
      enhanced: reply.enhanced ?? (permanent ? '5.0.0' : '4.0.0'),
      diagnostic: replyText(reply),
    })
  }

  /** The session cannot go on: outcomes for a transaction that runs, a failure where none does. */
  #lost(reply: Reply | undefined, enhanced: string, diagnostic: string): void {
    const transaction = this.#transaction
    if (transaction !== undefined) {
      this.#transaction = undefined
      this.#events.push({ type: 'outcome', recipients: transaction.abandon(reply, enhanced, diagnostic) })
      return this.#close()
    }
    const stage = this.#stage === 'transaction' || this.#stage === 'closed' ? 'ready' : this.#stage
    const failure: SessionFailure = { status: 'deferred', stage, enhanced, diagnostic }
    this.#fail(reply === undefined ? failure : { ...failure, reply })
  }

  #fail(failure: SessionFailure): void {
    this.#events.push({ type: 'failed', failure })
    this.#close()
  }

  #close(): void {
    this.#stage = 'closed'
    this.#expected = []
    this.#sending = undefined
    this.#reader.clear()
    // What was about to be said is pointless now; what became of messages is not.
    const settled = this.#events.filter(({ type }) => type === 'outcome' || type === 'failed')
    this.#events.splice(0, Infinity, ...settled, { type: 'close' })
  }
}
