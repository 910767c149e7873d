/**
 * IMAP sessions on hibernatable WebSockets: binary frames are protocol bytes, text frames are control messages.
 *
 * While the object is in memory the sessions live in a map. When it sleeps, all that is left of a session is the state
 * attached to its socket, and the next event of any kind brings it back.
 *
 * Limits: a state must fit the attachment (16 KB). A session in the middle of something has no state; a timer keeps the
 * object awake for it, and one that is nevertheless lost is closed rather than resumed wrongly.
 * Security: bytes come from authenticated mail clients through a bridge.
 */
import {
  type ImapOutput,
  ImapSession,
  type ImapSessionDeps,
  type ImapSessionLimits,
  type ImapSessionState,
} from '../../../access/imap/index.ts'
import type { Commit, MailStore } from '../../../mailbox/index.ts'
import { describe, type Log } from '../log.ts'

const TAG = 'imap'
/** Dovecot's default for one user and address is 10; phones and desktops with many folders need more. */
const MAX_SESSIONS = 256
/** A client that stops in the middle of a literal for longer has gone (RFC 9051 §5.4 allows no less than 30 minutes). */
const AWAKE_MS = 30 * 60_000

interface Attachment {
  readonly kind: 'imap'
  /** Which password or token opened it. */
  readonly credential: number
  /** Absent while there is more to the session than fits here. */
  readonly state?: ImapSessionState
}

interface LiveSession {
  readonly session: ImapSession
  readonly credential: number
  /** Set while the session could not be resumed from its attachment: a pending timer keeps the object in memory. */
  awake: ReturnType<typeof setTimeout> | null
}

export interface SessionSocketsPorts {
  readonly ctx: DurableObjectState
  readonly store: MailStore
  readonly account: () => ImapSessionDeps['account']
  readonly limits: Partial<ImapSessionLimits>
  readonly log: Log
}

export class SessionSockets {
  readonly #ports: SessionSocketsPorts
  readonly #live = new Map<WebSocket, LiveSession>()
  #restored = false

  constructor(ports: SessionSocketsPorts) {
    this.#ports = ports
  }

  /** Upgrades to a session that has logged in with `tag`; undefined when there are too many. */
  open(tag: string, credential: number): Response | undefined {
    this.restore()
    if (this.#live.size >= MAX_SESSIONS) return undefined
    const [client, server] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket]
    this.#ports.ctx.acceptWebSocket(server, [TAG])
    const live: LiveSession = { session: new ImapSession(this.#dependencies(server)), credential, awake: null }
    this.#live.set(server, live)
    live.session.begin(tag)
    this.#remember(server, live)
    return new Response(null, { status: 101, webSocket: client })
  }

  /** Brings back every session that slept. To be called before anything changes the store, so that none misses it. */
  restore(): void {
    if (this.#restored) return
    this.#restored = true
    for (const socket of this.#ports.ctx.getWebSockets(TAG)) this.#resume(socket)
  }

  async receive(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    this.restore()
    const live = this.#live.get(socket)
    if (live === undefined) return
    if (typeof message === 'string') acknowledge(live.session, message)
    else {
      const handled = live.session.receive(new Uint8Array(message))
      // Commands may wait for the client to read: until they are done the old state must not be resumed from.
      this.#remember(socket, live)
      await handled
    }
    this.#remember(socket, live)
  }

  notify(commit: Commit): void {
    for (const [socket, live] of this.#live) {
      live.session.notify(commit)
      this.#remember(socket, live)
    }
  }

  closed(socket: WebSocket): void {
    const live = this.#live.get(socket)
    this.#live.delete(socket)
    if (live === undefined) return
    clearTimeout(live.awake)
    live.session.end()
  }

  /** Ends the sessions whose credentials are no more: the account is gone, its password changed, a token was revoked. */
  closeRevoked(exists: (credential: number) => boolean): void {
    for (const socket of this.#ports.ctx.getWebSockets(TAG)) {
      if (exists((socket.deserializeAttachment() as Attachment).credential)) continue
      this.closed(socket)
      socket.close(1001, 'the credentials were revoked')
    }
  }

  #resume(socket: WebSocket): void {
    const { state, credential } = socket.deserializeAttachment() as Attachment
    try {
      if (state === undefined) throw new Error('the session was in the middle of something when it was lost')
      const session = ImapSession.resume(this.#dependencies(socket), state)
      this.#live.set(socket, { session, credential, awake: null })
    } catch (error) {
      this.#ports.log('error', 'session could not be resumed', { error: describe(error) })
      socket.close(1011, 'session lost')
    }
  }

  #remember(socket: WebSocket, live: LiveSession): void {
    if (this.#live.get(socket) !== live) return
    const state = live.session.state()
    const { credential } = live
    const kept = state !== undefined && this.#attach(socket, { kind: 'imap', credential, state })
    if (kept) {
      clearTimeout(live.awake)
      live.awake = null
    } else {
      this.#attach(socket, { kind: 'imap', credential })
      live.awake ??= setTimeout(() => {
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

  #dependencies(socket: WebSocket): ImapSessionDeps {
    const { store, account, limits, log } = this.#ports
    return {
      store,
      account: account(),
      limits,
      clock: Date,
      log: { error: (event, cause) => log('error', event, cause === undefined ? {} : { error: describe(cause) }) },
      output: this.#output(socket),
    }
  }

  /** What cannot be sent is dropped: the bridge is gone, and the socket's close event ends the session. */
  #output(socket: WebSocket): ImapOutput {
    const send = (message: Uint8Array | string) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(message)
    }
    return { send, control: (message) => send(JSON.stringify(message)) }
  }
}

/** `{"ack": n}`: the bridge has written n more bytes to the client. Anything else is not for us. */
function acknowledge(session: ImapSession, message: string): void {
  if (message.length > 1024) return
  const control: unknown = JSON.parse(message)
  const ack = typeof control === 'object' && control !== null ? (control as { ack?: unknown }).ack : undefined
  if (typeof ack === 'number' && Number.isSafeInteger(ack) && ack > 0) session.acknowledge(ack)
}
