/**
 * The protocols whose session runs inside the account's object (IMAP, POP3; ManageSieve has the same shape): login at
 * the bridge, then a pump. One service per protocol, over any number of listeners.
 */

import type { Refusal } from './admission.ts'
import type { Certificates } from './certificates.ts'
import { ConnectionSet, type Drainable } from './connection-set.ts'
import type { Client } from './front.ts'
import type { Log } from './log.ts'
import type { LoginPenalty } from './login-penalty.ts'
import type { BridgeLimits } from './options.ts'
import type { SaslQuestion } from '../../../protocol/sasl/index.ts'
import type { Link } from './link.ts'
import { ParkableSession } from './parkable-session.ts'
import type { ParkingChannel } from './parking-channel.ts'
import { askAccounts, type SaslOutcome } from './sasl-accounts.ts'
import { SessionConnection } from './session-connection.ts'
import type { SessionContext, SessionSetting } from './session-context.ts'
import type { SessionProtocol } from './session-protocol.ts'
import { openSession, reopenSession, type SessionLogin, type SessionOpening } from './session-socket.ts'
import { Turns } from './turns.ts'
import type { WorkerAddress } from './worker-socket.ts'

export interface SessionServiceOptions extends SessionSetting {
  readonly worker: WorkerAddress
  /** For what an authentication exchange asks before there is a session. */
  readonly link: Link
  /** Shared by all services: who guesses at one door has guessed at the others. */
  readonly penalty: LoginPenalty
  /** Where idle sessions are parked. */
  readonly parking?: ParkingChannel
}

export class SessionService implements SessionContext {
  readonly protocol: SessionProtocol
  readonly hostname: string
  readonly allowPlaintextLogin: boolean
  readonly certificates: Certificates
  readonly limits: BridgeLimits
  readonly log: Log
  readonly #worker: WorkerAddress
  readonly #link: Link
  readonly #penalty: LoginPenalty
  readonly #parking: ParkingChannel | undefined
  readonly #returning: Turns
  readonly #connections = new ConnectionSet()

  constructor(options: SessionServiceOptions) {
    this.protocol = options.protocol
    this.hostname = options.hostname
    this.allowPlaintextLogin = options.allowPlaintextLogin
    this.certificates = options.certificates
    this.limits = options.limits
    this.log = options.log
    this.#link = options.link
    this.#penalty = options.penalty
    this.#worker = options.worker
    this.#parking = options.parking
    this.#returning = new Turns(options.limits.returningSessions)
  }

  serve(client: Client): void {
    this.#connections.start(new SessionConnection(this, client))
  }

  refusal(reason: Refusal): Uint8Array {
    return this.protocol.refusal(
      reason === 'address' ? 'Too many connections from your address' : 'Too many connections, please try again later',
    )
  }

  async openSession(login: SessionLogin): Promise<SessionOpening> {
    const nobody = 'token' in login ? login.token === '' : login.login === ''
    if (nobody) return { type: 'refused', temporary: false, text: '' }
    const worker = { ...this.#worker, timeoutMs: this.limits.requestMs }
    const opening = await openSession(worker, { protocol: this.protocol.name, ...login })
    const channel = this.#parking
    if (channel === undefined || opening.type === 'refused') return opening
    const reopen = (id: string) => this.#returning.take(() => reopenSession(worker, id))
    return { type: 'open', socket: new ParkableSession(opening.socket, { channel, reopen, times: this.limits }) }
  }

  askAccounts(question: SaslQuestion, clientAddress: string): Promise<SaslOutcome> {
    return askAccounts(this.#link, question, clientAddress, this.limits.requestMs)
  }

  failedLogin(clientAddress: string): Promise<void> {
    return this.#penalty.serve(clientAddress)
  }

  forget(connection: Drainable): void {
    this.#connections.delete(connection)
  }

  drain(drainMs: number): Promise<void> {
    return this.#connections.drain(drainMs)
  }
}
