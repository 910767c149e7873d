/**
 * One SMTP connection: the server engine between a socket and the link.
 *
 * Standards: RFC 5321 §4.5.3.2 (timeouts), §3.8 (421), RFC 2920 (answers of one batch leave together), RFC 3207.
 * Security: all input is hostile. The engine bounds lines and commands; this class bounds time, and memory through the
 * shared budget. A `250` for a message is only ever the Worker's.
 */

import { concat } from '../../../format/index.ts'
import { formatReply, type Reply, type SmtpEvent, type SmtpServer } from '../../../protocol/smtp/index.ts'
import { Deadline } from './deadline.ts'
import { isGuess, type Stranger } from './door.ts'
import type { Client } from './front.ts'
import { KnownSender } from './known-sender.ts'
import { describeError } from './log.ts'
import type { LinkOrigin, LinkRequest } from '../link/index.ts'
import type { SmtpContext } from './smtp-context.ts'
import { engineFor } from './smtp-engine.ts'
import { originOf } from './smtp-origin.ts'
import { refusalFacts, whyOf } from './turned-away.ts'
import { localProblem, SmtpTransaction, systemFull } from './smtp-transaction.ts'
import { checkSubmissionLogin, refuseLogin } from './submission-login.ts'

/** Input taken while an answer is awaited, before the socket is paused: a pipelined batch fits. */
const readAhead = 64 * 1024
/** A client that does not read its answers. */
const maxBacklog = 1024 * 1024

export class SmtpConnection {
  readonly #service: SmtpContext
  readonly #client: Client
  readonly #engine: SmtpServer
  readonly #stranger: Stranger | undefined
  readonly #deadline = new Deadline(() => this.#timeout())
  readonly #loginBy: number
  #output: Uint8Array[] = []
  /** From MAIL to the end of the message. */
  #transaction: SmtpTransaction | undefined
  #accountId: string | undefined
  readonly #sender = new KnownSender()
  /** An answer of the Worker, or a handshake, is awaited. */
  #working = false
  /** Set anew when something whole has come: a command, or content. */
  #commandBy: number | undefined
  #unread = 0
  #paused = false
  #waitingForLink = false
  #inputEnded = false
  #draining = false
  #over = false

  constructor(service: SmtpContext, client: Client) {
    this.#service = service
    this.#client = client
    this.#stranger = service.door?.meet(client)
    this.#engine = engineFor(service, client)
    this.#loginBy = service.mode === 'submission' ? performance.now() + service.limits.loginMs : Infinity
  }

  start(): void {
    this.#client.socket.handle({
      data: (chunk) => this.#data(chunk),
      end: () => {
        this.#inputEnded = true
        if (!this.#working) this.#finish()
      },
      drain: () => this.#unpause(),
      close: () => this.#closed(),
    })
    const refusal = this.#stranger?.connects()
    this.#write(refusal === undefined ? this.#engine.greeting() : formatReply(refusal))
    if (refusal !== undefined) this.#finish()
    this.#flush()
    if (!this.#over) this.#expectInput()
  }

