/**
 * JMAP over WebSocket, on sockets that sleep with the object: what a connection has asked for is attached to its socket.
 *
 * Standards: RFC 8887; RFC 6455 §7.4.1 (close codes).
 * Limits: the size of a message and the number of requests at once are those of the API; connections are counted.
 * Security: a connection lives on credentials that were checked once, at the upgrade, so it ends when they do.
 */
import type { JmapAccess } from '../../../access/jmap/index.ts'
import { type Commit, formatState } from '../../../mailbox/index.ts'
import {
  filterTypes,
  parseWebSocketMessage,
  webSocketProtocol,
  webSocketRequestError,
  webSocketStateChange,
  type StateChange,
  type WebSocketMessage,
} from '../../../protocol/jmap/index.ts'

const TAG = 'jmap'
/** One person's clients, generously; each costs a message for every change it wants. */
const MAX_CONNECTIONS = 100

interface Attachment {
  readonly kind: 'jmap'
  readonly credential: number
  /** Absent: no push. `types` null: all. */
  readonly push?: { readonly types: readonly string[] | null }
}

export class JmapSockets {
  readonly #ctx: DurableObjectState
  readonly #jmap: () => Promise<JmapAccess>

  constructor(ctx: DurableObjectState, jmap: () => Promise<JmapAccess>) {
    this.#ctx = ctx
    this.#jmap = jmap
  }

  /** Upgrades; undefined when there are too many already. */
  open(credential: number): Response | undefined {
    if (this.#ctx.getWebSockets(TAG).length >= MAX_CONNECTIONS) return undefined
    const [client, server] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket]
    this.#ctx.acceptWebSocket(server, [TAG])
    attach(server, { kind: 'jmap', credential })
    const headers = { 'Sec-WebSocket-Protocol': webSocketProtocol }
    return new Response(null, { status: 101, webSocket: client, headers })
  }

  owns(socket: WebSocket): boolean {
    return (socket.deserializeAttachment() as { kind?: unknown } | null)?.kind === 'jmap'
  }

  async receive(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    // RFC 8887 §4.3.1: JMAP is text.
    if (typeof message !== 'string') return socket.close(1003, 'JMAP is sent as text')
    const jmap = await this.#jmap()
    const parsed = parseWebSocketMessage(message, jmap.limits.maxSizeRequest)
    switch (parsed.type) {
      case 'problem':
        return send(socket, webSocketRequestError(parsed.problem, parsed.id))
      case 'Request':
        return send(socket, await jmap.handleMessage(parsed.id, parsed.request, attachmentOf(socket).credential))
      case 'WebSocketPushEnable':
        return this.#enable(socket, jmap, parsed)
      case 'WebSocketPushDisable': {
        const { kind, credential } = attachmentOf(socket)
        return attach(socket, { kind, credential })
      }
    }
  }

  notify(commit: Commit, stateChange: () => ReturnType<JmapAccess['stateChange']>): void {
    const listening = this.#listening()
    const all = listening.length === 0 ? undefined : stateChange()
    if (all !== undefined) tell(listening, all, formatState(commit.state))
  }

  /** What others changed in what they share; `pushState` is the state of the account itself. */
  notifyShared(change: StateChange, pushState: string): void {
    tell(this.#listening(), change, pushState)
  }

  #listening(): WebSocket[] {
    return this.#ctx.getWebSockets(TAG).filter((socket) => attachmentOf(socket).push !== undefined)
  }

  /** Ends those whose credentials are no more. */
  closeRevoked(exists: (credential: number) => boolean): void {
    for (const socket of this.#ctx.getWebSockets(TAG)) {
      if (!exists(attachmentOf(socket).credential)) socket.close(1008, 'the credentials were revoked')
    }
  }

  /** RFC 8887 §4.3.5.2: a client that comes back is told at once what it has missed. */
  #enable(socket: WebSocket, jmap: JmapAccess, wanted: WebSocketMessage & { type: 'WebSocketPushEnable' }): void {
    const { dataTypes, pushState } = wanted
    const { kind, credential } = attachmentOf(socket)
    attach(socket, { kind, credential, push: { types: dataTypes === undefined ? null : [...dataTypes] } })
    const all = pushState === undefined ? undefined : jmap.stateChangeSince(pushState)
    const missed = all === undefined ? undefined : filterTypes(all, dataTypes)
    if (missed !== undefined) send(socket, webSocketStateChange(missed, jmap.eventId))
  }
}

function tell(sockets: readonly WebSocket[], all: StateChange, pushState: string): void {
  for (const socket of sockets) {
    const types = attachmentOf(socket).push?.types ?? null
    const change = filterTypes(all, types === null ? undefined : new Set(types))
    if (change !== undefined) send(socket, webSocketStateChange(change, pushState))
  }
}

function attachmentOf(socket: WebSocket): Attachment {
  return socket.deserializeAttachment() as Attachment
}

function attach(socket: WebSocket, attachment: Attachment): void {
  socket.serializeAttachment(attachment)
}

/** What cannot be sent is dropped: the client is gone, and comes back with the last state it saw. */
function send(socket: WebSocket, text: string): void {
  if (socket.readyState === WebSocket.OPEN) socket.send(text)
}
