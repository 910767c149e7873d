/**
 * The bridge's standing connection to the Worker: keeps one up, moves to a fresh one in time, counts what is in flight.
 *
 * While there is no connection every request is answered `down` at once: an SMTP client gets its 451 and comes again,
 * which is better than a dialogue that hangs. Nothing is sent twice: a request whose answer was lost is `lost`.
 */

import { doorOf, type HelloAnswer, type HelloRequest, type LinkRequest } from '../link/index.ts'
import { type LinkAnswer, LinkConnection } from './link-connection.ts'
import type { Log } from './log.ts'
import type { WorkerAddress } from './worker-socket.ts'

export type { LinkAnswer, LinkFailure } from './link-connection.ts'

export interface LinkOptions extends WorkerAddress {
  readonly hello: Omit<HelloRequest, 'op'>
  readonly log: Log
  readonly limits?: Partial<LinkLimits>
  /** For the jitter of reconnecting: a number in [0, 1). */
  readonly random?: () => number
}

export interface LinkLimits {
  /** Body bytes without an answer, over all requests; beyond it `congested` and the services stop reading. */
  readonly inFlightBytes: number
  readonly connectTimeoutMs: number
  /** The first delay before connecting again; doubles with each failure. */
  readonly backoffMs: number
  readonly maxBackoffMs: number
  readonly pingMs: number
}

export const defaultLinkLimits: LinkLimits = {
  inFlightBytes: 64 * 1024 * 1024,
  connectTimeoutMs: 10_000,
  backoffMs: 100,
  maxBackoffMs: 15_000,
  pingMs: 20_000,
}

export class Link {
  readonly #options: LinkOptions
  readonly #limits: LinkLimits
  readonly #waiting = new Set<() => void>()
  #current: LinkConnection | undefined
  #next: LinkConnection | undefined
  #retry: ReturnType<typeof setTimeout> | undefined
  #failures = 0
  #inFlight = 0
  #service: HelloAnswer | undefined
  #closed = false
  #announceUp: () => void = () => {}
  /** Resolves when the Worker has answered for the first time. */
  readonly up: Promise<void> = new Promise((resolve) => {
    this.#announceUp = resolve
  })

  constructor(options: LinkOptions) {
    this.#options = options
    this.#limits = { ...defaultLinkLimits, ...options.limits }
    this.#connect()
  }

  /** What the Worker said of itself last; undefined until `up`. */
  get service(): HelloAnswer | undefined {
    return this.#service
  }

  get connected(): boolean {
    return this.#current?.open === true
  }

  get inFlightBytes(): number {
    return this.#inFlight
  }

  /** More is in flight than may be: stop taking in bytes until `relieved`. */
  get congested(): boolean {
    return this.#inFlight > this.#limits.inFlightBytes
  }

  /** Calls back once when the link is no longer congested. */
  relieved(callback: () => void): void {
    this.#waiting.add(callback)
  }

  /** Sends a request, its body in pieces that must not change until the answer. Never rejects. */
  async request(head: LinkRequest, body: readonly Uint8Array[], timeoutMs: number): Promise<LinkAnswer> {
    const connection = this.#current
    if (connection === undefined) return { type: 'none', failure: 'down' }
    let size = 0
    for (const piece of body) size += piece.length
    this.#inFlight += size
    const answered = connection.request(head, body, timeoutMs)
    this.#renewWhenDue(connection)
    const answer = await answered
    this.#inFlight -= size
    this.#relieve()
    return answer
  }

  /** Waits up to `drainMs` for open answers, then closes. No reconnection follows. */
  async close(drainMs = 0): Promise<void> {
    this.#closed = true
    clearTimeout(this.#retry)
    this.#next?.destroy('closing')
    const current = this.#current
    if (current === undefined) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => current.destroy('closing'), drainMs)
      current.onClose = () => {
        clearTimeout(timer)
        resolve()
      }
      if (current.open) current.drain()
      else resolve()
    })
    this.#current = undefined
  }

  #connect(): void {
    if (this.#closed || this.#next !== undefined) return
    const connection = new LinkConnection({
      worker: this.#options,
      log: this.#options.log,
      connectTimeoutMs: this.#limits.connectTimeoutMs,
      pingMs: this.#limits.pingMs,
    })
    this.#next = connection
    connection.onOpen = () => void this.#greet(connection)
    connection.onClose = (reason) => this.#lost(connection, reason)
  }

  async #greet(connection: LinkConnection): Promise<void> {
    const answer = await connection.request({ op: 'hello', ...this.#options.hello }, [], this.#limits.connectTimeoutMs)
    if (answer.type === 'none') {
      connection.destroy('no answer to hello')
      return
    }
    const service = helloOf(answer.head)
    if (service === undefined) {
      connection.destroy('the answer to hello is not one')
      return
    }
    if (this.#closed) return
    const old = this.#current
    this.#current = connection
    this.#next = undefined
    this.#service = service
    this.#failures = 0
    this.#options.log('info', old === undefined ? 'link-up' : 'link-renewed', { worker: this.#options.workerUrl.host })
    old?.drain()
    this.#announceUp()
  }

  #lost(connection: LinkConnection, reason: string): void {
    if (this.#next === connection) this.#next = undefined
    else if (this.#current === connection) this.#current = undefined
    else return
    if (this.#closed) return
    // The first loss of a good link is told, then every failure as long as the backoff grows.
    this.#options.log('warning', 'link-down', {
      reason,
      worker: this.#options.workerUrl.host,
      failures: this.#failures,
    })
    this.#scheduleRetry()
  }

  #scheduleRetry(): void {
    if (this.#closed || this.#next !== undefined) return
    const ceiling = Math.min(this.#limits.backoffMs * 2 ** Math.min(this.#failures, 20), this.#limits.maxBackoffMs)
    this.#failures++
    const random = this.#options.random ?? Math.random
    clearTimeout(this.#retry)
    // Half fixed, half random: bridges that lost one Worker do not all come back in the same moment.
    this.#retry = setTimeout(() => this.#connect(), ceiling / 2 + (random() * ceiling) / 2)
  }

  #renewWhenDue(connection: LinkConnection): void {
    const max = this.#service?.maxRequests
    if (max === undefined || connection.sent < max || this.#next !== undefined || this.#retryPending()) return
    this.#connect()
  }

  /** A failed renewal waits its turn like any failed connection. */
  #retryPending(): boolean {
    return this.#failures > 0
  }

  #relieve(): void {
    if (this.#waiting.size === 0 || this.congested) return
    const callbacks = [...this.#waiting]
    this.#waiting.clear()
    for (const callback of callbacks) callback()
  }
}

function helloOf(head: unknown): HelloAnswer | undefined {
  const answer = (head ?? {}) as Partial<HelloAnswer>
  if (typeof answer.hostname !== 'string' || !Number.isSafeInteger(answer.maxMessageSize)) return undefined
  const maxMessageSize = answer.maxMessageSize as number
  if (maxMessageSize <= 0) return undefined
  const rotation =
    Number.isSafeInteger(answer.maxRequests) && (answer.maxRequests as number) > 0
      ? { maxRequests: answer.maxRequests as number }
      : {}
  const door = doorOf(answer.door)
  return { hostname: answer.hostname, maxMessageSize, ...rotation, ...(door === undefined ? {} : { door }) }
}
