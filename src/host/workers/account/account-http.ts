/**
 * The requests that reach an account's object: JMAP, its event sockets, and sessions that a bridge opens.
 *
 * Standards: RFC 8620 §2 (session), §3 (API), §6 (binary data); RFC 9110 §11 (authentication), §13 (conditional requests).
 * Limits: bodies are counted while they are read, since a length may be missing or wrong.
 * Security: anyone may get this far with any credentials. `/internal/` paths are made by the Worker only, which forwards
 * nothing but `/jmap/` of what clients send.
 */
import { type Download, downloadHeaders, type JmapAccess, type JmapResponse } from '../../../access/jmap/index.ts'
import { parseEventSourceQuery } from '../../../protocol/jmap/index.ts'
import {
  CHALLENGE,
  notJson,
  overLimit,
  parseAuthorization,
  parseSessionRequest,
  problem,
} from '../../http/index.ts'
import type { LoginResult } from '../doors.ts'
import type { Env } from '../env.ts'
import { settingsOf } from '../settings.ts'
import type { AccountLogins } from './account-logins.ts'
import type { EventSockets } from './event-sockets.ts'
import { readBody, TooLong } from './read-body.ts'
import type { SessionSockets } from './session-sockets.ts'

export interface AccountHttpPorts {
  readonly env: Env
  /** Only asked for an account that exists. */
  readonly jmap: () => JmapAccess
  readonly logins: AccountLogins
  readonly sessions: SessionSockets
  readonly events: EventSockets
}

export class AccountHttp {
  readonly #ports: AccountHttpPorts

  constructor(ports: AccountHttpPorts) {
    this.#ports = ports
  }

  async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url)
    if (url.pathname === '/internal/session') return this.#session(request)
    const refusal = await this.#authorise(request)
    if (refusal !== undefined) return refusal
    try {
      return await this.#route(request, url)
    } catch (error) {
      if (error instanceof TooLong) return overLimit(error.limit, error.most)
      throw error
    }
  }

  async #route(request: Request, url: URL): Promise<Response> {
    const segments = decodedSegments(url.pathname)
    if (segments === undefined) return problem(400, 'Bad Request', 'the path is not encoded correctly')
    const [, , resource, accountId = '', blobId = '', name = ''] = segments
    const jmap = this.#ports.jmap()
    switch (resource) {
      case 'session':
        return Response.json(jmap.session(url.origin), { headers: { 'Cache-Control': 'no-cache, no-store' } })
      case 'api':
        if (!isJson(request)) return notJson()
        return answer(await jmap.handle(await readBody(request, 'maxSizeRequest', jmap.limits.maxSizeRequest)))
      case 'upload':
        return this.#upload(request, accountId)
      case 'download': {
        const blob = jmap.download(accountId, blobId)
        if (blob === undefined) return problem(404, 'Not Found', 'there is no such blob')
        return download(request, blob, blobId, name, url.searchParams.get('accept') ?? undefined)
      }
      case 'events':
        return this.#subscribe(request, url)
      default:
        return problem(404, 'Not Found')
    }
  }

  async #upload(request: Request, accountId: string): Promise<Response> {
    const jmap = this.#ports.jmap()
    const end = jmap.beginUpload()
    if (typeof end !== 'function') return answer(end)
    try {
      const bytes = await readBody(request, 'maxSizeUpload', jmap.limits.maxSizeUpload)
      return answer(jmap.upload(accountId, bytes, request.headers.get('Content-Type') ?? ''))
    } finally {
      end()
    }
  }

  /** Undefined when the credentials are right. */
  async #authorise(request: Request): Promise<Response | undefined> {
    const authorization = parseAuthorization(request.headers.get('Authorization'))
    const header = settingsOf(this.#ports.env).clientAddressHeader
    const clientAddress = (header === undefined ? null : request.headers.get(header)) ?? 'unknown'
    if (authorization === undefined) return unauthorised({ ok: false })
    const password = authorization.scheme === 'basic' ? authorization.password : authorization.token
    const result = await this.#ports.logins.check({ password, clientAddress })
    return result.ok ? undefined : unauthorised(result)
  }

  async #session(request: Request): Promise<Response> {
    const session = parseSessionRequest(request.headers.get('Facteur-Session'))
    if (session === undefined) return Response.json({ text: 'the session header is malformed' }, { status: 400 })
    const result = await this.#ports.logins.check(session)
    if (!result.ok) {
      return result.retryAfter === undefined
        ? Response.json({ text: 'Authentication failed.' }, { status: 401 })
        : Response.json({ text: 'Too many failed logins; try again later.' }, { status: 503 })
    }
    const opened = this.#ports.sessions.open(session.tag)
    return opened ?? Response.json({ text: 'Too many sessions are open.' }, { status: 503 })
  }

  #subscribe(request: Request, url: URL): Response {
    const query = new URLSearchParams({ types: url.searchParams.get('types') ?? '', closeafter: 'no', ping: '0' })
    const options = parseEventSourceQuery(query)
    if (options === undefined || request.headers.get('Upgrade')?.toLowerCase() !== 'websocket') {
      return problem(400, 'Bad Request')
    }
    const opened = this.#ports.events.subscribe(options.types, url.searchParams.get('since') ?? undefined)
    return opened ?? problem(429, 'Too Many Requests', 'too many event sources are open', { 'Retry-After': '60' })
  }
}

function answer({ status, contentType, body }: JmapResponse): Response {
  return new Response(body, { status, headers: { 'Content-Type': contentType, 'Cache-Control': 'no-store' } })
}

/** RFC 8620 §3.1 wants `application/json`; parameters such as a charset do no harm. */
function isJson(request: Request): boolean {
  return /^application\/json\s*(?:;|$)/i.test(request.headers.get('Content-Type') ?? '')
}

/** A blob never changes, so its id is its entity tag. */
function download(request: Request, blob: Download, blobId: string, name: string, accept?: string): Response {
  const etag = `"${blobId}"`
  const headers = { ...downloadHeaders(name, accept, blob.type), etag }
  if (request.headers.get('If-None-Match') === etag) return new Response(null, { status: 304, headers })
  if (request.method === 'HEAD') {
    return new Response(null, { headers: { ...headers, 'content-length': String(blob.size) } })
  }
  return new Response(blob.bytes, { headers })
}

/** Undefined when a segment's percent-encoding is broken. */
function decodedSegments(path: string): string[] | undefined {
  try {
    return path.split('/').map(decodeURIComponent)
  } catch {
    return undefined // URIError: the client's fault
  }
}

function unauthorised(result: LoginResult & { ok: false }): Response {
  if (result.retryAfter !== undefined) {
    return problem(429, 'Too Many Requests', 'too many failed logins', { 'Retry-After': String(result.retryAfter) })
  }
  return problem(401, 'Unauthorized', 'the login name, password or token is wrong', { 'WWW-Authenticate': CHALLENGE })
}