  /** Sends the client away: now when no transaction runs, else after it (RFC 5321 §3.8). */
  drain(): void {
    this.#draining = true
    if (this.#transaction === undefined && !this.#working) this.#goAway()
  }

  destroy(): void {
    this.#client.socket.destroy()
  }

  #data(chunk: Uint8Array): void {
    if (this.#over) return
    this.#transaction?.progressed(chunk.length)
    this.#engine.receive(chunk)
    if (this.#working) {
      this.#unread += chunk.length
      if (this.#unread > readAhead) this.#pause()
      return
    }
    this.#run()
  }

  /** Takes the engine's events until it needs bytes or an answer that is not there yet. */
  #run(): void {
    this.#unread = 0
    try {
      while (!this.#over) {
        const event = this.#engine.next()
        if (event === undefined) break
        this.#commandBy = undefined
        const waits = this.#take(event)
        if (waits !== undefined) {
          this.#working = true
          this.#deadline.clear()
          void waits.then(this.#resume, this.#broken)
          return
        }
      }
    } catch (error) {
      this.#broken(error)
      return
    }
    if (this.#over) return
    this.#flush()
    if (this.#draining && this.#transaction === undefined) this.#goAway()
    else if (this.#inputEnded) this.#finish()
    else this.#expectInput()
  }

  readonly #resume = (): void => {
    this.#working = false
    if (this.#over) {
      this.#endTransaction()
      return
    }
    this.#unpause()
    this.#run()
  }

  /** A bug of ours: said once, and the client may come again. */
  readonly #broken = (error: unknown): void => {
    this.#working = false
    this.#service.log('error', 'smtp-broken', { client: this.#client.remote.address, error: describeError(error) })
    this.#endTransaction()
    this.#write(formatReply({ code: 421, enhanced: '4.3.0', text: `${this.#service.hostname} Internal error` }))
    this.#finish()
  }

  /** Acts on one event; a promise means that the engine waits until it is fulfilled. */
  #take(event: SmtpEvent): Promise<unknown> | undefined {
    switch (event.type) {
      case 'content':
        this.#transaction?.gather(event.chunk)
        if (this.#service.link.congested) this.#waitForLink()
        break
      case 'hello':
      case 'reset':
        this.#endTransaction()
        this.#write(event.bytes)
        break
      case 'reply':
        this.#write(event.bytes)
        break
      case 'mail':
        return this.#mail(event.envelope.reversePath)
      case 'recipient':
        return this.#recipient(event)
      case 'data':
        this.#answer(this.#transaction?.begin(this.#service.limits.messageMs) ?? systemFull)
        break
      case 'message':
        return this.#deliver(event)
      case 'verify':
        this.#answer({ code: 252, enhanced: '2.5.0', text: 'Cannot VRFY user, but will take the message' })
        break
      case 'auth':
        return this.#authenticate(event)
      case 'auth-question':
        return this.#askAccounts(event)
      case 'starttls':
        return this.#startTls()
      case 'quit':
      case 'close':
        if (event.type === 'close') {
          this.#service.log('info', 'smtp-closed', { client: this.#client.remote.address, reason: event.reason })
        }
        this.#write(event.bytes)
        this.#finish()
        break
    }
    return undefined
  }

  #mail(reversePath: string): Promise<unknown> | undefined {
    this.#transaction = new SmtpTransaction(this.#service.newTransactionId(), this.#service.budget)
    if (this.#accountId === undefined) {
      const refusal = this.#stranger?.begins()
      if (refusal !== undefined) this.#endTransaction()
      this.#answer(refusal ?? { code: 250, enhanced: '2.1.0', text: 'Sender OK' })
      return undefined
    }
    return this.#askSender(this.#accountId, reversePath)
  }

  async #askSender(accountId: string, address: string): Promise<void> {
    const reply = await this.#sender.reply({ op: 'sender', accountId, address }, (head) => this.#askWorker(head))
    if (reply.code >= 300) this.#endTransaction()
    this.#answer(reply)
  }

  async #recipient({ envelope, recipient }: Extract<SmtpEvent, { type: 'recipient' }>): Promise<void> {
    const stranger = this.#stranger
    const refusal = stranger && (await stranger.names(recipient.address))
    const head = { op: 'recipient', reversePath: envelope.reversePath, recipient, origin: this.#origin() } as const
    let reply = refusal ?? (await this.#askWorker(head))
    if (stranger !== undefined && refusal === undefined && isGuess(reply)) {
      // What was said before need not wait with it.
      this.#flush()
      reply = (await stranger.guesses()) ?? reply
    }
    if (reply.code >= 400) {
      this.#service.log('info', 'recipient-refused', refusalFacts(this.#client, envelope, recipient, reply))
      stranger?.turnedAway(reply === refusal && reply.code >= 500 ? 'list' : whyOf(reply))
    }
    this.#answer(reply)
  }

  /** Puts a question to the Worker whose answer is the reply. */
  async #askWorker(head: LinkRequest): Promise<Reply> {
    return (await this.#service.ask(head, [], this.#service.limits.requestMs)) ?? localProblem
  }

  async #deliver(event: Extract<SmtpEvent, { type: 'message' }>): Promise<void> {
    const transaction = this.#transaction
    if (transaction === undefined || transaction.overflowed) {
      this.#endTransaction()
      this.#answer(systemFull)
      return
    }
    transaction.receiving = false
    // What was said before the message (answers to BDAT chunks) need not wait for the disk.
    this.#flush()
    const { envelope, size } = event
    const head = { op: 'deliver', envelope, origin: this.#origin() } as const
    const reply = (await this.#service.ask(head, transaction.take(), this.#service.limits.deliverMs)) ?? localProblem
    this.#service.log('info', 'message', {
      id: transaction.id,
      client: this.#client.remote.address,
      from: envelope.reversePath,
      recipients: envelope.recipients.length,
      size,
      code: reply.code,
      enhanced: reply.enhanced,
    })
    transaction.release()
    this.#endTransaction()
    this.#answer(reply)
  }

  async #authenticate(event: Extract<SmtpEvent, { type: 'auth' }>): Promise<void> {
    this.#flush()
    const { accountId, reply } = await checkSubmissionLogin(
      this.#service,
      this.#client.remote.address,
      event.credentials,
    )
    if (accountId !== undefined) this.#accountId = accountId
    this.#answer(reply)
  }

