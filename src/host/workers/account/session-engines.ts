/**
 * The session protocols that run beside the data: how each begins, and how it comes back after the object's sleep.
 */
import {
  ImapSession,
  type ImapSessionLimits,
  type ImapSessionState,
  type OthersPort,
  type PeopleLookup,
  type Rest,
  restOf,
} from '../../../access/imap/index.ts'
import { Pop3Session, type Pop3SessionState } from '../../../access/pop3/index.ts'
import type { SessionEngine, SessionLog, SessionOutput } from '../../../access/session/index.ts'
import type { MailStore } from '../../../mailbox/index.ts'
import type { SessionRequest } from '../../http/index.ts'

export type SessionProtocol = SessionRequest['protocol']
export const sessionProtocols: readonly SessionProtocol[] = ['imap', 'pop3']

/** What the engines share; each takes what it needs. */
export interface SessionDeps {
  readonly store: MailStore
  readonly account: { id: string; address: string; name: string }
  readonly imapLimits: Partial<ImapSessionLimits>
  readonly people: PeopleLookup
  readonly others: OthersPort
  /** The public address of the JMAP session, where there is one. */
  readonly jmapUrl: string | undefined
  readonly log: SessionLog
  readonly output: SessionOutput
}

interface SessionKind {
  /** One session at a time: a POP3 session has the maildrop to itself (RFC 1939 §4). */
  readonly exclusive: boolean
  /** Answers the login. The engine's `begun` resolves when that and what else it can do is done. */
  begin(deps: SessionDeps, request: SessionRequest): { engine: SessionEngine; begun: Promise<void> }
  /** Throws, or gives undefined, when the session cannot go on. */
  resume(deps: SessionDeps, state: unknown): SessionEngine | undefined
  /** What a session of that state waits for besides its client. Undefined: it cannot be parked. */
  rest(state: unknown): Rest | undefined
}

const imap: SessionKind = {
  exclusive: false,
  begin(deps, { tag, compressed }) {
    const engine = new ImapSession(imapDeps(deps))
    engine.begin(tag, { compressed: compressed === true })
    return { engine, begun: Promise.resolve() }
  },
  resume: (deps, state) => ImapSession.resume(imapDeps(deps), state as ImapSessionState),
  rest: (state) => restOf(state as ImapSessionState),
}

const pop3: SessionKind = {
  exclusive: true,
  begin(deps, facts) {
    const engine = new Pop3Session(deps, facts)
    return { engine, begun: engine.begin() }
  },
  resume: (deps, state) => Pop3Session.resume(deps, state as Pop3SessionState),
  // It holds the maildrop, and does not last.
  rest: () => undefined,
}

export const sessionKinds: Readonly<Record<SessionProtocol, SessionKind>> = { imap, pop3 }

function imapDeps({ store, account, imapLimits: limits, people, others, jmapUrl, log, output }: SessionDeps) {
  const jmap = jmapUrl === undefined ? {} : { jmapUrl }
  return { store, account, limits, people, others, ...jmap, clock: Date, log, output }
}
