/**
 * The JMAP endpoints: finds the account that the credentials name and hands the whole request to it.
 *
 * Standards: RFC 8620 §2 (session), §3 (API), §6 (binary data), §7.3 (event source); RFC 8887 (WebSocket); RFC 9110 §11 (authentication).
 * Security: open to the world. Here only sizes, methods and the shape of credentials are looked at; the account checks them.
 */
import { Hono } from 'hono'
import { CHALLENGE, parseAuthorization, tokenAccount } from './authorization.ts'
import { crossOrigin, preflight } from './cors.ts'
import { relayEventSource } from './event-source.ts'
import type { House } from './house.ts'
import { methodNotAllowed, notFound, overLimit, problem } from './problem.ts'

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

  app.on(['GET', 'HEAD'], '/session', ({ req }) => forward(house, req.raw))
  app.post('/api', ({ req }) => limited(req.raw, 'maxSizeRequest', LARGEST_REQUEST) ?? forward(house, req.raw))
  app.post(
    '/upload/:account/',
    ({ req }) => limited(req.raw, 'maxSizeUpload', LARGEST_UPLOAD) ?? forward(house, req.raw),
  )
  app.post(
    '/upload/:account',
    ({ req }) => limited(req.raw, 'maxSizeUpload', LARGEST_UPLOAD) ?? forward(house, req.raw),
  )
  app.on(['GET', 'HEAD'], ['/download/:account/:blob/', '/download/:account/:blob/:name'], ({ req }) =>
    forward(house, req.raw),
  )
  app.get('/eventsource', ({ req }) => relayEventSource(req.raw, (request) => forward(house, request)))
  app.get('/eventsource/', ({ req }) => relayEventSource(req.raw, (request) => forward(house, request)))
  app.get('/ws', ({ req }) => forward(house, req.raw))
  app.all('/session', () => methodNotAllowed('GET, HEAD, OPTIONS'))
  app.all('/api', () => methodNotAllowed('POST, OPTIONS'))
  app.all('/ws', () => methodNotAllowed('GET, OPTIONS'))
  app.all('/upload/*', () => methodNotAllowed('POST, OPTIONS'))
  app.all('/download/*', () => methodNotAllowed('GET, HEAD, OPTIONS'))
  app.all('*', () => notFound())
  return app
}

function limited(request: Request, limit: 'maxSizeRequest' | 'maxSizeUpload', most: number): Response | undefined {
  const length = Number(request.headers.get('Content-Length') ?? '0')
  return length > most ? overLimit(limit, most) : undefined
}

/** Sends the request to the account its credentials name; 401 when they name none. */
async function forward(house: House, request: Request): Promise<Response> {
  const authorization = parseAuthorization(request.headers.get('Authorization'))
  if (authorization === undefined) return unauthorised()
  if (authorization.scheme === 'bearer') {
    const id = tokenAccount(authorization.token)
    return id === undefined ? unauthorised() : house.accountById(id).fetch(request)
  }
  const route = await house.accountByLogin(authorization.login)
  if (route === undefined) return unauthorised()
  const response = await route.fetch(request)
  if (response.status !== 401 || !route.cached) return response
  // The address may lead to another account since the cache was filled: look once more before refusing.
  const fresh = await house.accountByLogin(authorization.login, true)
  const moved = fresh !== undefined && fresh.accountId !== route.accountId && request.body === null
  return moved ? fresh.fetch(request) : response
}

function unauthorised(): Response {
  return problem(401, 'Unauthorized', 'authenticate with a login name and password, or with a token', {
    'WWW-Authenticate': CHALLENGE,
  })
}
