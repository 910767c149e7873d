/**
 * One WebSocket of the link: requests out, answers in, many at a time.
 *
 * A request always comes to an answer or to a reason why there is none; the connection's death answers all that are open.
 * Frames written within one turn of the event loop leave in one WebSocket message, in one system call.
 */

import type { Socket as NodeStream } from 'node:net'
import { WebSocket } from 'ws'
import { decodeFrames, type Frame, FrameSender, frameKind, nextFrameId, requestFrames } from '../link/index.ts'
import { describeError, type Log } from './log.ts'
import { openWorkerSocket, type WorkerAddress } from './worker-socket.ts'

/** Why there is no answer: `late` and `lost` may have been acted on by the Worker, `down` was never sent. */
export type LinkFailure = 'down' | 'late' | 'lost'

export type LinkAnswer =
  | { readonly type: 'answer'; readonly head: unknown }
  | { readonly type: 'none'; readonly failure: LinkFailure }

export interface LinkConnectionOptions {
  readonly worker: WorkerAddress
  readonly log: Log
  readonly connectTimeoutMs: number
  /** Silence after which the peer is asked for a sign of life; after as much again the connection is given up. */
  readonly pingMs: number
}

interface Pending {
  readonly settle: (answer: LinkAnswer) => void
  readonly deadline: number
}

const sweepMs = 500
const maxAnswer = 2 * 1024 * 1024

export class LinkConnection {
  readonly #socket: WebSocket
  readonly #log: Log
  readonly #pending = new Map<number, Pending>()
  readonly #sweeper: ReturnType<typeof setInterval>
  readonly #pinger: ReturnType<typeof setInterval>
  #stream: NodeStream | undefined
  readonly #sender = new FrameSender((message, sent) => this.#socket.send(message, sent))
  #flushing = false
  #alive = true
  #lastId = 0
  #sent = 0
  #draining = false
  #open = false
  #over = false

  /** Called once when the connection is of no more use. */
  onClose: (reason: string) => void = () => {}
  /** Called once when it is connected. */
  onOpen: () => void = () => {}

  constructor(options: LinkConnectionOptions) {
    this.#log = options.log
    this.#socket = openWorkerSocket(options.worker, 'bridge/link', {
      handshakeTimeout: options.connectTimeoutMs,
      maxPayload: maxAnswer,
    })
    this.#sweeper = setInterval(() => this.#sweep(), sweepMs)
    this.#pinger = setInterval(() => this.#ping(), options.pingMs)
    this.#wire()
  }

  get open(): boolean {
    return this.#open && !this.#over
  }

  /** Requests sent so far. */
  get sent(): number {
    return this.#sent
  }

  /** Sends a request; resolves with its answer or the reason for none, never rejects. */
  request(head: object, body: readonly Uint8Array[], timeoutMs: number): Promise<LinkAnswer> {
    if (!this.open || this.#draining) return Promise.resolve({ type: 'none', failure: 'down' })
    do this.#lastId = nextFrameId(this.#lastId)
    while (this.#pending.has(this.#lastId))
    const id = this.#lastId
    this.#sent++
    const answer = new Promise<LinkAnswer>((settle) => {
      this.#pending.set(id, { settle, deadline: performance.now() + timeoutMs })
    })
    this.#flushSoon()
    for (const frame of requestFrames(id, head, body)) this.#sender.write(frame)
    return answer
  }

  /** Takes no more requests and closes when the last answer is there. */
  drain(): void {
    this.#draining = true
    this.#closeWhenIdle()
  }

  destroy(reason: string): void {
    this.#finish(reason)
    this.#socket.terminate()
  }

  #wire(): void {
    const socket = this.#socket
    socket.on('upgrade', (response) => {
      this.#stream = response.socket
    })
    socket.on('open', () => {
      this.#open = true
      this.onOpen()
    })
    socket.on('message', (data, binary) => this.#receive(data as Buffer, binary))
    socket.on('pong', () => (this.#alive = true))
    socket.on('unexpected-response', (request, response) => {
      request.destroy()
      const hint = response.statusCode === 401 || response.statusCode === 403 ? ': is the bridge secret the same?' : ''
      this.#finish(`the Worker answered ${response.statusCode}${hint}`)
    })
    socket.on('error', (error) => this.#finish(describeError(error)))
    socket.on('close', (code) => this.#finish(`closed with code ${code}`))
  }

  #receive(data: Uint8Array, binary: boolean): void {
    this.#alive = true
    try {
      if (!binary) throw new Error('a text frame on the link')
      for (const frame of decodeFrames(data)) this.#settle(frame)
      this.#closeWhenIdle()
    } catch (error) {
      this.#log('error', 'link-broken', { error: describeError(error) })
      this.destroy('the Worker sent what is not a frame')
    }
  }

  #settle({ kind, id, head }: Frame): void {
    if (kind !== frameKind.response) throw new Error('a request from the Worker')
    const pending = this.#pending.get(id)
    // An answer after its deadline: the caller has gone on.
    if (pending === undefined) return
    this.#pending.delete(id)
    pending.settle({ type: 'answer', head })
  }

  #closeWhenIdle(): void {
    if (this.#draining && this.#pending.size === 0 && !this.#over) {
      this.#finish('drained')
      this.#socket.close(1000)
    }
  }

  /**
   * Requests of one turn (one for each SMTP session that had something to say) go together when the turn ends. Where they
   * need several WebSocket messages, the stream is corked, so that these still leave in one system call.
   */
  #flushSoon(): void {
    if (this.#flushing) return
    this.#flushing = true
    this.#stream?.cork()
    setImmediate(() => {
      this.#flushing = false
      this.#sender.flush()
      this.#stream?.uncork()
    })
  }

  #sweep(): void {
    const now = performance.now()
    for (const [id, pending] of this.#pending) {
      if (pending.deadline > now) continue
      this.#pending.delete(id)
      pending.settle({ type: 'none', failure: 'late' })
    }
    this.#closeWhenIdle()
  }

  #ping(): void {
    if (!this.open) return
    if (!this.#alive) {
      this.destroy('no sign of life')
      return
    }
    this.#alive = false
    this.#socket.ping()
  }

  #finish(reason: string): void {
    if (this.#over) return
    this.#over = true
    clearInterval(this.#sweeper)
    clearInterval(this.#pinger)
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    for (const { settle } of pending) settle({ type: 'none', failure: 'lost' })
    this.onClose(reason)
  }
}
