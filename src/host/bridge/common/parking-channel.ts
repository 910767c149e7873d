/**
 * Where idle sessions are parked: a standing WebSocket on which the Worker says which of them to come for.
 *
 * What is parked is memory of the Worker's process, and so is the channel's other end: when the channel breaks, every
 * parked session is to be fetched, and those that are lost are found out. Nothing is parked until there is a new one.
 */

import { WebSocket } from 'ws'
import { describeError, type Log } from './log.ts'
import { openWorkerSocket, type WorkerAddress } from './worker-socket.ts'

export interface ParkingChannelOptions extends WorkerAddress {
  readonly log: Log
  readonly connectTimeoutMs: number
  /** Between a channel's end and the next; doubled while there is none to be had. */
  readonly backoffMs: number
  readonly maxBackoffMs: number
}

/** What a session is parked under. */
export interface ParkingTicket {
  readonly id: string
  /** The session is back, or its client has gone; `forget`: the Worker has it still. */
  end(forget: boolean): void
}

/** News are few and short: ids of sessions. */
const maxPayload = 4 * 1024 * 1024

export class ParkingChannel {
  readonly #options: ParkingChannelOptions
  readonly #recalls = new Map<string, () => void>()
  #socket: WebSocket | undefined
  #id: string | undefined
  #retry: ReturnType<typeof setTimeout> | undefined
  #tickets = 0
  #failures = 0
  #closed = false

  constructor(options: ParkingChannelOptions) {
    this.#options = options
    this.#connect()
  }

  /** Calls `recall` when the session has news, or may be lost. Undefined: there is no channel now. */
  ticket(recall: () => void): ParkingTicket | undefined {
    if (this.#id === undefined) return undefined
    const id = `${this.#id}.${++this.#tickets}`
    this.#recalls.set(id, recall)
    return {
      id,
      end: (forget) => {
        if (this.#recalls.delete(id) && forget) this.#say({ forget: id })
      },
    }
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#retry)
    this.#socket?.terminate()
  }

  #connect(): void {
    const { connectTimeoutMs: handshakeTimeout } = this.#options
    const socket = openWorkerSocket(this.#options, 'bridge/parking', { handshakeTimeout, maxPayload })
    this.#socket = socket
    socket.on('message', (data) => {
      try {
        this.#receive(JSON.parse((data as Buffer).toString()) as { channel?: unknown; news?: unknown })
      } catch (error) {
        this.#options.log('error', 'parking-broken', { error: describeError(error) })
        socket.terminate()
      }
    })
    // A 'close' follows.
    socket.on('error', () => {})
    socket.on('close', () => this.#lost())
  }

  #receive({ channel, news }: { channel?: unknown; news?: unknown }): void {
    if (typeof channel === 'string') {
      this.#id = channel
      this.#failures = 0
    }
    if (!Array.isArray(news)) return
    // Not those that are on their way back already.
    for (const id of news as unknown[]) if (typeof id === 'string') this.#recalls.get(id)?.()
  }

  #lost(): void {
    this.#id = undefined
    if (this.#closed) return
    for (const recall of this.#recalls.values()) recall()
    const { backoffMs, maxBackoffMs } = this.#options
    const wait = Math.min(backoffMs * 2 ** this.#failures++, maxBackoffMs)
    this.#retry = setTimeout(() => this.#connect(), wait)
  }

  #say(control: object): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(control))
  }
}
