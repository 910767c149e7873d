/**
 * What the session service needs of a protocol that logs in at the bridge and then runs inside the account's object.
 *
 * IMAP and POP3 are two; ManageSieve has the same shape: a bounded sans-I/O engine up to the login, then only a pump.
 */

import type { LoginProof, SaslAnswer, SaslQuestion, SaslSetting } from '../../../protocol/sasl/index.ts'
import type { BridgeLimits } from './options.ts'
import type { SessionFacts } from './session-socket.ts'

export interface SessionProtocol {
  /** In the `Facteur-Session` header: the Worker chooses the session engine by it. */
  readonly name: 'imap' | 'pop3' | 'sieve'
  login(options: LoginOptions): LoginEngine
  /** What a client is told in place of the greeting when there is no room for it. */
  refusal(reason: string): Uint8Array
  /** What a client is told when the connection ends for our reasons; no bytes where the protocol has no such line. */
  bye(reason: string): Uint8Array
  /** How long a logged-in client may neither say nor hear anything. */
  idleMs(limits: BridgeLimits): number
}

export interface LoginFailure {
  readonly temporary: boolean
  readonly text?: string
  /** Another client has the mailbox to itself. */
  readonly code?: 'IN-USE'
}

export interface LoginOptions {
  readonly hostname: string
  /** `none`: TLS cannot be started any more. */
  readonly tls: 'active' | 'available' | 'none'
  readonly plainAllowed: boolean
  readonly sasl: SaslSetting
}

/** Bytes in, events out; no event is given while one waits for its answer. */
export interface LoginEngine {
  greeting(): Uint8Array
  receive(chunk: Uint8Array): void
  next(): LoginEvent | undefined
  tlsStarted(): void
  /** The accounts' answer to `ask`. */
  answered(answer: SaslAnswer): void
  /** The answer to `login` or `ask` when it did not succeed; the bytes are for the client. */
  loginFailed(failure: LoginFailure): Uint8Array
  /** No more will be taken: close. */
  readonly closed: boolean
  /** What the session has to know of the time before it; nothing in IMAP. */
  readonly facts?: SessionFacts
  /** All bytes behind the login: the session's first input. */
  takeRest(): Uint8Array
}

export type LoginEvent =
  | { readonly type: 'reply'; readonly bytes: Uint8Array }
  | { readonly type: 'starttls'; readonly bytes: Uint8Array }
  | ({ readonly type: 'login'; readonly tag: string; readonly login: string } & LoginProof)
  /** Put this to the accounts; then `answered` or `loginFailed`. */
  | { readonly type: 'ask'; readonly question: SaslQuestion }
  | { readonly type: 'close'; readonly bytes: Uint8Array }
