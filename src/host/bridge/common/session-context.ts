/** What a session's connection has around it: the service as its connections see it. */

import type { Certificates } from './certificates.ts'
import type { Drainable } from './connection-set.ts'
import type { Log } from './log.ts'
import type { BridgeLimits } from './options.ts'
import type { SaslOutcome } from './sasl-accounts.ts'
import type { SessionProtocol } from './session-protocol.ts'
import type { SessionLogin, SessionOpening } from './session-socket.ts'
import type { SaslQuestion } from '../../../protocol/sasl/index.ts'

/** What does not change while the service runs. */
export interface SessionSetting {
  readonly protocol: SessionProtocol
  readonly hostname: string
  /** Logins without TLS from loopback. */
  readonly allowPlaintextLogin: boolean
  readonly certificates: Certificates
  readonly limits: BridgeLimits
  readonly log: Log
}

export interface SessionContext extends SessionSetting {
  /** Logs in at the Worker and opens the session. A login that cannot exist is refused here. */
  openSession(login: SessionLogin): Promise<SessionOpening>
  /** Puts the question of an exchange to the accounts. */
  askAccounts(question: SaslQuestion, clientAddress: string): Promise<SaslOutcome>
  /** To be awaited before a client is told that its login failed. */
  failedLogin(clientAddress: string): Promise<void>
  /** The connection is gone. */
  forget(connection: Drainable): void
}
