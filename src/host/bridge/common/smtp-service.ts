/**
 * The SMTP side of the bridge: mail from other servers (`mx`) and from our users (`submission`).
 *
 * One service per mode, over any number of listeners; its connections share the link, the memory budget and the limits.
 */

import type { SaslQuestion } from '../../../protocol/sasl/index.ts'
import { formatReply, type Reply } from '../../../protocol/smtp/index.ts'
import type { Certificates } from './certificates.ts'
import type { ContentBudget } from './content.ts'
import { ConnectionSet, type Drainable } from './connection-set.ts'
import { Door } from './door.ts'
import type { Client } from './front.ts'
import type { Refusal } from './admission.ts'
import { type AuthenticateAnswer, authenticationOf, type LinkRequest, replyOf } from '../link/index.ts'
import type { Link } from './link.ts'
import type { Log } from './log.ts'
import type { LoginPenalty } from './login-penalty.ts'
import type { BridgeLimits } from './options.ts'
import { askAccounts, type SaslOutcome } from './sasl-accounts.ts'
import { SmtpConnection } from './smtp-connection.ts'
import type { SmtpContext, SmtpSetting, SubmissionLogin } from './smtp-context.ts'

/** The part of all connections from which on each of them is worth more than the patience with who is on it. */
const crowdedFrom = 0.75

export interface SmtpServiceOptions extends SmtpSetting {
  /** Shared by all services: who guesses at one door has guessed at the others. */
  readonly penalty: LoginPenalty
}

export class SmtpService implements SmtpContext {
  readonly mode: 'mx' | 'submission'
  readonly hostname: string
  readonly allowPlaintextLogin: boolean
  readonly link: Link
  readonly budget: ContentBudget
  readonly certificates: Certificates
  readonly limits: BridgeLimits
  readonly log: Log
  readonly door?: Door
  readonly #penalty: LoginPenalty
  readonly #connections = new ConnectionSet()
  readonly #run = crypto.getRandomValues(new Uint32Array(2)).reduce((text, part) => text + part.toString(36), '')
  #transactions = 0

  constructor(options: SmtpServiceOptions) {
    this.mode = options.mode
    this.hostname = options.hostname
    this.allowPlaintextLogin = options.allowPlaintextLogin
    this.link = options.link
    this.budget = options.budget
    this.certificates = options.certificates
    this.limits = options.limits
    this.log = options.log
    this.#penalty = options.penalty
    if (options.mode === 'mx') this.door = new Door(options)
  }

  get maxMessageSize(): number {
    return this.link.service?.maxMessageSize ?? this.limits.maxMessageSize
  }

  get commandMs(): number {
    const { smtpConnections, commandMs, crowdedCommandMs } = this.limits
    return this.connections > smtpConnections * crowdedFrom ? Math.min(commandMs, crowdedCommandMs) : commandMs
  }

  get connections(): number {
    return this.#connections.size
  }

  serve(client: Client): void {
    this.#connections.start(new SmtpConnection(this, client))
  }

  refusal(reason: Refusal): Uint8Array {
    const text = reason === 'address' ? 'Too many connections from your address' : 'Too many connections'
    return formatReply({ code: 421, enhanced: '4.7.0', text: `${this.hostname} ${text}, please try again later` })
  }

  async ask(head: LinkRequest, body: readonly Uint8Array[], timeoutMs: number): Promise<Reply | undefined> {
    const answer = await this.link.request(head, body, timeoutMs)
    if (answer.type === 'answer') {
      const reply = replyOf(answer.head)
      if (reply === undefined) this.#logFailure(head.op, errorText(answer.head))
      return reply
    }
    this.#logFailure(head.op, answer.failure)
    return undefined
  }

  askAccounts(question: SaslQuestion, clientAddress: string): Promise<SaslOutcome> {
    return askAccounts(this.link, question, clientAddress, this.limits.requestMs)
  }

  async authenticate(login: SubmissionLogin): Promise<AuthenticateAnswer> {
    const nobody = 'token' in login ? login.token === '' : login.login === ''
    if (nobody) return { ok: false, temporary: false, text: '' }
    const head = { op: 'authenticate', service: 'submission', ...login } as const
    const answer = await this.link.request(head, [], this.limits.requestMs)
    if (answer.type === 'answer') return authenticationOf(answer.head)
    this.#logFailure(head.op, answer.failure)
    return { ok: false, temporary: true, text: '' }
  }

  newTransactionId(): string {
    return `${this.#run}-${(++this.#transactions).toString(36)}`
  }

  failedLogin(clientAddress: string): Promise<void> {
    return this.#penalty.serve(clientAddress)
  }

  forget(connection: Drainable): void {
    this.#connections.delete(connection)
  }

  /** Sends clients away as they come to the end of their transaction; after `drainMs` cuts off who is left. */
  drain(drainMs: number): Promise<void> {
    this.door?.close()
    return this.#connections.drain(drainMs)
  }

  #logFailure(operation: string, reason: string): void {
    this.log('warning', 'worker-failed', { operation, reason })
  }
}

function errorText(head: unknown): string {
  const error = (head as { error?: unknown } | null)?.error
  return typeof error === 'string' ? error.slice(0, 200) : 'not an answer'
}
