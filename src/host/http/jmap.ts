/**
 * The JMAP endpoints: finds the account that the credentials name and hands the whole request to it.
 *
 * Standards: RFC 8620 §2 (session), §3 (API), §6 (binary data), §7.3 (event source); RFC 8887 (WebSocket); RFC 9110 §11 (authentication).
 * Security: open to the world. Here only sizes, methods and the shape of credentials are looked at; the account checks them.
 */
import { Hono } from 'hono'
import { CHALLENGE, parseAuthorization, tokenAccount, WRONG_CREDENTIALS } from './authorization.ts'
import { crossOrigin, preflight } from './cors.ts'
import { relayEventSource } from './event-source.ts'
import type { House } from './house.ts'
import { methodNotAllowed, notFound, overLimit, problem } from './problem.ts'
import { publicOrigin } from './public-origin.ts'

/** RFC 8620 §2 `maxSizeRequest` and `maxSizeUpload` are enforced by the account; these only spare it the transfer. */
const LARGEST_REQUEST = 10 * 1024 * 1024
const LARGEST_UPLOAD = 64 * 1024 * 1024

export function jmapRoutes(house: House): Hono {
  const app = new Hono()

  app.use('*', async (context, next) => {
    if (context.req.method === 'OPTIONS') return preflight()
    await next()
    if (context.res.status !== 101) context.res = crossOrigin(context.res)
    return undefined
  })

  app.on(['GET', 'HEAD'], bothWays('/session'), ({ req }) => forward(house, req.raw))
  app.on(
    'POST',
    bothWays('/api'),
    ({ req }) => limited(req.raw, 'maxSizeRequest', LARGEST_REQUEST) ?? forward(house, req.raw),
  )
  app.on(
    'POST',
    bothWays('/upload/:account'),
    ({ req }) => limited(req.raw, 'maxSizeUpload', LARGEST_UPLOAD) ?? forward(house, req.raw),
  )
  app.on(['GET', 'HEAD'], ['/download/:account/:blob/', '/download/:account/:blob/:name'], ({ req }) =>
    forward(house, req.raw),
  )
  app.on('GET', bothWays('/eventsource'), ({ req }) => relayEventSource(req.raw, (request) => forward(house, request)))
  app.on('GET', bothWays('/ws'), ({ req }) => forward(house, req.raw))
  app.on('ALL', bothWays('/session'), () => methodNotAllowed('GET, HEAD, OPTIONS'))
  app.on('ALL', bothWays('/api'), () => methodNotAllowed('POST, OPTIONS'))
  app.on('ALL', [...bothWays('/eventsource'), ...bothWays('/ws')], () => methodNotAllowed('GET, OPTIONS'))
  app.all('/upload/*', () => methodNotAllowed('POST, OPTIONS'))
  app.all('/download/*', () => methodNotAllowed('GET, HEAD, OPTIONS'))
  app.all('*', () => notFound())
  return app
}

/** Leads to the session resource (RFC 8620 §2.2), by the origin that the client used. */
export function toSession(request: Request): Response {
  const headers = { Location: `${publicOrigin(request)}/jmap/session`, 'Cache-Control': 'no-cache' }
  return new Response(null, { status: 307, headers })
}

/** With and without a slash at its end. */
function bothWays(path: string): string[] {
  return [path, `${path}/`]
}

function limited(request: Request, limit: 'maxSizeRequest' | 'maxSizeUpload', most: number): Response | undefined {
  const length = Number(request.headers.get('Content-Length') ?? '0')
  return length > most ? overLimit(limit, most) : undefined
}

/** Sends the request to the account its credentials name; 401 when they name none. */
async function forward(house: House, request: Request): Promise<Response> {
  const authorization = parseAuthorization(request.headers.get('Authorization'))
  if (authorization === undefined) return unauthorised('authenticate with a login name and password, or with a token')
  if (authorization.scheme === 'bearer') {
    const id = tokenAccount(authorization.token)
    return id === undefined ? unauthorised(WRONG_CREDENTIALS) : house.accountById(id).fetch(request)
  }
  const route = await house.accountByLogin(authorization.login)
  if (route === undefined) return unauthorised(WRONG_CREDENTIALS)
  const response = await route.fetch(request)
  if (response.status !== 401 || !route.cached) return response
  // The address may lead to another account since the cache was filled: look once more before refusing.
  const fresh = await house.accountByLogin(authorization.login, true)
  const moved = fresh !== undefined && fresh.accountId !== route.accountId && request.body === null
  return moved ? fresh.fetch(request) : response
}

function unauthorised(detail: string): Response {
  return problem(401, 'Unauthorized', detail, { 'WWW-Authenticate': CHALLENGE })
}