  async #askAccounts(event: Extract<SmtpEvent, { type: 'auth-question' }>): Promise<void> {
    this.#flush()
    const client = this.#client.remote.address
    const outcome = await this.#service.askAccounts(event.question, client)
    if (outcome.ok) this.#answer(event.continue(outcome.answer))
    else this.#answer(await refuseLogin(this.#service, client, event.question.login, outcome.temporary))
  }

  async #startTls(): Promise<void> {
    this.#answer({ code: 220, enhanced: '2.0.0', text: 'Ready to start TLS' })
    const refused = this.#engine.next()
    if (refused !== undefined) {
      // Plain text came behind STARTTLS (RFC 3207 §5): no handshake, the engine ends it.
      void this.#take(refused)
      return
    }
    this.#flush()
    if (this.#over) return
    try {
      await this.#client.socket.startTlsServer(this.#service.certificates.current, this.#service.limits.handshakeMs)
    } catch (error) {
      this.#service.log('info', 'tls-failed', { client: this.#client.remote.address, error: describeError(error) })
      this.destroy()
      return
    }
    this.#engine.tlsStarted()
    this.#accountId = undefined
    this.#endTransaction()
  }

  #origin(): LinkOrigin {
    return originOf({
      mode: this.#service.mode,
      client: this.#client,
      hello: this.#engine.hello,
      accountId: this.#accountId,
      screened: this.#stranger?.screened,
      transactionId: this.#transaction?.id,
    })
  }

  #endTransaction(): void {
    this.#transaction?.release()
    this.#transaction = undefined
  }

  #answer(reply: Reply): void {
    if (!this.#over) this.#write(this.#engine.respond(reply))
  }

  #write(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#output.push(bytes)
  }

  #flush(): void {
    const output = this.#output
    if (output.length === 0) return
    this.#output = []
    const socket = this.#client.socket
    if (socket.write(output.length === 1 ? (output[0] as Uint8Array) : concat(output))) return
    if (socket.backlog > maxBacklog) this.destroy()
    else this.#pause()
  }

  #expectInput(): void {
    // While we do not read, the silence is ours.
    if (this.#waitingForLink) return
    const now = performance.now()
    const { contentMs } = this.#service.limits
    const transaction = this.#transaction
    // A command has its time as a whole: octets that come one by one do not make it longer.
    this.#commandBy ??= now + this.#service.commandMs
    const wait =
      transaction?.receiving === true
        ? Math.min(transaction.pieceBy(now, contentMs), transaction.contentBy)
        : this.#commandBy
    this.#deadline.set(this.#accountId === undefined ? Math.min(wait, this.#loginBy) : wait)
  }

  #timeout(): void {
    this.#write(formatReply({ code: 421, enhanced: '4.4.2', text: `${this.#service.hostname} Timeout, closing` }))
    this.#finish()
  }

  #goAway(): void {
    this.#write(formatReply({ code: 421, enhanced: '4.3.2', text: `${this.#service.hostname} Service shutting down` }))
    this.#finish()
  }

  /** Writes what is left and hangs up. */
  #finish(): void {
    if (this.#over) return
    this.#flush()
    this.#over = true
    this.#deadline.close()
    this.#endTransaction()
    this.#client.socket.end()
  }

  #closed(): void {
    this.#over = true
    this.#deadline.close()
    // A message that is on its way to the Worker stays counted until its answer.
    if (!this.#working) this.#endTransaction()
    this.#client.leave()
    this.#service.forget(this)
  }

  #pause(): void {
    if (this.#paused) return
    this.#paused = true
    this.#client.socket.pause()
  }

  #unpause(): void {
    if (!this.#paused || this.#working || this.#waitingForLink) return
    this.#paused = false
    this.#client.socket.resume()
  }

  #waitForLink(): void {
    if (this.#waitingForLink) return
    this.#waitingForLink = true
    this.#transaction?.rest()
    this.#pause()
    this.#deadline.clear()
    this.#service.link.relieved(() => {
      this.#waitingForLink = false
      if (this.#over || this.#working) return
      this.#unpause()
      this.#expectInput()
    })
  }
}
