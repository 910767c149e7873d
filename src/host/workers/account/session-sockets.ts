/**
 * Mail apps' sessions on hibernatable WebSockets: binary frames are protocol bytes, text frames are control messages.
 *
 * While the object is in memory the sessions live in a map. When it sleeps, all that is left of a session is the state
 * attached to its socket, and the next event of any kind brings it back. A bridge may have a session parked: then its state
 * waits in the parking lot, and there is no socket either.
 *
 * Limits: a state must fit the attachment (16 KB). A session in the middle of something has no state; a timer keeps the
 * object awake for it, and one that is nevertheless lost is closed rather than resumed wrongly.
 * Security: bytes come from authenticated mail clients through a bridge.
 */
import type { ImapSessionLimits, OthersPort, PeopleLookup } from '../../../access/imap/index.ts'
import type { SessionEngine, SessionOutput } from '../../../access/session/index.ts'
import type { Commit, MailStore } from '../../../mailbox/index.ts'
import type { SessionRequest } from '../../http/index.ts'
import { describe, type Log } from '../log.ts'
import type { ParkedSessions } from './parked-sessions.ts'
import { SessionAlive } from './session-alive.ts'
import { type SessionDeps, sessionKinds, type SessionProtocol, sessionProtocols } from './session-engines.ts'

/** Dovecot's default for one user and address is 10; phones and desktops with many folders need more. */
const MAX_SESSIONS = 256
/** A client that stops in the middle of a literal for longer has gone (RFC 9051 §5.4 allows no less than 30 minutes). */
const AWAKE_MS = 30 * 60_000

interface Attachment {
  /** Also the socket's tag. */
  readonly kind: SessionProtocol
  /** Which password or token opened it. */
  readonly credential: number
  /** Absent while there is more to the session than fits here. */
  readonly state?: unknown
}

interface LiveSession {
  readonly kind: SessionProtocol
  readonly session: SessionEngine
  readonly credential: number
  /** Set while the session could not be resumed from its attachment: a pending timer keeps the object in memory. */
  awake: ReturnType<typeof setTimeout> | null
}

/** What a bridge may say; it is another program, so nothing is sure. */
interface SessionControl {
  readonly ack?: unknown
  readonly alive?: unknown
  readonly taken?: unknown
  readonly rest?: unknown
  /** The id under which the bridge would have the session parked. */
  readonly park?: unknown
}

export interface SessionSocketsPorts {
  readonly ctx: DurableObjectState
  readonly store: MailStore
  readonly account: () => SessionDeps['account']
  readonly limits: Partial<ImapSessionLimits>
  /** The directory: whom mailboxes can be shared with. */
  readonly people: PeopleLookup
  /** What others share. */
  readonly others: OthersPort
  readonly jmapUrl: string | undefined
  readonly parked: ParkedSessions
  readonly log: Log
}

/** Why a session is not opened. */
export type SessionRefusal = 'too many' | 'in use'

export class SessionSockets {
  readonly #ports: SessionSocketsPorts
  readonly #live = new Map<WebSocket, LiveSession>()
  readonly #alive = new SessionAlive()
  #restored = false

  constructor(ports: SessionSocketsPorts) {
    this.#ports = ports
  }

