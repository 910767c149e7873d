/**
 * The administration API described for programs, made from one table of its routes.
 *
 * Standards: OpenAPI 3.1.
 */

interface Route {
  readonly method: 'get' | 'post' | 'put' | 'delete'
  readonly path: string
  readonly summary: string
  /** Names of the JSON body's fields; `?` at the end: may be left out, `[]`: a list, `#`: a number or null. */
  readonly body?: readonly string[]
  /** Status of success. */
  readonly status: 200 | 201 | 204
}

/** Which messages of a queue are meant; without any, all of them. */
const selection = ['sender?', 'recipient?', 'status?', 'olderThan?'] as const

/** Every route of the administration API, in the order in which admin.ts has them. */
export const adminApi: readonly Route[] = [
  { method: 'get', path: '/domains', summary: 'Hosted domains', status: 200 },
  { method: 'post', path: '/domains', summary: 'Host a domain', body: ['name'], status: 201 },
  { method: 'delete', path: '/domains/{domain}', summary: 'Host it no longer; it must have no accounts', status: 204 },
  { method: 'get', path: '/domains/{domain}/accounts', summary: 'Accounts of a domain', status: 200 },
  { method: 'get', path: '/domains/{domain}/aliases', summary: 'Aliases of a domain', status: 200 },
  { method: 'get', path: '/domains/{domain}/dns', summary: 'What the zone of the domain should say', status: 200 },
  { method: 'get', path: '/domains/{domain}/dns/check', summary: 'The same, and what the DNS says now', status: 200 },
  { method: 'get', path: '/domains/{domain}/dkim', summary: 'Keys that sign, signed, and will sign', status: 200 },
  {
    method: 'post',
    path: '/domains/{domain}/dkim/rotate',
    summary:
      'Next step of a change of keys: make new ones, or put them to use once the DNS has them (now: without a look)',
    body: ['now?'],
    status: 200,
  },
  { method: 'post', path: '/domains/{domain}/dkim/stop', summary: 'Sign its mail no more', status: 204 },
  { method: 'get', path: '/accounts', summary: 'All accounts', status: 200 },
  {
    method: 'post',
    path: '/accounts',
    summary: 'Make an account; without a password one is made and shown once',
    body: ['address', 'password?', 'name?'],
    status: 201,
  },
  { method: 'get', path: '/accounts/{address}', summary: 'One account and what it holds', status: 200 },
  { method: 'delete', path: '/accounts/{address}', summary: 'Remove an account and all its mail', status: 204 },
  {
    method: 'put',
    path: '/accounts/{address}/quota',
    summary: 'Limit the bytes an account may hold; null for no limit',
    body: ['bytes#'],
    status: 204,
  },
  {
    method: 'put',
    path: '/accounts/{address}/password',
    summary: 'Set a new password; IMAP sessions of the account end',
    body: ['password'],
    status: 204,
  },
  {
    method: 'put',
    path: '/accounts/{address}/language',
    summary: 'The language of its delivery reports; null: as its messages say',
    body: ['language?'],
    status: 204,
  },
  {
    method: 'put',
    path: '/accounts/{address}/send-limits',
    summary: 'Recipients outside it may send to; 0: as many as it likes, null for both: as the settings say',
    body: ['perHour#', 'perDay#'],
    status: 204,
  },
  {
    method: 'get',
    path: '/accounts/{address}/suppressions',
    summary: 'Addresses it does not send to for now: mail came back, or somebody complained',
    status: 200,
  },
  { method: 'delete', path: '/accounts/{address}/suppressions/{target}', summary: 'Send there again', status: 204 },
  { method: 'get', path: '/accounts/{address}/tokens', summary: 'Access tokens, without their secrets', status: 200 },
  {
    method: 'post',
    path: '/accounts/{address}/tokens',
    summary: 'Make an access token; it is shown once',
    body: ['name?'],
    status: 201,
  },
  { method: 'delete', path: '/accounts/{address}/tokens/{id}', summary: 'Revoke a token', status: 204 },
  { method: 'get', path: '/aliases', summary: 'All aliases', status: 200 },
  {
    method: 'put',
    path: '/aliases/{address}',
    summary: 'Make or replace an alias; *@domain is the catch-all',
    body: ['targets[]'],
    status: 200,
  },
  { method: 'delete', path: '/aliases/{address}', summary: 'Remove an alias', status: 204 },
  { method: 'get', path: '/agents', summary: 'What routes may name: ways to other domains', status: 200 },
  { method: 'get', path: '/route', summary: 'Which way mail to recipient goes, from sender', status: 200 },
  { method: 'get', path: '/routes', summary: 'Which way mail to other domains goes', status: 200 },
  {
    method: 'put',
    path: '/routes/{recipient}',
    summary: 'Sets the agents for a domain, *.domain or *, in the order in which they are tried',
    body: ['agents[]', 'sender?'],
    status: 200,
  },
  { method: 'delete', path: '/routes/{recipient}', summary: 'Removes it, the one of sender where given', status: 204 },
  { method: 'get', path: '/queues', summary: 'Destinations with waiting mail', status: 200 },
  {
    method: 'get',
    path: '/queues/{domain}',
    summary: 'What waits for a destination, by sender, recipient, status, olderThan',
    status: 200,
  },
  { method: 'post', path: '/queues/{domain}/retry', summary: 'Try it now', body: selection, status: 200 },
  { method: 'post', path: '/queues/{domain}/hold', summary: 'Keep it back', body: selection, status: 200 },
  { method: 'post', path: '/queues/{domain}/release', summary: 'Let it go on', body: selection, status: 200 },
  {
    method: 'post',
    path: '/queues/{domain}/delete',
    summary: 'Drop what is selected, or with "all" everything; nobody is told',
    body: [...selection, 'all?'],
    status: 200,
  },
  { method: 'get', path: '/queues/{domain}/limits', summary: 'What it may have a minute, and at once', status: 200 },
  {
    method: 'put',
    path: '/queues/{domain}/limits',
    summary: 'Sets both limits; null or absent: as much as goes',
    body: ['perMinute#', 'concurrency#'],
    status: 204,
  },
  { method: 'get', path: '/queues/{domain}/{id}', summary: 'One waiting message', status: 200 },
  { method: 'delete', path: '/queues/{domain}/{id}', summary: 'Drop it; nobody is told', status: 204 },
  { method: 'post', path: '/queues/{domain}/{id}/retry', summary: 'Try it now', status: 204 },
  { method: 'post', path: '/queues/{domain}/{id}/hold', summary: 'Keep it back until it is released', status: 204 },
  { method: 'post', path: '/queues/{domain}/{id}/release', summary: 'Let it go on', status: 204 },
  {
    method: 'get',
    path: '/traces',
    summary: 'Messages that came, by from, to or message-id, within days',
    status: 200,
  },
  { method: 'get', path: '/traces/{id}', summary: 'What became of a message', status: 200 },
]

