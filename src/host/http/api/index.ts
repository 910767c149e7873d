/**
 * The HTTP API: every endpoint, checked, counted, written into the audit log, and described.
 *
 * It is served twice: under `/v1` for programs, and under `/admin`, its first name.
 *
 * Standards: RFC 9457 (errors), RFC 6750 (tokens), RFC 9110 §15.5.6 (405 with Allow); OpenAPI 3.1.
 * Security: the order is who, how often, may they, and only then what: nothing of a body is read for a stranger.
 */
import { Hono, type Context } from 'hono'
import { AdminError } from '../../../access/admin/index.ts'
import { withoutSecrets } from '../../../access/api/index.ts'
import type { House } from '../house.ts'
import { problem } from '../problem.ts'
import { publicOrigin } from '../public-origin.ts'
import { type Caller, identify } from './caller.ts'
import { Answer, type Endpoint } from './endpoint.ts'
import { accountEndpoints } from './endpoints/accounts.ts'
import { aliasEndpoints } from './endpoints/aliases.ts'
import { auditEndpoints } from './endpoints/audit.ts'
import { domainEndpoints } from './endpoints/domains.ts'
import { listEndpoints } from './endpoints/lists.ts'
import { maskEndpoints } from './endpoints/masks.ts'
import { queueEndpoints } from './endpoints/queues.ts'
import { reportEndpoints } from './endpoints/reports.ts'
import { routeEndpoints } from './endpoints/routes.ts'
import { ruleEndpoints } from './endpoints/rules.ts'
import { readingEndpoints } from './endpoints/reading.ts'
import { sendingEndpoints } from './endpoints/sending.ts'
import { tokenEndpoints } from './endpoints/tokens.ts'
import { traceEndpoints } from './endpoints/traces.ts'
import { usageEndpoints } from './endpoints/usage.ts'
import { webhookEndpoints } from './endpoints/webhooks.ts'
import { ApiFault } from './fault.ts'
import { describeApi } from './open-api.ts'
import { describingPage } from './page.ts'
import { RateLimit } from './rate-limit.ts'
import { readBody, readQuery } from './read-request.ts'

export function endpointsOf(house: House): Endpoint[] {
  return [
    ...sendingEndpoints(house),
    ...readingEndpoints(house),
    ...domainEndpoints(house),
    ...accountEndpoints(house),
    ...aliasEndpoints(house),
    ...maskEndpoints(house),
    ...listEndpoints(house),
    ...webhookEndpoints(house),
    ...queueEndpoints(house),
    ...routeEndpoints(house),
    ...ruleEndpoints(house),
    ...reportEndpoints(house),
    ...traceEndpoints(house),
    ...tokenEndpoints(house),
    ...usageEndpoints(house),
    ...auditEndpoints(house),
  ]
}

/** The API as it stands under one name, `/v1`. */
export function apiRoutes(house: House, base: string): Hono {
  const app = new Hono()
  const endpoints = endpointsOf(house)
  const rates = new RateLimit()
  let description: object | undefined
  const describe = () => (description ??= describeApi(endpoints, base))

  app.onError((error) => {
    const fault = faultOf(error)
    if (fault !== undefined) return fault.response()
    house.log('error', 'a request to the API failed', { error: error.stack ?? String(error) })
    return problem(500, 'Internal Server Error')
  })
  app.get('/openapi.json', ({ req }) => json({ ...describe(), servers: [{ url: `${publicOrigin(req.raw)}${base}` }] }))
  app.get('/', () => describingPage(describe()))

  for (const endpoint of endpoints) {
    const path = endpoint.path.replace(/\{(\w+)\}/g, ':$1')
    app.on(endpoint.method.toUpperCase(), path, async (context) => {
      const caller = await identify(house, context.req.raw)
      const allowance = caller.rate === undefined ? undefined : rates.take(caller.rate, house.now())
      if (allowance?.allowed === false) {
        throw new ApiFault(429, 'more requests a minute than this token may make', { headers: allowance.headers })
      }
      const response = await answer(house, endpoint, context, caller).catch((error: unknown) => {
        const fault = faultOf(error, endpoint.method === 'get')
        if (fault === undefined) throw error
        return fault.response()
      })
      for (const [name, value] of Object.entries(allowance?.headers ?? {})) response.headers.set(name, value)
      return response
    })
  }
  for (const path of new Set(endpoints.map((endpoint) => endpoint.path))) {
    const methods = endpoints.filter((endpoint) => endpoint.path === path).map(({ method }) => method.toUpperCase())
    const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : [])].join(', ')
    app.all(path.replace(/\{(\w+)\}/g, ':$1'), () => {
      throw new ApiFault(405, `here only ${allow}`, { headers: { Allow: allow } })
    })
  }
  app.all('*', () => {
    throw new ApiFault(404, 'there is no such resource')
  })
  return app
}

