import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { allScopes, type Scope } from '../../../src/access/api/index.ts'
import { admin, adminToken, bindings, furnish, request } from './house.ts'

interface Answer {
  readonly status: number
  readonly body: unknown
  readonly headers: Headers
}

interface Operation {
  readonly 'x-scope': Scope
  readonly operationId: string
  readonly requestBody?: object
}

interface Description {
  readonly openapi: string
  readonly servers: readonly { readonly url: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

async function api(token: string, method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await request(`/v1${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, 'User-Agent': 'tests' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text), headers: response.headers }
}

async function newToken(scopes: readonly Scope[], more: object = {}): Promise<{ id: string; token: string }> {
  const made = await api(adminToken, 'POST', '/tokens', { name: 'test', scopes, ...more })
  expect(made.status).toBe(201)
  return made.body as { id: string; token: string }
}

async function description(): Promise<Description> {
  return (await request('/v1/openapi.json')).json()
}

beforeAll(async () => {
  await furnish('facteur.test', ['alice', 'bob', 'carol'])
  await furnish('other.test', ['olga'])
})

afterEach(() => void vi.useRealTimers())

describe('the description', () => {
  it('names each operation once, and each reference leads somewhere', async () => {
    const document = await description()
    const ids = Object.values(document.paths).flatMap((path) =>
      Object.values(path).map(({ operationId }) => operationId),
    )
    expect(new Set(ids).size).toBe(ids.length)
    const shapes = (document as unknown as { components: { schemas: object } }).components.schemas
    for (const [, name = ''] of JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      expect(shapes).toHaveProperty(name)
    }
    expect(JSON.stringify(document)).not.toContain('$defs')
  })

  it('is served under both names, with the URL that the client used', async () => {
    const [one, other] = await Promise.all(
      ['/v1', '/admin'].map(async (base) => (await request(`${base}/openapi.json`)).json<Description>()),
    )
    expect(one?.servers).toEqual([{ url: 'https://mail.facteur.test/v1' }])
    expect(other?.servers).toEqual([{ url: 'https://mail.facteur.test/admin' }])
    expect(other?.paths).toEqual(one?.paths)
  })

  it('is a page for people, that runs no scripts', async () => {
    const redirected = await request('/v1/')
    expect([redirected.status, redirected.headers.get('location')]).toEqual([308, 'https://mail.facteur.test/v1'])
    const page = await request('/v1')
    expect(page.headers.get('content-type')).toContain('text/html')
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
    const text = await page.text()
    for (const path of Object.keys((await description()).paths)) expect(text).toContain(path)
    expect(text).not.toContain('<script')
  })
})

describe('a request that is wrong', () => {
  it.each([
    ['a stranger', '', 401],
    ['a wrong token', `fca_${'0'.repeat(10)}_${'0'.repeat(40)}`, 401],
    ['an account of the house', 'fct_aghost_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 401],
    ['something else', 'fca_x', 401],
  ])('is refused when it is from %s (RFC 6750 §3)', async (_, token, status) => {
    const answer = await api(token, 'GET', '/domains')
    expect(answer.status).toBe(status)
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="api"')
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
  })

  it('names each place in the body (RFC 9457 §3, RFC 6901 §6)', async () => {
    const answer = await api(adminToken, 'POST', '/accounts', { address: 5, password: 'short', 'a/b': 1, quota: 2 })
    expect(answer.status).toBe(400)
    expect(answer.body).toMatchObject({
      status: 400,
      title: 'Bad Request',
      errors: [
        { pointer: '#/address', detail: 'invalid input: expected string, received number' },
        { pointer: '#/password' },
        { pointer: '#/a~1b', detail: 'is not known here' },
        { pointer: '#/quota', detail: 'is not known here' },
      ],
    })
  })

  it.each([
    ['POST', '/domains', {}, '#/name', 'is missing'],
    ['POST', '/domains', { name: 'no domain' }, '#/name', '"no domain" is not a domain name'],
    ['PUT', '/aliases/x@facteur.test', { targets: ['bob@facteur.test', 'nobody'] }, '#/targets/1', 'is not an address'],
    ['PUT', '/accounts/bob@facteur.test/quota', { bytes: -1 }, '#/bytes', '>=0'],
    ['PUT', '/queues/x.test/limits', { perMinute: 0 }, '#/perMinute', ''],
    ['POST', '/queues/x.test/retry', { status: 'odd' }, '#/status', 'expected one of'],
    ['POST', '/queues/x.test/delete', {}, '#/all', 'which messages'],
    ['PUT', '/accounts/bob@facteur.test/language', { language: 'tlh' }, '#/language', 'can be written in'],
    ['POST', '/accounts/bob@facteur.test/masks', { prefix: 'A B' }, '#/prefix', 'a to z'],
    ['PUT', '/routes/x.test', { agents: ['mx', 'nothing'] }, '#/agents/1', 'no agent of that name'],
    ['PUT', '/routes/x.test', { agents: ['smtp://127.0.0.1'] }, '#/agents/0', 'not at a public address'],
    ['PUT', '/routes/x.test', { agents: ['mx'], sender: 'a b' }, '#/sender', 'a route is for'],
    ['PUT', '/lists/x@facteur.test', { owners: ['x@facteur.test'] }, '#/owners', 'cannot look after itself'],
    ['PUT', '/domains/facteur.test/webhooks/x', { url: 'https://10.0.0.1/' }, '#/url', 'not at a public address'],
  ])('%s %s %j points at %s', async (method, path, body, pointer, detail) => {
    const answer = await api(adminToken, method, path, body)
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ pointer }] } })
    const [error] = (answer.body as { errors: { detail: string }[] }).errors
    expect(error?.detail).toContain(detail)
  })

  it.each([
    ['/domains?limit=0', 'limit'],
    ['/domains?limit=1001', 'limit'],
    ['/domains?colour=red', 'colour'],
    ['/domains?after=a&after=b', 'after'],
    ['/accounts/bob@facteur.test?deep=1', 'deep'],
    ['/queues/x.test?status=odd', 'status'],
    ['/audit?after=x', 'after'],
    ['/domains/facteur.test/dns?key=x', 'key'],
    ['/route?recipient=*', 'recipient'],
  ])('GET %s names the parameter %s', async (path, parameter) => {
    expect(await api(adminToken, 'GET', path)).toMatchObject({ status: 400, body: { errors: [{ parameter }] } })
  })

  it('changes nothing', async () => {
    await api(adminToken, 'PUT', '/aliases/half@facteur.test', { targets: ['bob@facteur.test', 'nobody'] })
    await api(adminToken, 'POST', '/accounts', { address: 'half@facteur.test', password: 'long enough', extra: 1 })
    expect((await api(adminToken, 'GET', '/accounts/half@facteur.test')).status).toBe(404)
    expect(JSON.stringify((await api(adminToken, 'GET', '/aliases')).body)).not.toContain('half@')
  })

  it('with another method hears which there are (RFC 9110 §15.5.6)', async () => {
    const answer = await api(adminToken, 'PUT', '/domains', {})
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, POST, HEAD'])
    expect((await api(adminToken, 'GET', '/nothing/at/all')).status).toBe(404)
  })
})

/** Each operation, with names put in for what varies. */
async function everyOperation(domain: string): Promise<{ method: string; path: string; operation: Operation }[]> {
  return Object.entries((await description()).paths).flatMap(([template, operations]) => {
    const path = template
      .replaceAll('{domain}', domain)
      .replaceAll('{address}', `alice@${domain}`)
      .replace(/\{\w+\}/g, 'x')
    return Object.entries(operations).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation }))
  })
}

// There are many, and each is asked.
describe('every route', { timeout: 60_000 }, () => {
  it('is closed to strangers (401)', async () => {
    for (const { method, path } of await everyOperation('facteur.test')) {
      expect([method, path, (await api('', method, path)).status]).toEqual([method, path, 401])
    }
  })

  it('refuses a parameter that it does not know, and says which', async () => {
    for (const { method, path } of await everyOperation('facteur.test')) {
      const answer = await api(adminToken, method, `${path}?nonsense=1`)
      const errors = expect.arrayContaining([{ parameter: 'nonsense', detail: 'is not known here' }])
      expect([method, path, answer]).toMatchObject([method, path, { status: 400, body: { errors } }])
    }
  })

  it('refuses a member that it does not know, and says which', async () => {
    for (const { method, path, operation } of await everyOperation('facteur.test')) {
      if (operation.requestBody === undefined) continue
      const answer = await api(adminToken, method, path, { nonsense: 1 })
      expect([method, path, answer.status]).toEqual([method, path, 400])
      expect([method, path, JSON.stringify(answer.body)]).toEqual([
        method,
        path,
        expect.stringContaining('{"pointer":"#/nonsense","detail":"is not known here"}'),
      ])
    }
  })

  it('of a domain says so where that is not hosted (404): an empty list would look as if it were', async () => {
    for (const { method, path } of await everyOperation('ghost.test')) {
      if (method !== 'GET' || !path.startsWith('/domains/')) continue
      const detail = expect.stringContaining('ghost.test is not hosted here')
      expect([path, await api(adminToken, method, path)]).toMatchObject([path, { status: 404, body: { detail } }])
    }
  })

  it('shows and changes nothing of what a token is not for', async () => {
    const { token } = await newToken(allScopes, { domains: ['other.test'], perMinute: 0 })
    for (const { method, path } of await everyOperation('facteur.test')) {
      const answer = await api(token, method, path, method === 'GET' ? undefined : {})
      const at = `${method} ${path}: ${answer.status}`
      if (answer.status === 200)
        expect([method, JSON.stringify(answer.body).includes('facteur.test')], at).toEqual(['GET', false])
      else expect([400, 403, 404], at).toContain(answer.status)
      // A path that names what it is not for is refused before anything else.
      if (path.includes('facteur.test')) expect(answer.status, at).toBe(403)
    }
  })
})

describe('an API token', () => {
  it('lacks every scope that it was not made with, and hears which (403)', { timeout: 60_000 }, async () => {
    const tokens = new Map<Scope, string>()
    for (const scope of allScopes) {
      tokens.set(scope, (await newToken(allScopes.filter((other) => other !== scope))).token)
    }
    for (const { method, path, operation } of await everyOperation('facteur.test')) {
      const scope = operation['x-scope']
      const answer = await api(tokens.get(scope) as string, method, path)
      expect([method, path, answer.status, answer.body]).toMatchObject([method, path, 403, { scope }])
      expect(answer.headers.get('www-authenticate')).toContain(`error="insufficient_scope", scope="${scope}"`)
    }
  })

  it('may do what its scopes say', async () => {
    const { token } = await newToken(['aliases:write', 'aliases:read'])
    expect((await api(token, 'PUT', '/aliases/info@facteur.test', { targets: ['bob@facteur.test'] })).status).toBe(200)
    expect((await api(token, 'GET', '/domains/facteur.test/aliases')).body).toMatchObject([
      { address: 'info@facteur.test' },
    ])
    expect((await api(token, 'DELETE', '/aliases/info@facteur.test')).status).toBe(204)
  })

  it('for a domain sees and changes nothing else', async () => {
    const { token } = await newToken(
      ['accounts:read', 'accounts:write', 'domains:read', 'domains:write', 'queues:read'],
      {
        domains: ['Other.test'],
      },
    )
    expect((await api(token, 'GET', '/domains')).body).toMatchObject([{ name: 'other.test' }])
    expect((await api(token, 'GET', '/accounts')).body).toMatchObject([{ address: 'olga@other.test' }])
    expect((await api(token, 'GET', '/accounts/olga@other.test')).status).toBe(200)
    for (const [method, path, body] of [
      ['GET', '/accounts/alice@facteur.test', undefined],
      ['DELETE', '/accounts/alice@facteur.test', undefined],
      ['PUT', '/accounts/ALICE@FACTEUR.TEST/password', { password: 'long enough' }],
      ['GET', '/domains/facteur.test/dns', undefined],
      ['POST', '/accounts', { address: 'new@facteur.test' }],
      ['POST', '/domains', { name: 'new.test' }],
      ['GET', '/queues', undefined],
    ] as const) {
      expect([path, (await api(token, method, path, body)).status]).toEqual([path, 403])
    }
  })

  it('for an account does not reach its neighbours', async () => {
    const { token } = await newToken(['accounts:read'], { accounts: ['alice@facteur.test'] })
    expect((await api(token, 'GET', '/accounts/Alice@facteur.test')).status).toBe(200)
    expect((await api(token, 'GET', '/accounts/bob@facteur.test')).status).toBe(403)
    expect((await api(token, 'GET', '/domains/facteur.test/accounts')).status).toBe(403)
    expect((await api(token, 'GET', '/accounts')).body).toMatchObject([{ address: 'alice@facteur.test' }])
  })

  it('makes no token that may do more than itself', async () => {
    const { token } = await newToken(['tokens:write', 'aliases:read'], {
      domains: ['other.test'],
      expires: Date.now() + 60_000,
      perMinute: 100,
    })
    const expires = Date.now() + 30_000
    const wanted = { name: 'child', scopes: ['aliases:read'], domains: ['other.test'], expires, perMinute: 100 }
    expect((await api(token, 'POST', '/tokens', wanted)).status).toBe(201)
    for (const more of [
      { scopes: ['aliases:read', 'aliases:write'] },
      { domains: [] },
      { domains: ['facteur.test'] },
      { accounts: ['alice@facteur.test'] },
      { expires: Date.now() + 3_600_000 },
      { perMinute: 0 },
      { perMinute: 101 },
    ]) {
      expect([more, (await api(token, 'POST', '/tokens', { ...wanted, ...more })).status]).toEqual([more, 403])
    }
  })

  it('ends when it is revoked, and when its time is over', async () => {
    const { token, id } = await newToken(['domains:read'])
    expect((await api(token, 'GET', '/domains')).status).toBe(200)
    expect((await api(adminToken, 'DELETE', `/tokens/${id}`)).status).toBe(204)
    expect((await api(token, 'GET', '/domains')).status).toBe(401)
    expect((await api(adminToken, 'DELETE', `/tokens/${id}`)).status).toBe(404)
  })

  it('is of no use once its time is over', async () => {
    const now = Date.now()
    const { token } = await newToken(['domains:read'], { expires: now + 60_000 })
    vi.useFakeTimers({ toFake: ['Date'], now: now + 59_999 })
    expect((await api(token, 'GET', '/domains')).status).toBe(200)
    vi.setSystemTime(now + 60_000)
    expect((await api(token, 'GET', '/domains')).status).toBe(401)
  })

  it.each([
    [{ accounts: ['ghost@facteur.test'] }, '#/accounts/0', 'is the address of no account'],
    [{ accounts: ['alice@facteur.test', 'nonsense'] }, '#/accounts/1', 'not an address'],
    [{ accounts: ['alice+x@facteur.test'] }, '#/accounts/0', 'not an address'],
    [{ domains: ['ghost.test'] }, '#/domains/0', 'is not hosted here'],
    [{ domains: ['facteur.test', 'no domain'] }, '#/domains/1', 'is not a domain name'],
    [{ expires: 1_000 }, '#/expires', 'is over already'],
    [{ name: 'x\nadministrator' }, '#/name', 'must hold no control characters'],
  ])('for %j is not made: it would never be of use', async (more, pointer, detail) => {
    const wanted = { name: 'x', scopes: ['messages:send'], ...more }
    const answer = await api(adminToken, 'POST', '/tokens', wanted)
    expect(answer).toMatchObject({
      status: 400,
      body: { errors: [{ pointer, detail: expect.stringContaining(detail) }] },
    })
  })

  it('may be for what it is to make', async () => {
    const { token } = await newToken(['domains:write', 'accounts:write'], { domains: ['Later.test'] })
    expect((await api(token, 'POST', '/domains', { name: 'later.test' })).status).toBe(201)
    expect((await api(token, 'POST', '/accounts', { address: 'lea@later.test' })).status).toBe(201)
    await newToken(['messages:read'], { accounts: ['Lea@later.test'] })
    await newToken(['aliases:write'], { accounts: ['info@later.test'] })
    expect((await api(token, 'DELETE', '/accounts/lea@later.test')).status).toBe(204)
  })

  it('is listed with its last use and without its secret', async () => {
    const { token, id } = await newToken(['domains:read'])
    await api(token, 'GET', '/domains')
    const listed = (await api(adminToken, 'GET', '/tokens')).body as { id: string; lastUsed?: number }[]
    expect(listed.find((one) => one.id === id)?.lastUsed).toBeGreaterThan(Date.now() - 60_000)
    expect(JSON.stringify(listed)).not.toContain(token.slice(-40))
  })

  it('is counted, and told what is left (RFC 6585 §4)', async () => {
    const { token } = await newToken(['domains:read'], { perMinute: 2 })
    const first = await api(token, 'GET', '/domains')
    expect(first.headers.get('ratelimit-policy')).toBe('"default";q=2;w=60')
    expect(first.headers.get('ratelimit')).toMatch(/^"default";r=1;t=\d+$/)
    // What is refused counts too.
    expect((await api(token, 'GET', '/accounts')).status).toBe(403)
    const third = await api(token, 'GET', '/domains')
    expect(third.status).toBe(429)
    expect(Number(third.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await api(adminToken, 'GET', '/domains')).headers.get('ratelimit')).toBeNull()
  })
})

describe('an account', () => {
  it('shows what is set for it', async () => {
    const path = '/accounts/carol@facteur.test'
    const shown = async () => (await api(adminToken, 'GET', path)).body
    expect(await shown()).not.toHaveProperty('language')
    expect(await shown()).not.toHaveProperty('sendLimits')
    await api(adminToken, 'PUT', `${path}/language`, { language: 'DE' })
    await api(adminToken, 'PUT', `${path}/send-limits`, { perHour: 5 })
    await api(adminToken, 'PUT', `${path}/quota`, { bytes: 1_000_000 })
    expect(await shown()).toMatchObject({ language: 'de', sendLimits: { perHour: 5, perDay: 0 }, quota: 1_000_000 })
    await api(adminToken, 'PUT', `${path}/language`, {})
    await api(adminToken, 'PUT', `${path}/send-limits`, {})
    expect(await shown()).not.toHaveProperty('language')
    expect(await shown()).not.toHaveProperty('sendLimits')
  })
})

describe('a list', () => {
  it('comes in pages, each of which leads to the next (RFC 8288)', async () => {
    const seen: string[] = []
    let path: string | undefined = '/accounts?limit=2'
    for (let pages = 0; path !== undefined; pages++) {
      expect(pages).toBeLessThan(4)
      const answer: Answer = await api(adminToken, 'GET', path)
      seen.push(...(answer.body as { address: string }[]).map(({ address }) => address))
      path = /^<\/v1([^>]*)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1]
    }
    expect(seen).toEqual(['alice@facteur.test', 'bob@facteur.test', 'carol@facteur.test', 'olga@other.test'])
  })
})

describe('the audit log', () => {
  it('tells who changed what, from where, and no secrets', async () => {
    const { token, id } = await newToken(['accounts:write'])
    const headers = { Authorization: `Bearer ${token}`, 'User-Agent': 'script/1', 'CF-Connecting-IP': '192.0.2.7' }
    const body = JSON.stringify({ password: 'a secret of carol' })
    const changed = await request('/v1/accounts/carol@facteur.test/password', { method: 'PUT', headers, body })
    expect(changed.status).toBe(204)
    await admin('PUT', '/accounts/carol@facteur.test/quota', { bytes: 1_000_000 })
    const { body: log } = await api(adminToken, 'GET', '/audit?limit=2')
    expect(log).toMatchObject([
      {
        who: 'administrator',
        what: 'PUT /accounts/{address}/quota',
        target: '/accounts/carol@facteur.test/quota',
        details: { bytes: 1_000_000 },
      },
      {
        who: `token test (${id})`,
        what: 'PUT /accounts/{address}/password',
        target: '/accounts/carol@facteur.test/password',
        from: '192.0.2.7',
        client: 'script/1',
      },
    ])
    expect(JSON.stringify(log)).not.toContain('secret of carol')
  })

  it('has nothing of what was only read, or refused', async () => {
    const before = (await api(adminToken, 'GET', '/audit?limit=1')).body as { id: number }[]
    await api(adminToken, 'GET', '/domains')
    await api(adminToken, 'DELETE', '/domains/facteur.test')
    await api(adminToken, 'POST', '/accounts', { address: 'x' })
    expect((await api(adminToken, 'GET', '/audit?limit=1')).body).toEqual(before)
  })

  it('has it when the administrator reads or sends in place of somebody, without what it says', async () => {
    const message = { from: 'alice@facteur.test', to: ['bob@facteur.test'], subject: 'private', text: 'words of hers' }
    expect((await api(adminToken, 'POST', '/messages', message)).status).toBe(202)
    expect((await api(adminToken, 'GET', '/accounts/bob@facteur.test/messages')).status).toBe(200)
    const { token } = await newToken(['messages:read'])
    expect((await api(token, 'GET', '/accounts/bob@facteur.test/messages')).status).toBe(200)
    const [made, read, sent] = (await api(adminToken, 'GET', '/audit?limit=3')).body as { target: string }[]
    expect(made?.target).toBe('/tokens')
    expect(read?.target).toBe('/accounts/bob@facteur.test/messages')
    expect(sent).toMatchObject({
      target: '/messages',
      details: { from: 'alice@facteur.test', to: ['bob@facteur.test'] },
    })
    expect(JSON.stringify(sent)).not.toContain('words of hers')
  })

  it('is read back in pages, the newest first', async () => {
    const first = await api(adminToken, 'GET', '/audit?limit=1')
    const next = /^<\/v1([^>]*)>/.exec(first.headers.get('link') ?? '')?.[1] as string
    const [one] = first.body as { id: number }[]
    const [other] = (await api(adminToken, 'GET', next)).body as { id: number }[]
    expect(other?.id).toBe((one?.id ?? 0) - 1)
  })
})

describe('the object of tokens', () => {
  it('stays empty while nobody makes one or changes anything', async () => {
    const object = bindings.API.getByName('another')
    expect(await object.tokens()).toEqual([])
    expect(await object.useToken('x', 'y')).toBeUndefined()
    expect(await object.audit({ limit: 10 })).toEqual([])
  })
})
