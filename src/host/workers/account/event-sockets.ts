/**
 * Subscriptions to an account's state changes: one hibernatable WebSocket each, relayed by the Worker as server-sent events.
 *
 * Standards: RFC 8620 §7.1 (StateChange), §7.3 (event ids).
 * Messages to the relay are JSON: `{ id }` once when subscribed, then `{ id, change }`.
 */
import type { JmapAccess } from '../../../access/jmap/index.ts'
import { type Commit, formatState } from '../../../mailbox/index.ts'
import { filterTypes, type StateChange } from '../../../protocol/jmap/index.ts'

const TAG = 'events'
/** One person's clients, generously; each costs a message for every change. */
const MAX_SUBSCRIPTIONS = 100

export interface EventMessage {
  /** The state, as an event id: a client that comes back with it is told what it missed. */
  readonly id: string
  readonly change?: StateChange
}

interface Attachment {
  readonly kind: 'events'
  readonly credential: number
  /** Milliseconds since the epoch. */
  readonly opened: number
  /** Absent: all types. */
  readonly types?: readonly string[]
}

export class EventSockets {
  readonly #ctx: DurableObjectState
  readonly #jmap: () => JmapAccess

  constructor(ctx: DurableObjectState, jmap: () => JmapAccess) {
    this.#ctx = ctx
    this.#jmap = jmap
  }

  /** Upgrades. `since` is the last event the client saw. */
  subscribe(credential: number, types: ReadonlySet<string> | undefined, since: string | undefined): Response {
    const jmap = this.#jmap()
    const id = jmap.eventId
    this.#makeRoom(id)
    const [client, server] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket]
    this.#ctx.acceptWebSocket(server, [TAG])
    const wanted = types === undefined ? {} : { types: [...types] }
    server.serializeAttachment({ kind: 'events', credential, opened: Date.now(), ...wanted } satisfies Attachment)
    send(server, { id })
    const all = since === undefined ? undefined : jmap.stateChangeSince(since)
    const missed = all === undefined ? undefined : filterTypes(all, types)
    if (missed !== undefined) send(server, { id, change: missed })
    return new Response(null, { status: 101, webSocket: client })
  }

  /**
   * That a client has gone away shows when something is sent to it, which takes long where little happens. So when there are
   * too many the one that came first gives way, to come back if it is there, and the others are sent what clients pass over.
   */
  #makeRoom(id: string): void {
    const open = this.#ctx.getWebSockets(TAG).filter(({ readyState }) => readyState === WebSocket.OPEN)
    if (open.length < MAX_SUBSCRIPTIONS) return
    const [first, ...others] = open.toSorted((a, b) => attachmentOf(a).opened - attachmentOf(b).opened)
    first?.close(1001)
    for (const socket of others) send(socket, { id })
  }

  notify(commit: Commit): void {
    const sockets = this.#ctx.getWebSockets(TAG)
    if (sockets.length === 0) return
    const all = this.#jmap().stateChange(commit)
    if (all !== undefined) tell(sockets, all, formatState(commit.state))
  }

  /** What others changed in what they share. The id says nothing of it: who was away looks for themselves. */
  notifyShared(change: StateChange): void {
    const sockets = this.#ctx.getWebSockets(TAG)
    if (sockets.length > 0) tell(sockets, change, this.#jmap().eventId)
  }

  owns(socket: WebSocket): boolean {
    return (socket.deserializeAttachment() as { kind?: unknown } | null)?.kind === 'events'
  }

  /** Ends those whose credentials are no more. */
  closeRevoked(exists: (credential: number) => boolean): void {
    for (const socket of this.#ctx.getWebSockets(TAG)) {
      if (!exists(attachmentOf(socket).credential)) socket.close(1008)
    }
  }

  closeAll(): void {
    for (const socket of this.#ctx.getWebSockets(TAG)) socket.close(1001)
  }
}

function attachmentOf(socket: WebSocket): Attachment {
  return socket.deserializeAttachment() as Attachment
}

function tell(sockets: readonly WebSocket[], all: StateChange, id: string): void {
  for (const socket of sockets) {
    const { types } = attachmentOf(socket)
    const change = filterTypes(all, types === undefined ? undefined : new Set(types))
    if (change !== undefined) send(socket, { id, change })
  }
}

/** What cannot be sent is dropped: the relay is gone, and the client comes back with the last id it saw. */
function send(socket: WebSocket, message: EventMessage): void {
  if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message))
}
