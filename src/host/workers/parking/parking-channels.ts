/**
 * The bridges' parking channels, on hibernatable WebSockets of one object: JSON texts. `{"channel": id}` opens one,
 * `{"news": [id…]}` says which sessions to come for; the bridge says `{"forget": id}` of a client that has gone.
 *
 * Security: the peer holds the bridge secret; it can only forget what is its own.
 */
import { describe, type Log } from '../log.ts'
import { channelOf, type ParkingLot } from './parking-lot.ts'

export class ParkingChannels {
  readonly #ctx: DurableObjectState
  readonly #lot: ParkingLot
  readonly #log: Log

  constructor(ctx: DurableObjectState, lot: ParkingLot, log: Log) {
    this.#ctx = ctx
    this.#lot = lot
    this.#log = log
  }

  open(): Response {
    const [client, server] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket]
    const channel = this.#lot.openChannel()
    this.#ctx.acceptWebSocket(server, [channel])
    server.send(JSON.stringify({ channel }))
    return new Response(null, { status: 101, webSocket: client })
  }

  /** Has the bridges come for these sessions. Of a channel that is closed all are come for anyway. */
  tell(ids: readonly string[]): void {
    for (const [channel, news] of Map.groupBy(ids, channelOf)) {
      for (const socket of this.#ctx.getWebSockets(channel)) {
        if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ news }))
      }
    }
  }

  receive(socket: WebSocket, message: string | ArrayBuffer): void {
    try {
      if (typeof message !== 'string') throw new Error('not a text')
      const { forget } = JSON.parse(message) as { forget?: unknown }
      if (typeof forget === 'string' && channelOf(forget) === this.#channelOf(socket)) this.#lot.forget(forget)
    } catch (error) {
      this.#log('warning', 'parking channel broken', { error: describe(error) })
      socket.close(1008, 'not understood')
      this.closed(socket)
    }
  }

  closed(socket: WebSocket): void {
    this.#lot.closeChannel(this.#channelOf(socket))
  }

  #channelOf(socket: WebSocket): string {
    return this.#ctx.getTags(socket)[0] ?? ''
  }
}
