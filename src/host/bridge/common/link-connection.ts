/**
 * One WebSocket of the link: requests out, answers in, many at a time.
 *
 * A request always comes to an answer or to a reason why there is none; the connection's death answers all that are open.
 * Frames written within one turn of the event loop leave in one system call.
 */

import type { Socket as NodeStream } from 'node:net'
import { WebSocket } from 'ws'
import { decodeFrame, encodeRequest, frameKind, nextFrameId } from '../link/index.ts'
import { describeError, type Log } from './log.ts'

/** Why there is no answer: `late` and `lost` may have been acted on by the Worker, `down` was never sent. */
export type LinkFailure = 'down' | 'late' | 'lost'

export type LinkAnswer =
  | { readonly type: 'answer'; readonly head: unknown }
  | { readonly type: 'none'; readonly failure: LinkFailure }

export interface LinkConnectionOptions {
  readonly url: URL
  readonly secret: string
  readonly log: Log
  readonly connectTimeoutMs: number
  /** Silence after which the peer is asked for a sign of life; after as much again the connection is given up. */
  readonly pingMs: number
  readonly ca?: readonly string[]
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
  #corked = false
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
    this.#socket = new WebSocket(options.url, {
      headers: { Authorization: `Bearer ${options.secret}` },
      perMessageDeflate: false,
      handshakeTimeout: options.connectTimeoutMs,
      maxPayload: maxAnswer,
      followRedirects: false,
      ...(options.ca === undefined ? {} : { ca: [...options.ca] }),
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
    this.#cork()
    for (const frame of encodeRequest(id, head, body)) this.#socket.send(frame, () => {})
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
      const frame = decodeFrame(data)
      if (frame.kind !== frameKind.response) throw new Error('a request from the Worker')
      const pending = this.#pending.get(frame.id)
      // An answer after its deadline: the caller has gone on.
      if (pending === undefined) return
      this.#pending.delete(frame.id)
      pending.settle({ type: 'answer', head: frame.head })
      this.#closeWhenIdle()
    } catch (error) {
      this.#log('error', 'link-broken', { error: describeError(error) })
      this.destroy('the Worker sent what is not a frame')
    }
  }

  #closeWhenIdle(): void {
    if (this.#draining && this.#pending.size === 0 && !this.#over) {
      this.#finish('drained')
      this.#socket.close(1000)
    }
  }

  /** Many small frames in one turn (one per SMTP session) would be as many system calls: hold them until the turn ends. */
  #cork(): void {
    if (this.#corked || this.#stream === undefined) return
    this.#corked = true
    this.#stream.cork()
    setImmediate(() => {
      this.#corked = false
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
