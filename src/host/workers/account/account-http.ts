/**
 * The requests that reach an account's object: JMAP, its sockets, and sessions that a bridge opens.
 *
 * Standards: RFC 8620 §2 (session), §3 (API), §6 (binary data); RFC 8887 (WebSocket); RFC 9110 §11 (authentication).
 * Limits: bodies are counted while they are read, since a length may be missing or wrong.
 * Security: anyone may get this far with any credentials. `/internal/` paths are made by the Worker only, which forwards
 * nothing but `/jmap/` of what clients send.
 */
import type { JmapAccess, JmapResponse } from '../../../access/jmap/index.ts'
import { StoreError } from '../../../mailbox/index.ts'
import { offersJmap, parseEventSourceQuery } from '../../../protocol/jmap/index.ts'
import {
  blobResponse,
  CHALLENGE,
  drain,
  notJson,
  overLimit,
  parseAuthorization,
  parseSessionRequest,
  problem,
  publicOrigin,
  WRONG_CREDENTIALS,
} from '../../http/index.ts'
import { clientAddressOf } from '../client-address.ts'
import type { LoginResult } from '../doors.ts'
import type { Env } from '../env.ts'
import { describe, log } from '../log.ts'
import { settingsOf } from '../settings.ts'
import type { AccountLogins } from './account-logins.ts'
import type { EventSockets } from './event-sockets.ts'
import type { JmapSockets } from './jmap-sockets.ts'
import { readBody, TooLong } from './read-body.ts'
import type { SessionSockets } from './session-sockets.ts'

const parkedPath = '/internal/parked/'

export interface AccountHttpPorts {
  readonly env: Env
  /** Only asked for an account that exists. */
  readonly jmap: () => Promise<JmapAccess>
  readonly logins: AccountLogins
  readonly sessions: SessionSockets
  readonly events: EventSockets
  readonly sockets: JmapSockets
}

export class AccountHttp {
  readonly #ports: AccountHttpPorts

  constructor(ports: AccountHttpPorts) {
    this.#ports = ports
  }

  /** A body that was not wanted is taken in before the answer, or the answer would not arrive. */
  async fetch(request: Request): Promise<Response> {
    const response = await this.#answer(request)
    await drain(request)
    return response
  }

