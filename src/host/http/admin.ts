/**
 * The administration API: JSON over HTTP, one route per act.
 *
 * Standards: RFC 9457 (errors), RFC 6750 §2.1 (bearer token).
 * Security: open to holders of the administration token only; bodies are bounded and their fields read one by one.
 */
import { Hono, type Context } from 'hono'
import { AdminError, type Fields, type QueueAction } from '../../access/admin/index.ts'
import { adminOpenApi } from './admin-openapi.ts'
import { bearerMatches } from './authorization.ts'
import type { House } from './house.ts'
import { problem } from './problem.ts'

const MAX_BODY = 64 * 1024

const faults = {
  invalid: { status: 400, title: 'Bad Request' },
  missing: { status: 404, title: 'Not Found' },
  conflict: { status: 409, title: 'Conflict' },
} as const

export function adminRoutes(house: House): Hono {
  const app = new Hono()
  const { domains, accounts, aliases, queues, routes, signing, traces } = house.administration

  app.use('*', async ({ req }, next) => {
    const token = house.adminToken
    if (token === undefined) return problem(403, 'Forbidden', 'no administration token is set')
    if (!(await bearerMatches(req.header('Authorization') ?? null, token))) {
      return problem(401, 'Unauthorized', undefined, { 'WWW-Authenticate': 'Bearer realm="admin"' })
    }
    await next()
    return undefined
  })
  app.onError((error) => {
    if (error instanceof AdminError) {
      const { status, title } = faults[error.fault]
      return problem(status, title, error.message)
    }
    house.log('error', 'administration failed', { error: error.stack ?? String(error) })
    return problem(500, 'Internal Server Error')
  })

  app.get('/openapi.json', () => json(adminOpenApi()))

  app.get('/domains', async () => json(await domains.list()))
  app.post('/domains', async (context) => json(await domains.add(await fields(context)), 201))
  app.delete('/domains/:domain', async ({ req }) => done(domains.remove(req.param('domain'))))
  app.get('/domains/:domain/accounts', async ({ req }) => json(await accounts.list(req.param('domain'))))
  app.get('/domains/:domain/aliases', async ({ req }) => json(await aliases.list(req.param('domain'))))

  app.get('/domains/:domain/dns', async ({ req }) => json(await domains.records(req.param('domain'), req.query('key'))))
  app.get('/domains/:domain/dns/check', async ({ req }) =>
    json(await domains.checkRecords(req.param('domain'), req.query('key'))),
  )
  app.get('/domains/:domain/dkim', async ({ req }) => json(await signing.list(req.param('domain'))))
  app.post('/domains/:domain/dkim/rotate', async (context) =>
    json(await signing.rotate(context.req.param('domain'), await fields(context, true))),
  )
  app.post('/domains/:domain/dkim/stop', async ({ req }) => done(signing.stop(req.param('domain'))))

  app.get('/accounts', async () => json(await accounts.list()))
  app.post('/accounts', async (context) => json(await accounts.add(await fields(context)), 201))
  app.get('/accounts/:address', async ({ req }) => json(await accounts.show(req.param('address'))))
  app.delete('/accounts/:address', async ({ req }) => done(accounts.remove(req.param('address'))))
  app.put('/accounts/:address/quota', async (context) =>
    done(accounts.setQuota(context.req.param('address'), await fields(context))),
  )
  app.put('/accounts/:address/password', async (context) =>
    done(accounts.setPassword(context.req.param('address'), await fields(context))),
  )
  app.put('/accounts/:address/language', async (context) =>
    done(accounts.setLanguage(context.req.param('address'), await fields(context))),
  )
  app.put('/accounts/:address/send-limits', async (context) =>
    done(accounts.setSendLimits(context.req.param('address'), await fields(context))),
  )
  app.get('/accounts/:address/suppressions', async ({ req }) => json(await accounts.suppressions(req.param('address'))))
  app.delete('/accounts/:address/suppressions/:target', async ({ req }) =>
    done(accounts.unsuppress(req.param('address'), req.param('target'))),
  )
  app.get('/accounts/:address/tokens', async ({ req }) => json(await accounts.tokens(req.param('address'))))
  app.post('/accounts/:address/tokens', async (context) =>
    json(await accounts.addToken(context.req.param('address'), await fields(context, true)), 201),
  )
  app.delete('/accounts/:address/tokens/:id', async ({ req }) =>
    done(accounts.deleteToken(req.param('address'), req.param('id'))),
  )

  app.get('/aliases', async () => json(await aliases.list()))
  app.put('/aliases/:address', async (context) =>
    json(await aliases.set(context.req.param('address'), await fields(context))),
  )
  app.delete('/aliases/:address', async ({ req }) => done(aliases.remove(req.param('address'))))

  app.get('/agents', () => json(routes.agents()))
  app.get('/route', async ({ req }) => json(await routes.choose(req.query())))
  app.get('/routes', async () => json(await routes.list()))
  app.put('/routes/:recipient', async (context) =>
    json(await routes.set(context.req.param('recipient'), await fields(context))),
  )
  app.delete('/routes/:recipient', async ({ req }) => done(routes.remove(req.param('recipient'), req.query('sender'))))

  app.get('/queues', async () => json(await queues.list()))
  app.get('/queues/:domain', async ({ req }) => json(await queues.entries(req.param('domain'), req.query())))
  app.post('/queues/:domain/retry', async (context) =>
    json(await queues.retryAll(context.req.param('domain'), await fields(context, true))),
  )
  app.post('/queues/:domain/hold', async (context) =>
    json(await queues.holdAll(context.req.param('domain'), await fields(context, true))),
  )
  app.post('/queues/:domain/release', async (context) =>
    json(await queues.releaseAll(context.req.param('domain'), await fields(context, true))),
  )
  app.post('/queues/:domain/delete', async (context) =>
    json(await queues.removeAll(context.req.param('domain'), await fields(context, true))),
  )
  app.get('/queues/:domain/limits', async ({ req }) => json(await queues.limits(req.param('domain'))))
  app.put('/queues/:domain/limits', async (context) =>
    done(queues.setLimits(context.req.param('domain'), await fields(context))),
  )
  app.get('/queues/:domain/:id', async ({ req }) => json(await queues.show(req.param('domain'), req.param('id'))))
  app.delete('/queues/:domain/:id', async ({ req }) => done(queues.remove(req.param('domain'), req.param('id'))))
  app.post('/queues/:domain/:id/:action{retry|hold|release}', async ({ req }) =>
    done(queues.act(req.param('domain'), req.param('id'), req.param('action') as QueueAction)),
  )
  app.get('/traces', async ({ req }) => {
    const [sender, recipient, messageId, days] = ['from', 'to', 'message-id', 'days'].map((name) => req.query(name))
    return json(await traces.search({ sender, recipient, messageId, days }))
  })
  app.get('/traces/:id', async ({ req }) => json(await traces.show(req.param('id'))))
  app.all('*', () => problem(404, 'Not Found', 'there is no such administration resource'))
  return app
}

/** The JSON object sent; `optional` lets an empty body stand for one without fields. */
async function fields(context: Context, optional = false): Promise<Fields> {
  const declared = Number(context.req.header('Content-Length') ?? '0')
  if (declared > MAX_BODY) throw new AdminError('invalid', `the body is longer than ${MAX_BODY} bytes`)
  const text = await boundedText(context.req.raw)
  if (optional && text.trim() === '') return {}
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new AdminError('invalid', 'the body is not JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new AdminError('invalid', 'the body must be a JSON object')
  }
  return value as Fields
}

/** A chunked body declares no length, so it is counted while it is read. */
async function boundedText(request: Request): Promise<string> {
  if (request.body === null) return ''
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  for await (const chunk of request.body as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > MAX_BODY) throw new AdminError('invalid', `the body is longer than ${MAX_BODY} bytes`)
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

function json(value: unknown, status = 200): Response {
  return Response.json(value, { status, headers: { 'Cache-Control': 'no-store' } })
}

async function done(work: Promise<void>): Promise<Response> {
  await work
  return new Response(null, { status: 204 })
}
