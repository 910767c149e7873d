/**
 * The description of the API for programs, made from its endpoints.
 *
 * Standards: OpenAPI 3.1.1, whose schemas are JSON Schema 2020-12; RFC 9457 (problem details).
 */
import * as z from 'zod/mini'
import { scopes } from '../../../access/api/index.ts'
import type { Endpoint } from './endpoint.ts'

type Json = Record<string, unknown>

const problemShape = z
  .looseObject({
    type: z.string(),
    status: z.int(),
    title: z.string(),
    detail: z.optional(z.string()),
    errors: z.optional(
      z.array(
        z.strictObject({
          pointer: z.optional(z.string().check(z.describe('The place in the body: a JSON Pointer.'))),
          parameter: z.optional(z.string().check(z.describe('The parameter of the query.'))),
          detail: z.string(),
        }),
      ),
    ),
    scope: z.optional(z.string().check(z.describe('The scope that the token lacks.'))),
  })
  .check(z.meta({ id: 'Problem', description: 'What is wrong, as RFC 9457 says it.' }))

export function describeApi(endpoints: readonly Endpoint[], base: string): Json {
  const components = new Map<string, unknown>()
  const schema = (shape: z.ZodMiniType, io: 'input' | 'output') => schemaOf(shape, io, components)
  const refused = {
    description: 'Refused',
    content: { 'application/problem+json': { schema: schema(problemShape, 'output') } },
  }
  const paths: Record<string, Json> = {}
  for (const endpoint of endpoints) {
    ;(paths[endpoint.path] ??= {})[endpoint.method] = operation(endpoint, schema, refused)
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'facteur',
      version: '1',
      summary: 'A mail server: sending, reading, and administration.',
      description: `Every request carries \`Authorization: Bearer TOKEN\`, an API token with the scope that is named with the operation, or the administration token. Times are milliseconds since 1970, UTC. Errors are problem details (RFC 9457): 400 names each place that is wrong, 401 wants a token, 403 names the scope that the token lacks, 413 says how long a body may be. Answers to API tokens say in \`RateLimit\` and \`RateLimit-Policy\` how many requests are left; 429 and 503 say in \`Retry-After\` when to come again. Where a list has more than the page that is answered, its \`Link\` header leads on.`,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: base }],
    security: [{ token: [] }],
    tags: [...new Set(endpoints.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: Object.fromEntries([...components].toSorted(([one], [other]) => (one < other ? -1 : 1))),
    },
  }
}

type SchemaWriter = (shape: z.ZodMiniType, io: 'input' | 'output') => unknown

function operation(endpoint: Endpoint, schema: SchemaWriter, refused: Json): Json {
  const { method, path, summary, tag, scope, status = 200, result, isPaged } = endpoint
  const parameters = [...pathParameters(path), ...queryParameters(endpoint, schema), ...headerParameters(endpoint)]
  const answered = endpoint.resultType ?? 'application/json'
  return {
    operationId: operationId(method, path),
    summary,
    tags: [tag],
    description: `Scope: \`${scope}\`, ${scopes[scope]}.`,
    'x-scope': scope,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(endpoint.body === undefined ? {} : { requestBody: requestBody(endpoint, schema) }),
    responses: {
      [status]: {
        description: 'Done',
        ...(isPaged === true ? { headers: { Link: linkHeader } } : {}),
        ...(result === undefined ? {} : { content: { [answered]: { schema: schema(result, 'output') } } }),
      },
      default: refused,
    },
  }
}

const linkHeader = {
  description: 'Where there is more: <URL>; rel="next" (RFC 8288).',
  schema: { type: 'string' },
}

function pathParameters(path: string): Json[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
}

function queryParameters({ query }: Endpoint, schema: SchemaWriter): Json[] {
  if (query === undefined) return []
  const { properties = {}, required = [] } = schema(query, 'input') as { properties?: Json; required?: string[] }
  return Object.entries(properties).map(([name, value]) => {
    const { description, ...rest } = value as Json
    const isRequired = required.includes(name) ? { required: true } : {}
    return { name, in: 'query', ...isRequired, ...(description === undefined ? {} : { description }), schema: rest }
  })
}

function headerParameters({ headers = {} }: Endpoint): Json[] {
  return Object.entries(headers).map(([name, description]) => ({
    name,
    in: 'header',
    description,
    schema: { type: 'string' },
  }))
}

function requestBody({ body, bodyMayBeEmpty, otherBodies = {} }: Endpoint, schema: SchemaWriter): Json {
  const others = Object.entries(otherBodies).map(([type, description]) => [type, { schema: { description } }])
  return {
    required: bodyMayBeEmpty !== true,
    content: {
      'application/json': { schema: schema(body as z.ZodMiniType, 'input') },
      ...Object.fromEntries(others),
    },
  }
}

/** `PUT /accounts/{address}/send-limits` is `putAccountSendLimits`. */
function operationId(method: string, path: string): string {
  const words = path.split(/[^A-Za-z]+/).filter((word) => word !== '')
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}

/** The schema as JSON Schema; those with names go to the components. */
function schemaOf(shape: z.ZodMiniType, io: 'input' | 'output', components: Map<string, unknown>): unknown {
  const written = z.toJSONSchema(shape, { io, unrepresentable: 'any' })
  const moved = JSON.parse(JSON.stringify(written).replaceAll('"#/$defs/', '"#/components/schemas/')) as Json
  const { $schema: _, $defs = {}, ...rest } = moved
  for (const [name, value] of Object.entries($defs as Json)) {
    const { id: __, ...plain } = value as Json
    components.set(name, plain)
  }
  return rest
}
