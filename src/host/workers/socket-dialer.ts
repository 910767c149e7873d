/**
 * The dialer port over the Worker's own sockets: one SMTP session for one message, to a smarthost.
 *
 * Cloudflare lets nobody connect to port 25, and verifies every certificate: so this is for submission to a server that is
 * known, and not for the open Internet.
 *
 * Standards: RFC 5321 §4.5.3.2 (patience), RFC 3207, RFC 8314 §3.3, RFC 4954.
 * Limits: time for the connection, for each answer and for all of it.
 * Security: a password goes over TLS only, or to this machine.
 */
import { type Dialer, type EgressRequest, type EgressResult, hindranceInWorker } from '../../delivery/index.ts'
import { SmtpClient, type SmtpClientEvent } from '../../protocol/smtp/index.ts'
import type { RecipientOutcome } from '../../queue/index.ts'
import { type Connect, SocketStream } from './socket-stream.ts'
import { within } from './within.ts'

type Failure = Omit<RecipientOutcome, 'recipient' | 'at'> & { status: 'deferred' | 'bounced' }

/** Within what an alarm may take (15 minutes), and less than what the caller of a bridge waits. */
const SESSION_MS = 13 * 60_000

/** `connect`: gives what connects, with `publicOnly` to public addresses alone. */
export function socketDialer(connect: (publicOnly: boolean) => Promise<Connect>): Dialer {
  return {
    async send(request, raw, signal) {
      const target = request.targets[0]
      if (target === undefined) throw new Error('no target is given')
      const hindrance = hindranceInWorker(target)
      if (hindrance !== undefined) throw new Error(hindrance)
      const run = async (until: AbortSignal) =>
        new Session(request, raw, until).run(await connect(target.publicOnly === true))
      return within(SESSION_MS, run, signal)
    },
  }
}

class Session {
  readonly #request: EgressRequest
  readonly #raw: Uint8Array
  readonly #until: AbortSignal
  readonly #client: SmtpClient
  #outcomes: Omit<RecipientOutcome, 'at'>[] | undefined
  #failure: Failure | undefined
  #secure = false

  constructor(request: EgressRequest, raw: Uint8Array, until: AbortSignal) {
    this.#request = request
    this.#raw = raw
    this.#until = until
    const { hostname, auth } = request
    const { host, tls } = this.#target
    this.#client = new SmtpClient({
      hostname,
      tls: tls === 'implicit' ? 'active' : tls === 'none' ? 'none' : 'required',
      ...(auth === undefined ? {} : { auth }),
      allowPlaintextAuth: /^(?:127\.[\d.]+|::1|localhost)$/.test(host),
    })
  }

  get #target() {
    return this.#request.targets[0] as EgressRequest['targets'][number]
  }

  async run(connect: Connect): Promise<EgressResult> {
    const { host, port, tls } = this.#target
    let stream: SocketStream | undefined
    try {
      stream = await SocketStream.open(connect, { host, port, tls }, this.#until)
      this.#secure = tls === 'implicit'
      await this.#talk(stream)
    } catch (error) {
      // The platform does not tell one from the other.
      const doubtful = tls === 'implicit' ? ', or its certificate is not one to trust' : ''
      this.#failure ??= {
        status: 'deferred',
        enhanced: '4.4.1',
        diagnostic: `Connection to ${host}:${port} failed${doubtful}: ${messageOf(error)}`,
        site: true,
      }
    } finally {
      await stream?.close()
    }
    return this.#result()
  }

  async #talk(stream: SocketStream): Promise<void> {
    const client = this.#client
    for (;;) {
      const event = client.next()
      if (event === undefined) {
        try {
          const chunk = await stream.read(client.patience, this.#until)
          if (chunk === undefined) client.closed('Connection closed by the peer')
          else client.receive(chunk)
        } catch (error) {
          client.closed(messageOf(error))
        }
      } else if (event.type === 'close') return
      else await this.#take(event, stream)
    }
  }

  async #take(event: Exclude<SmtpClientEvent, { type: 'close' }>, stream: SocketStream): Promise<void> {
    switch (event.type) {
      case 'write':
        try {
          await stream.write(event.bytes, this.#client.patience, this.#until)
        } catch (error) {
          this.#client.closed(messageOf(error))
        }
        return
      case 'starttls':
        try {
          await stream.startTls(this.#target.host, this.#until)
          this.#secure = true
          this.#client.tlsStarted()
        } catch (error) {
          this.#client.tlsFailed(`TLS handshake with ${this.#target.host} failed: ${messageOf(error)}`)
        }
        return
      case 'ready':
        if (this.#outcomes === undefined) this.#client.send({ envelope: this.#request.envelope, content: this.#raw })
        else this.#client.quit()
        return
      case 'outcome':
        this.#outcomes = event.recipients.map((outcome) => this.#completed(outcome))
        return
      case 'failed': {
        const { status, reply, enhanced, diagnostic } = event.failure
        const site = status === 'deferred'
        this.#failure = { status, enhanced, diagnostic, site, ...(reply === undefined ? {} : { reply }) }
      }
    }
  }

  #completed(outcome: Omit<RecipientOutcome, 'at'>): Omit<RecipientOutcome, 'at'> {
    const { keywords } = this.#client.capabilities
    const ended = outcome.reply === undefined ? outcome.enhanced === '4.4.2' : outcome.reply.code === 421
    if (outcome.status !== 'delivered') return { ...outcome, ...(ended ? { site: true } : {}) }
    const untimed = this.#request.envelope.by !== undefined && !keywords.has('DELIVERBY')
    return { ...outcome, success: keywords.has('DSN') ? 'passed' : 'relayed', ...(untimed ? { untimed } : {}) }
  }

  /** Once there are outcomes, what became of the session afterwards is of no interest. */
  #result(): EgressResult {
    const at = Date.now()
    const failure = this.#failure ?? { status: 'deferred', enhanced: '4.4.2', diagnostic: 'The session broke off' }
    const recipients = this.#request.envelope.recipients.map(({ address }, index): RecipientOutcome => {
      const outcome = this.#outcomes?.[index] ?? { recipient: address, ...failure }
      return { ...outcome, at }
    })
    return {
      recipients,
      remote: this.#target.host,
      // The platform says no more of it than that its certificate is good.
      ...(this.#secure ? { tls: { verified: true, verifiedBy: 'pkix' as const } } : {}),
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
