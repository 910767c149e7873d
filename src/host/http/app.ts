/**
 * Everything the Worker answers over HTTP, by first path segment.
 *
 * Standards: RFC 8620 §2.2 (`/.well-known/jmap`), RFC 8461 §3.2 (`/.well-known/mta-sts.txt`), RFC 8615.
 */
import { Hono } from 'hono'
import { apiRoutes } from './api/index.ts'
import { bridgeRoutes } from './bridge.ts'
import { crossOrigin, preflight } from './cors.ts'
import { drain } from './drain.ts'
import type { House } from './house.ts'
import { jmapRoutes, toSession } from './jmap.ts'
import { metricsRoute } from './metrics.ts'
import { servedPolicy } from './mta-sts.ts'
import { methodNotAllowed, notFound, problem } from './problem.ts'
import { publicOrigin } from './public-origin.ts'
import { unsubscribeRoutes } from './unsubscribe.ts'
import { webhookContentRoutes } from './webhook-content.ts'

export function httpApp(house: House): Hono {
  const app = new Hono()
  app.onError((error) => {
    house.log('error', 'request failed', { error: error.stack ?? String(error) })
    return problem(500, 'Internal Server Error')
  })

  app.use('*', async ({ req }, next) => {
    await next()
    await drain(req.raw)
  })

  app.get('/healthz', () => new Response('ok\n', { headers: { 'Content-Type': 'text/plain; charset=utf-8' } }))
  app.get('/metrics', metricsRoute(house))
  app.get('/.well-known/mta-sts.txt', ({ req }) => servedPolicy(house, req.raw))
  app.options('/.well-known/jmap', () => preflight())
  // The other two are what people type who are asked for the server's URL.
  app.on('GET', ['/.well-known/jmap', '/jmap', '/jmap/'], ({ req }) => crossOrigin(toSession(req.raw)))
  app.all('/.well-known/jmap', () => crossOrigin(methodNotAllowed('GET, HEAD, OPTIONS')))
  app.route('/jmap', jmapRoutes(house))
  app.route('/bridge', bridgeRoutes(house))
  app.route('/lists', unsubscribeRoutes(house))
  app.route('/', webhookContentRoutes(house))
  app.on('GET', ['/v1/', '/admin/'], ({ req }) => redirect(`${publicOrigin(req.raw)}${req.path.slice(0, -1)}`))
  app.route('/v1', apiRoutes(house, '/v1'))
  app.route('/admin', apiRoutes(house, '/admin'))
  app.all('*', async ({ req }) => {
    if (house.asset === undefined || (req.method !== 'GET' && req.method !== 'HEAD')) return notFound()
    return house.asset(req.raw)
  })
  return app
}

/** For good. */
function redirect(url: string): Response {
  return new Response(null, { status: 308, headers: { Location: url } })
}