/** The OpenAPI document. */
export function adminOpenApi(): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const route of adminApi) (paths[`/admin${route.path}`] ??= {})[route.method] = operation(route)
  return {
    openapi: '3.1.0',
    info: { title: 'facteur administration', version: '1' },
    security: [{ token: [] }],
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: {
        Problem: {
          type: 'object',
          properties: { status: { type: 'integer' }, title: { type: 'string' }, detail: { type: 'string' } },
        },
      },
    },
    paths,
  }
}

function operation({ path, summary, body, status }: Route): object {
  const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
  const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } }
  return {
    summary,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: requestBody(body) }),
    responses: { [status]: { description: 'Done' }, default: { description: 'Refused', content } },
  }
}

function requestBody(names: readonly string[]): object {
  const properties = names.map((name): [string, object] => [plainName(name), typeOf(name)])
  const required = names.filter((name) => !name.endsWith('?')).map(plainName)
  const schema = { type: 'object', properties: Object.fromEntries(properties), required }
  return { required: required.length > 0, content: { 'application/json': { schema } } }
}

function plainName(name: string): string {
  return name.replace(/(?:\?|\[\]|#)$/, '')
}

function typeOf(name: string): object {
  if (name.endsWith('[]')) return { type: 'array', items: { type: 'string' } }
  return { type: name.endsWith('#') ? ['integer', 'null'] : 'string' }
}
