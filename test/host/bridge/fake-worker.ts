/**
 * The Worker as a bridge sees it: the link, the sessions, and switches to make them fail.
 */

import http from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import { decodeFrames, encodeFrame, FrameAssembler, frameKind } from '../../../src/host/bridge/link/index.ts'

export const secret = 'bridge secret of the tests'

export interface SeenRequest {
  readonly head: Record<string, unknown> & { readonly op: string }
  readonly body: Buffer
}

export interface FakeSession {
  readonly socket: WebSocket
  readonly request: Record<string, unknown>
}

interface SessionDecision {
  readonly status: number
  readonly text?: string
  readonly code?: string
}

type Answer = object | undefined | Promise<object | undefined>

export class FakeWorker {
  readonly requests: SeenRequest[] = []
  readonly sessions: FakeSession[] = []
  readonly links: WebSocket[] = []
  /** Parking channels, oldest first; each has the id `channel` and its number. */
  readonly channels: WebSocket[] = []
  /** So many more are refused. */
  refusedChannels = 0
  /** What bridges said on them. */
  readonly forgotten: string[] = []
  /** WebSocket messages that came over links. */
  linkMessages = 0
  url = ''
  maxRequests: number | undefined
  refuseLinks = false
  refusals = 0
  maxMessageSize = 10_000_000
  /** What strangers are to meet. */
  door: object | undefined
  /** undefined: no answer comes. */
  onRequest: (request: SeenRequest) => Answer = accepting
  /** A status other than 101 refuses. */
  onSession: (request: Record<string, unknown>) => SessionDecision = () => ({ status: 101 })
  onOpenSession: (session: FakeSession) => void = () => {}
  /** A bridge comes for a parked session. A status other than 101 refuses. */
  onParked: (id: string) => SessionDecision = () => ({ status: 101 })
  readonly #server = http.createServer()
  readonly #sockets = new WebSocketServer({ noServer: true })
  readonly #raw = new Set<Socket>()
  #watchers: (() => void)[] = []