  /** Upgrades to a session that has logged in as `request` says. */
  async open(request: SessionRequest, credential: number): Promise<Response | SessionRefusal> {
    this.restore()
    const kind = request.protocol
    // No await between the last look and the session's entry below: two who log in at once must not both get in.
    for (let holder = this.#holder(kind); holder !== undefined; holder = this.#holder(kind)) {
      if (await this.#alive.shows(holder)) return 'in use'
      this.#end(holder, 1011, 'no sign of life')
    }
    if (this.#live.size + this.#ports.parked.size >= MAX_SESSIONS) return 'too many'
    const [client, server] = this.#accept(kind)
    const { engine, begun } = sessionKinds[kind].begin(this.#dependencies(server), request)
    const live: LiveSession = { kind, session: engine, credential, awake: null }
    this.#live.set(server, live)
    this.#remember(server, live)
    void begun.then(() => this.#remember(server, live))
    return new Response(null, { status: 101, webSocket: client })
  }

  /** Upgrades to a parked session, which goes on and tells its news. Undefined: it is no more. */
  unpark(id: string): Response | undefined {
    this.restore()
    const parked = this.#ports.parked.take(id)
    if (parked === undefined) return undefined
    const { kind, credential } = parked
    const [client, server] = this.#accept(kind)
    this.#attach(server, { kind, credential, state: JSON.parse(parked.state) })
    this.#resume(server)
    const live = this.#live.get(server)
    // No octets: the session only looks for what has happened.
    if (live !== undefined) void this.#receive(server, live, new Uint8Array())
    return new Response(null, { status: 101, webSocket: client })
  }

  /** Brings back every session that slept. To be called before anything changes the store, so that none misses it. */
  restore(): void {
    if (this.#restored) return
    this.#restored = true
    for (const socket of this.#sockets()) this.#resume(socket)
  }

  /** A session in memory; one that sleeps is not known. */
  has(socket: WebSocket): boolean {
    return this.#live.has(socket)
  }

  async receive(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    this.restore()
    const live = this.#live.get(socket)
    if (live === undefined) return
    if (typeof message !== 'string') return this.#receive(socket, live, new Uint8Array(message))
    this.#control(socket, live, message)
    this.#remember(socket, live)
  }

  notify(commit: Commit): void {
    for (const [socket, live] of this.#live) {
      const told = live.session.notify(commit)
      this.#remember(socket, live)
      if (told !== undefined) void told.then(() => this.#remember(socket, live))
    }
    this.#ports.parked.notify(commit)
  }

  /** Something has happened in what somebody else shares. Resolves when those who listen have been told. */
  async othersChanged(owner: string): Promise<void> {
    this.restore()
    const telling = Array.from(this.#live, async ([socket, live]) => {
      await live.session.othersChanged?.(owner)
      this.#remember(socket, live)
    })
    await Promise.all(telling)
  }

  closed(socket: WebSocket): void {
    const live = this.#live.get(socket)
    this.#live.delete(socket)
    this.#alive.ended(socket)
    if (live === undefined) return
    clearTimeout(live.awake)
    live.session.end()
  }

  /** Ends the sessions whose credentials are no more: the account is gone, its password changed, a token was revoked. */
  closeRevoked(exists: (credential: number) => boolean): void {
    for (const socket of this.#sockets()) {
      if (exists((socket.deserializeAttachment() as Attachment).credential)) continue
      this.#end(socket, 1001, 'the credentials were revoked')
    }
    this.#ports.parked.closeRevoked(exists)
  }

  #sockets(): WebSocket[] {
    return sessionProtocols.flatMap((protocol) => this.#ports.ctx.getWebSockets(protocol))
  }

  /**
   * Whoever has the one session there may be of this kind. To be asked for a sign of life before anybody is turned away,
   * so that a bridge that vanished without a word does not keep the maildrop locked.
   */
  #holder(kind: SessionProtocol): WebSocket | undefined {
    if (!sessionKinds[kind].exclusive) return undefined
    for (const [socket, live] of this.#live) if (live.kind === kind) return socket
    return undefined
  }

  #end(socket: WebSocket, code: number, reason: string): void {
    this.closed(socket)
    if (socket.readyState === WebSocket.OPEN) socket.close(code, reason)
  }

  #accept(kind: SessionProtocol): [client: WebSocket, server: WebSocket] {
    const [client, server] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket]
    this.#ports.ctx.acceptWebSocket(server, [kind])
    return [client, server]
  }

  async #receive(socket: WebSocket, live: LiveSession, bytes: Uint8Array): Promise<void> {
    const handled = live.session.receive(bytes)
    // Commands may wait for the client to read: until they are done the old state must not be resumed from.
    if (!(await isSoon(handled))) this.#remember(socket, live)
    await handled
    this.#remember(socket, live)
  }

  /** Hands a session over to the parking lot, when its state is all there is to it. */
  #park(socket: WebSocket, { kind, session, credential, awake }: LiveSession, id: string): void {
    const state = awake === null ? session.state() : undefined
    const rest = state === undefined ? undefined : sessionKinds[kind].rest(state)
    const parked =
      rest !== undefined && this.#ports.parked.park(id, { kind, credential, state: JSON.stringify(state), rest })
    socket.send(JSON.stringify({ parked }))
    if (parked) this.#end(socket, 1000, 'parked')
  }

  #control(socket: WebSocket, live: LiveSession, message: string): void {
    if (message.length > 1024) return
    const { session } = live
    const control = JSON.parse(message) as SessionControl | null
    if (control?.alive === true) this.#alive.seen(socket)
    if (control?.rest === true) session.relinquish?.()
    if (isCount(control?.taken)) session.taken?.(control.taken)
    if (isCount(control?.ack)) session.acknowledge(control.ack)
    if (typeof control?.park === 'string') this.#park(socket, live, control.park)
  }

