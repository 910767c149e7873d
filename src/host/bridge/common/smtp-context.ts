/** What an SMTP connection has around it: the service as its connections see it. */

import type { LoginProof, SaslQuestion } from '../../../protocol/sasl/index.ts'
import type { Reply } from '../../../protocol/smtp/index.ts'
import type { AuthenticateAnswer, LinkRequest } from '../link/index.ts'
import type { Certificates } from './certificates.ts'
import type { Drainable } from './connection-set.ts'
import type { ContentBudget } from './content.ts'
import type { Door } from './door.ts'
import type { Link } from './link.ts'
import type { Log } from './log.ts'
import type { BridgeLimits } from './options.ts'
import type { SaslOutcome } from './sasl-accounts.ts'

export type SubmissionLogin = LoginProof & { readonly login: string; readonly clientAddress: string }

/** What does not change while the service runs. */
export interface SmtpSetting {
  readonly mode: 'mx' | 'submission'
  readonly hostname: string
  /** Logins without TLS from loopback. */
  readonly allowPlaintextLogin: boolean
  readonly link: Link
  readonly budget: ContentBudget
  readonly certificates: Certificates
  readonly limits: BridgeLimits
  readonly log: Log
}

export interface SmtpContext extends SmtpSetting {
  /** What strangers meet; their mail is not hindered where there is none. */
  readonly door?: Door
  /** For how long a command is waited for now. */
  readonly commandMs: number
  /** Octets: what the Worker takes; before it said so, the bridge's own limit. */
  readonly maxMessageSize: number
  /** Asks the Worker; undefined when there is no usable answer: then nothing may be promised to the client. */
  ask(head: LinkRequest, body: readonly Uint8Array[], timeoutMs: number): Promise<Reply | undefined>
  authenticate(login: SubmissionLogin): Promise<AuthenticateAnswer>
  /** Puts the question of an exchange to the accounts. */
  askAccounts(question: SaslQuestion, clientAddress: string): Promise<SaslOutcome>
  /** Unique over all bridges and restarts, short enough for a trace header. */
  newTransactionId(): string
  /** To be awaited before a client is told that its login failed. */
  failedLogin(clientAddress: string): Promise<void>
  /** The connection is gone. */
  forget(connection: Drainable): void
}
