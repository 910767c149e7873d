/**
 * The egress: a small HTTP server through which the Worker's queue sends mail to other servers.
 *
 * `POST /egress` (bearer secret) runs one delivery and answers its result; `GET /healthz` says that the bridge lives.
 * Limits: body size, requests at once, time for a request to arrive.
 * Security: it can send mail as anyone: every request but the health check needs the secret, compared in constant time.
 */

import { createHash, timingSafeEqual } from 'node:crypto'
import http from 'node:http'
import { deliverOutside, type EgressPorts } from './egress-delivery.ts'
import { parseEgress } from './egress-request.ts'
import { describeError } from './log.ts'
import type { Endpoint } from './socket.ts'

export interface EgressOptions extends EgressPorts {
  readonly secret: string
  readonly maxBody: number
  readonly maxRequests: number
  /** For `/healthz`: is the link to the Worker up? */
  readonly linked: () => boolean
}

export class EgressServer {
  readonly #options: EgressOptions
  readonly #server: http.Server
  readonly #secret: Uint8Array
  #running = 0
  #idle: () => void = () => {}

  constructor(options: EgressOptions) {
    this.#options = options
    this.#secret = digest(`Bearer ${options.secret}`)
    this.#server = http.createServer((request, response) => {
      this.#serve(request, response).catch((error: unknown) => {
        options.log('error', 'egress-broken', { error: describeError(error) })
        answer(response, 500, { error: 'Internal error.' })
      })
    })
    this.#server.headersTimeout = 10_000
    this.#server.requestTimeout = 300_000
    // Longer than the Worker keeps idle connections, so that it is never ours that closes under its request.
    this.#server.keepAliveTimeout = 120_000
  }

  /** Rejects with the system's error. */
  listen(host: string, port: number): Promise<Endpoint> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject)
        const bound = this.#server.address()
        if (bound === null || typeof bound === 'string') reject(new Error('no address'))
        else resolve({ address: bound.address, port: bound.port })
      })
    })
  }

  /** Takes no more requests; waits up to `drainMs` for those at work. */
  async close(drainMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeIdleConnections()
    if (this.#running > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, drainMs)
        this.#idle = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    this.#options.pool.close()
    this.#server.closeAllConnections()
    await closed
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const path = request.url?.split('?', 1)[0]
    if (path === '/healthz') {
      if (request.method !== 'GET' && request.method !== 'HEAD') return answer(response, 405, { error: 'Only GET.' })
      return answer(response, 200, { status: 'ok', link: this.#options.linked() })
    }
    if (path !== '/egress') return answer(response, 404, { error: 'Not found.' })
    if (request.method !== 'POST') return answer(response, 405, { error: 'Only POST.' })
    if (!timingSafeEqual(digest(request.headers.authorization ?? ''), this.#secret)) {
      this.#options.log('warning', 'egress-unauthorised', { client: request.socket.remoteAddress ?? '' })
      return answer(response, 401, { error: 'The bridge secret is missing or wrong.' })
    }
    if (this.#running >= this.#options.maxRequests)
      return answer(response, 503, { error: 'Too many requests at once.' })
    this.#running++
    try {
      await this.#deliver(request, response)
    } finally {
      this.#running--
      if (this.#running === 0) this.#idle()
    }
  }

  async #deliver(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const body = await readBody(request, this.#options.maxBody)
    if (body === undefined) return answer(response, 413, { error: 'The message is too large.' })
    const parsed = parseEgress(body)
    if (typeof parsed === 'string') return answer(response, 400, { error: parsed })
    // A caller that has gone will ask again: nothing new is begun for it, but what is on the wire is finished.
    const gone = new AbortController()
    response.once('close', () => {
      // After the answer it closes, too; then there is nobody to tell.
      if (!response.writableFinished) gone.abort()
    })
    const result = await deliverOutside(this.#options, parsed.request, parsed.raw, gone.signal)
    this.#options.log('info', 'egress', {
      from: parsed.request.envelope.reversePath,
      remote: result.remote ?? parsed.request.targets[0]?.host,
      recipients: result.recipients.length,
      delivered: result.recipients.filter((one) => one.status === 'delivered').length,
      tls: result.tls?.version,
      size: parsed.raw.length,
      diagnostic: result.recipients.find((one) => one.status !== 'delivered')?.diagnostic,
    })
    return answer(response, 200, result)
  }
}

/** The whole body, or undefined when it is larger than `limit`. Rejects when the client goes away. */
async function readBody(request: http.IncomingMessage, limit: number): Promise<Uint8Array | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > limit) return undefined
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > limit) return undefined
    chunks.push(chunk)
  }
  return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, size)
}

function answer(response: http.ServerResponse, status: number, value: object): void {
  if (response.headersSent || response.destroyed) return
  const body = JSON.stringify(value)
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    // After a refusal the rest of the request body is not read: the connection is of no more use.
    ...(status >= 400 ? { Connection: 'close' } : {}),
    ...(status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}),
    ...(status === 503 ? { 'Retry-After': '5' } : {}),
  })
  response.end(body)
}

/** Digests are of one length, so comparing them tells nothing about the secret's. */
function digest(text: string): Uint8Array {
  return createHash('sha256').update(text).digest()
}