  async #answer(request: Request): Promise<Response> {
    const url = new URL(request.url)
    if (url.pathname === '/internal/session') return this.#session(request)
    if (url.pathname.startsWith(parkedPath)) return this.#unpark(url.pathname.slice(parkedPath.length))
    if (url.pathname.startsWith('/internal/blob/')) return this.#blobFor(request, url)
    const login = await this.#authorise(request)
    if (!login.ok) return unauthorised(login)
    try {
      return await this.#route(request, url, login.credential)
    } catch (error) {
      if (error instanceof TooLong) return overLimit(error.limit, error.most)
      if (error instanceof StoreError && error.type === 'unavailable') {
        return problem(503, 'Service Unavailable', error.message, { 'Retry-After': '60' })
      }
      throw error
    }
  }

  async #route(request: Request, url: URL, credential: number): Promise<Response> {
    const segments = decodedSegments(url.pathname)
    if (segments === undefined) return problem(400, 'Bad Request', 'the path is not encoded correctly')
    const [, , resource, accountId = '', blobId = '', name = ''] = segments
    const jmap = await this.#ports.jmap()
    switch (resource) {
      case 'session':
        return Response.json(jmap.session(publicOrigin(request)), {
          headers: { 'Cache-Control': 'no-cache, no-store' },
        })
      case 'api':
        if (!isJson(request)) return notJson()
        return answer(
          await jmap.handle(await readBody(request, 'maxSizeRequest', jmap.limits.maxSizeRequest), credential),
        )
      case 'upload':
        return this.#upload(jmap, request, accountId)
      case 'download': {
        const blob = await jmap.download(accountId, blobId)
        if (blob === undefined) return problem(404, 'Not Found', 'there is no such blob')
        const names = { blobId, name, type: url.searchParams.get('accept') ?? undefined }
        return blobResponse(request, blob, names, (error) =>
          log('error', 'download broken off', { blobId, error: describe(error) }),
        )
      }
      case 'events':
        return this.#subscribe(request, url, credential)
      case 'ws':
        return this.#connect(request, url, credential)
      default:
        return problem(404, 'Not Found')
    }
  }

  /** What the HTTP API passes on to whom it has checked: `/internal/blob/ACCOUNT/BLOB`. */
  async #blobFor(request: Request, url: URL): Promise<Response> {
    const [, , , accountId = '', blobId = ''] = url.pathname.split('/')
    const blob = await (await this.#ports.jmap()).download(accountId, blobId)
    if (blob === undefined) return problem(404, 'Not Found', 'there is no such part')
    const name = url.searchParams.get('name') ?? ''
    const names = { blobId, name, type: url.searchParams.get('type') ?? undefined }
    return blobResponse(request, blob, names, (error) =>
      log('error', 'download broken off', { blobId, error: describe(error) }),
    )
  }

  async #upload(jmap: JmapAccess, request: Request, accountId: string): Promise<Response> {
    const end = jmap.beginUpload()
    if (typeof end !== 'function') return answer(end)
    try {
      const bytes = await readBody(request, 'maxSizeUpload', jmap.limits.maxSizeUpload)
      return answer(await jmap.upload(accountId, bytes, request.headers.get('Content-Type') ?? ''))
    } finally {
      end()
    }
  }

  async #authorise(request: Request): Promise<LoginResult> {
    const authorization = parseAuthorization(request.headers.get('Authorization'))
    const clientAddress = clientAddressOf(request, settingsOf(this.#ports.env).clientAddressHeader)
    if (authorization === undefined) return { ok: false }
    const password = authorization.scheme === 'basic' ? authorization.password : authorization.token
    return this.#ports.logins.check({ password, clientAddress })
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
    const opened = await this.#ports.sessions.open(session, result.credential)
    if (opened === 'in use') {
      return Response.json({ text: 'Another session has the maildrop.', code: 'IN-USE' }, { status: 409 })
    }
    return opened === 'too many' ? Response.json({ text: 'Too many sessions are open.' }, { status: 503 }) : opened
  }

  #unpark(id: string): Response {
    const session = this.#ports.sessions.unpark(id)
    return session ?? Response.json({ text: 'The session is no more.' }, { status: 410 })
  }

  /** RFC 8887 §4.1, §4.2: authenticated like any request, and only for the subprotocol `jmap`. */
  #connect(request: Request, url: URL, credential: number): Response {
    if (request.headers.get('Upgrade')?.toLowerCase() !== 'websocket') {
      return problem(426, 'Upgrade Required', 'this is a WebSocket', { Upgrade: 'websocket' })
    }
    // A browser sends credentials it remembers for us along with the sockets of any site, and no other rule stops it.
    const origin = request.headers.get('Origin')
    if (origin !== null && !isSameHost(origin, url)) return problem(403, 'Forbidden', 'not from another site')
    if (!offersJmap(request.headers.get('Sec-WebSocket-Protocol'))) {
      return problem(400, 'Bad Request', 'the subprotocol is "jmap"')
    }
    return this.#ports.sockets.open(credential) ?? tooMany('too many connections are open')
  }

  #subscribe(request: Request, url: URL, credential: number): Response {
    const query = new URLSearchParams({ types: url.searchParams.get('types') ?? '', closeafter: 'no', ping: '0' })
    const options = parseEventSourceQuery(query)
    if (options === undefined || request.headers.get('Upgrade')?.toLowerCase() !== 'websocket') {
      return problem(400, 'Bad Request')
    }
    const since = url.searchParams.get('since') ?? undefined
    return this.#ports.events.subscribe(credential, options.types, since)
  }
}

function answer({ status, contentType, body }: JmapResponse): Response {
  const headers = new Headers({ 'Content-Type': contentType, 'Cache-Control': 'no-store' })
  // Too much at once: as soon as something of it has ended (RFC 6585 §4).
  if (status === 429) headers.set('Retry-After', '1')
  return new Response(body, { status, headers })
}

function tooMany(detail: string): Response {
  return problem(429, 'Too Many Requests', detail, { 'Retry-After': '60' })
}

/** The scheme does not count: a proxy in front may have ended TLS. */
function isSameHost(origin: string, url: URL): boolean {
  return URL.canParse(origin) && new URL(origin).host === url.host
}

/** RFC 8620 §3.1 wants `application/json`; parameters such as a charset do no harm. */
function isJson(request: Request): boolean {
  return /^application\/json\s*(?:;|$)/i.test(request.headers.get('Content-Type') ?? '')
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
  return problem(401, 'Unauthorized', WRONG_CREDENTIALS, { 'WWW-Authenticate': CHALLENGE })
}
