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

  /** Upgrades; undefined when there are too many already. `since` is the last event the client saw. */
  subscribe(
    credential: number,
    types: ReadonlySet<string> | undefined,
    since: string | undefined,
  ): Response | undefined {
    if (this.#ctx.getWebSockets(TAG).length >= MAX_SUBSCRIPTIONS) return undefined
    const [client, server] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket]
    this.#ctx.acceptWebSocket(server, [TAG])
    const attachment: Attachment = { kind: 'events', credential, ...(types === undefined ? {} : { types: [...types] }) }
    server.serializeAttachment(attachment)
    const jmap = this.#jmap()
    const id = jmap.eventId
    send(server, { id })
    const all = since === undefined ? undefined : jmap.stateChangeSince(since)
    const missed = all === undefined ? undefined : filterTypes(all, types)
    if (missed !== undefined) send(server, { id, change: missed })
    return new Response(null, { status: 101, webSocket: client })
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
      if (!exists((socket.deserializeAttachment() as Attachment).credential)) socket.close(1008)
    }
  }

  closeAll(): void {
    for (const socket of this.#ctx.getWebSockets(TAG)) socket.close(1001)
  }
}

function tell(sockets: readonly WebSocket[], all: StateChange, id: string): void {
  for (const socket of sockets) {
    const { types } = socket.deserializeAttachment() as Attachment
    const change = filterTypes(all, types === undefined ? undefined : new Set(types))
    if (change !== undefined) send(socket, { id, change })
  }
}

/** What cannot be sent is dropped: the relay is gone, and the client comes back with the last id it saw. */
function send(socket: WebSocket, message: EventMessage): void {
  if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message))
}