  static async start(port = 0): Promise<FakeWorker> {
    const worker = new FakeWorker()
    await worker.#listen(port)
    return worker
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  operations(op: string): SeenRequest[] {
    return this.requests.filter((request) => request.head.op === op)
  }

  /** Resolves when the condition holds; looks again whenever anything happens here. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#watchers.push(resolve))
  }

  /** Cuts every connection, as a Worker that dies does. */
  cut(): void {
    for (const socket of this.#raw) socket.destroy()
  }

  /** Lets the connections stand but reads nothing, as a machine that has vanished does. */
  freeze(): void {
    for (const socket of this.#raw) socket.pause()
  }

  async stop(): Promise<void> {
    this.cut()
    await new Promise<void>((resolve) => void this.#server.close(() => resolve()))
  }

  #changed(): void {
    const watchers = this.#watchers
    this.#watchers = []
    for (const watcher of watchers) watcher()
  }

  async #listen(port: number): Promise<void> {
    this.#server.on('connection', (socket) => {
      this.#raw.add(socket)
      socket.on('close', () => this.#raw.delete(socket))
    })
    this.#server.on('upgrade', (request, socket, head) => {
      const refusal = this.#refusal(request)
      if (refusal !== undefined) {
        this.refusals++
        this.#changed()
        const { status: _, ...said } = refusal
        const body = refusal.text === undefined ? '' : JSON.stringify(said)
        socket.end(
          `HTTP/1.1 ${refusal.status} No\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
        )
        return
      }
      this.#sockets.handleUpgrade(request, socket, head, (opened) => {
        if (request.url === '/bridge/link') this.#serveLink(opened)
        else if (request.url === '/bridge/parking') this.#serveChannel(opened)
        else this.#serveSession(opened, sessionOf(request))
      })
    })
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve))
    this.url = `http://127.0.0.1:${this.port}`
  }

  #refusal(request: http.IncomingMessage): SessionDecision | undefined {
    if (request.headers.authorization !== `Bearer ${secret}`) return { status: 401 }
    if (request.url === '/bridge/link') return this.refuseLinks ? { status: 503 } : undefined
    if (request.url === '/bridge/parking') return this.refusedChannels-- > 0 ? { status: 404 } : undefined
    const parked = parkedOf(request)
    if (parked === undefined && request.url !== '/bridge/session') return { status: 404 }
    const decision = parked === undefined ? this.onSession(sessionOf(request)) : this.onParked(parked)
    return decision.status === 101 ? undefined : decision
  }

  #serveLink(socket: WebSocket): void {
    this.links.push(socket)
    const assembler = new FrameAssembler({ maxBody: 100_000_000, maxPending: 200_000_000 })
    socket.on('message', (data) => {
      this.linkMessages++
      for (const frame of decodeFrames(data as Buffer)) {
        const complete = assembler.receive(frame)
        if (complete === undefined) continue
        const request = { head: complete.head as SeenRequest['head'], body: Buffer.concat(complete.body) }
        this.requests.push(request)
        void this.#answer(socket, complete.id, request)
      }
    })
    socket.on('close', () => this.#changed())
    this.#changed()
  }

  async #answer(socket: WebSocket, id: number, request: SeenRequest): Promise<void> {
    const { maxMessageSize, maxRequests, door } = this
    const hello = {
      hostname: 'mail.example',
      maxMessageSize,
      ...(maxRequests === undefined ? {} : { maxRequests }),
      ...(door === undefined ? {} : { door }),
    }
    const answering = request.head.op === 'hello' ? hello : this.onRequest(request)
    this.#changed()
    const head = await answering
    if (head !== undefined) socket.send(encodeFrame(id, frameKind.response, head))
    this.#changed()
  }

  #serveChannel(socket: WebSocket): void {
    this.channels.push(socket)
    socket.send(JSON.stringify({ channel: `channel${this.channels.length}` }))
    socket.on('message', (data) => {
      this.forgotten.push((JSON.parse((data as Buffer).toString()) as { forget: string }).forget)
      this.#changed()
    })
    this.#changed()
  }

  #serveSession(socket: WebSocket, request: Record<string, unknown>): void {
    const session = { socket, request }
    this.sessions.push(session)
    socket.on('close', () => this.#changed())
    socket.on('message', () => this.#changed())
    this.onOpenSession(session)
    this.#changed()
  }
}

function parkedOf({ url = '' }: http.IncomingMessage): string | undefined {
  return /^\/bridge\/parked\/(.*)$/.exec(url)?.[1]
}

/** Who logs in, or `parked`: who comes back. */
function sessionOf(request: http.IncomingMessage): Record<string, unknown> {
  const parked = parkedOf(request)
  if (parked !== undefined) return { parked }
  const header = request.headers['facteur-session'] as string
  return JSON.parse(Buffer.from(header, 'base64url').toString()) as Record<string, unknown>
}

/** Knows everybody at example.com, and alice's password. */
export function accepting({ head }: SeenRequest): object {
  switch (head.op) {
    case 'authenticate':
      return head.password === 'correct'
        ? { ok: true, accountId: 'a1', address: 'alice@example.com' }
        : { ok: false, temporary: false, text: 'no' }
    case 'sender':
      return { reply: { code: 250, enhanced: '2.1.0', text: 'Sender OK' } }
    case 'recipient':
      return (head.recipient as { address: string }).address.startsWith('unknown')
        ? { reply: { code: 550, enhanced: '5.1.1', text: 'No such user' } }
        : { reply: { code: 250, enhanced: '2.1.5', text: 'Recipient OK' } }
    case 'deliver':
      return { reply: { code: 250, enhanced: '2.0.0', text: 'Stored' } }
    case 'turned-away':
      return { ok: true }
    default:
      return { error: 'unknown operation' }
  }
}