async function answer(house: House, endpoint: Endpoint, context: Context, caller: Caller): Promise<Response> {
  const path = context.req.param() as Record<string, string>
  caller.expectScope(endpoint.scope)
  if (endpoint.reach === 'house') caller.expectHouse()
  else if (endpoint.reach === 'path') {
    if (path['address'] !== undefined) caller.expectAddress(path['address'])
    else caller.expectDomain(path['domain'] ?? '')
  }
  const request = context.req.raw
  const query = readQuery(endpoint, request.url)
  const { body, raw } = await readBody(endpoint, request)
  const call = { path, query: query as never, body: body as never, raw, caller, request }
  const worked = await endpoint.work(call)
  if (isAudited(endpoint, caller)) {
    await record(house, endpoint, { path, query, body }, recordedOf(endpoint, worked), caller, request)
  }
  // A copy, since what came from elsewhere has a header that does not change.
  if (worked instanceof Response) return new Response(worked.body, worked)
  const { value, headers, status } = worked instanceof Answer ? worked : new Answer(worked)
  const code = status ?? endpoint.status ?? 200
  if (code === 204) return new Response(null, { status: 204, headers })
  return json(value, code, headers)
}

/** Changes of the house; and whatever is done with people's mail by the administrator, for whom it is not meant. */
function isAudited({ method, scope, isUnaudited }: Endpoint, caller: Caller): boolean {
  if (scope === 'messages:read' || scope === 'messages:send') return caller.token === undefined
  return method !== 'get' && isUnaudited !== true
}

/** What is known only once it is done: what was made, and what the work itself tells. */
function recordedOf({ status }: Endpoint, worked: unknown): Readonly<Record<string, unknown>> {
  if (worked instanceof Answer && worked.recorded !== undefined) return worked.recorded
  if (typeof worked !== 'object' || worked === null) return {}
  // Of how many.
  if (Object.values(worked).every((value) => typeof value === 'number')) return { ...worked }
  if (status !== 201) return {}
  const { id, address } = worked as { readonly id?: unknown; readonly address?: unknown }
  const made = id ?? address
  return made === undefined ? {} : { made }
}

/** What was done is done: a log that cannot take it now must not make it look otherwise. */
async function record(
  house: House,
  { method, path, unrecorded = [] }: Endpoint,
  asked: { path: Record<string, string>; query: unknown; body: unknown },
  done: Readonly<Record<string, unknown>>,
  caller: Caller,
  request: Request,
): Promise<void> {
  const members = Object.entries({ ...(asked.query as object), ...(asked.body as object | undefined) })
  const said = Object.fromEntries(members.filter(([name]) => !unrecorded.includes(name)))
  const details = withoutSecrets({ ...said, ...done })
  const client = request.headers.get('User-Agent')?.slice(0, 200)
  const entry = {
    who: caller.name,
    what: `${method.toUpperCase()} ${path}`,
    target: path.replace(/\{(\w+)\}/g, (_, name: string) => asked.path[name] ?? '').slice(0, 1_000),
    ...(Object.keys(details).length === 0 ? {} : { details }),
    from: house.clientAddress(request),
    ...(client === undefined ? {} : { client }),
  }
  try {
    await house.api.record(entry)
  } catch (error) {
    house.log('error', 'the audit log does not take a record', { ...entry, error: String(error) })
  }
}

function faultOf(error: unknown, isQuery = false): ApiFault | undefined {
  if (error instanceof ApiFault) return error
  if (!(error instanceof AdminError)) return undefined
  const { fault, message, place } = error
  const where = isQuery ? { parameter: place ?? '' } : { pointer: `#/${place}` }
  const errors = place === undefined ? [] : [{ ...where, detail: message }]
  return new ApiFault(fault === 'invalid' ? 400 : fault === 'missing' ? 404 : 409, message, { errors })
}

function json(value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
  return Response.json(value, { status, headers: { 'Cache-Control': 'no-store', ...headers } })
}