  #resume(socket: WebSocket): void {
    const { kind, state, credential } = socket.deserializeAttachment() as Attachment
    try {
      if (state === undefined) throw new Error('the session was in the middle of something when it was lost')
      const session = sessionKinds[kind].resume(this.#dependencies(socket), state)
      if (session === undefined) throw new Error('what the session saw is not known any more')
      this.#live.set(socket, { kind, session, credential, awake: null })
    } catch (error) {
      this.#ports.log('error', 'session could not be resumed', { error: describe(error) })
      socket.close(1011, 'session lost')
    }
  }

  #remember(socket: WebSocket, live: LiveSession): void {
    if (this.#live.get(socket) !== live) return
    const { kind, session, credential } = live
    if (session.closed) return this.#end(socket, 1000, 'the session is over')
    const state = session.state()
    const kept = state !== undefined && this.#attach(socket, { kind, credential, state })
    if (kept) {
      clearTimeout(live.awake)
      live.awake = null
    } else if (live.awake === null) {
      this.#attach(socket, { kind, credential })
      live.awake = setTimeout(() => {
        live.awake = null
      }, AWAKE_MS)
    }
  }

  #attach(socket: WebSocket, attachment: Attachment): boolean {
    try {
      socket.serializeAttachment(attachment)
      return true
    } catch (error) {
      this.#ports.log('warning', 'session state does not fit its socket', { error: describe(error) })
      return false
    }
  }

  #dependencies(socket: WebSocket): SessionDeps {
    const { store, account, limits, people, others, jmapUrl, log } = this.#ports
    return {
      store,
      account: account(),
      imapLimits: limits,
      people,
      others,
      jmapUrl,
      log: { error: (event, cause) => log('error', event, cause === undefined ? {} : { error: describe(cause) }) },
      output: sessionOutput(socket),
    }
  }
}

/** Awaits of one command that waits for nothing outside; some twenty are usual. */
const fewTurns = 50

/** Whether the promise resolves without anything else being run in between: most commands do. */
async function isSoon(promise: Promise<void>): Promise<boolean> {
  const seen = { done: false }
  void promise.then(() => (seen.done = true))
  for (let turn = 0; turn < fewTurns && !seen.done; turn++) await Promise.resolve()
  return seen.done
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0
}

/** What cannot be sent is dropped: the bridge is gone, and the socket's close event ends the session. */
function sessionOutput(socket: WebSocket): SessionOutput {
  const send = (message: Uint8Array | string) => {
    if (socket.readyState === WebSocket.OPEN) socket.send(message)
  }
  return { send, control: (message) => send(JSON.stringify(message)) }
}
