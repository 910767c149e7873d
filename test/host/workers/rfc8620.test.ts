/**
 * RFC 8620 over HTTP: statuses, headers and problem details, and the URLs that the session's templates lead to. What runs
 * behind them is tested in test/contract/rfc8620.
 */
import { beforeAll, describe, expect, it } from 'vitest'
import { basic, furnish, jmap, origin, request, resultOf } from './house.ts'

const login = basic('alice@requests.test')
const using = ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:mail']
let id: string
let other: string
let session: Record<string, string>

beforeAll(async () => {
  const ids = await furnish('requests.test', ['alice', 'bob'])
  id = ids.alice as string
  other = ids.bob as string
  session = await (await request('/jmap/session', { headers: { Authorization: login } })).json()
})

/** A level 1 template expanded (RFC 6570 §3.2.2), as a path of ours. */
function expand(name: string, variables: Record<string, string>): string {
  const url = (session[name] as string).replaceAll(/\{(\w+)\}/g, (_, key: string) =>
    encodeURIComponent(variables[key] as string),
  )
  expect(new URL(url).origin).toBe(origin)
  return url.slice(origin.length)
}

const withLogin = (headers: Record<string, string> = {}) => ({ headers: { Authorization: login, ...headers } })

function post(body: BodyInit, contentType = 'application/json'): Promise<Response> {
  return request(expand('apiUrl', {}), { method: 'POST', body, ...withLogin({ 'Content-Type': contentType }) })
}

const echo = (count: number) =>
  JSON.stringify({ using, methodCalls: Array.from({ length: count }, (_, at) => ['Core/echo', {}, `c${at}`]) })

/** A change for the event sources to tell. */
const create = (name: string) => jmap(login, [['Mailbox/set', { accountId: id, create: { m: { name } } }, 's']])

async function upload(body: BodyInit, contentType: string, accountId = id): Promise<Response> {
  const path = expand('uploadUrl', { accountId })
  return request(path, { method: 'POST', body, ...withLogin({ 'Content-Type': contentType }) })
}

const subscribe = (variables: { types?: string; closeafter?: string; ping?: string }, headers = {}) =>
  request(expand('eventSourceUrl', { types: '*', closeafter: 'no', ping: '0', ...variables }), withLogin(headers))

describe('§2 the session resource', () => {
  it('§2 is JSON that nothing on the way may keep', async () => {
    const response = await request('/jmap/session', withLogin())
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toMatch(/^application\/json\b/)
    expect(response.headers.get('cache-control')).toMatch(/no-store/)
    expect(await response.json()).toMatchObject({ username: 'alice@requests.test', state: expect.any(String) })
  })

  it('§2.2 is where /.well-known/jmap leads', async () => {
    const response = await request('/.well-known/jmap', withLogin())
    expect([301, 302, 307, 308]).toContain(response.status)
    const there = new URL(response.headers.get('location') as string, origin)
    expect((await request(there.pathname, withLogin())).status).toBe(200)
  })

  it.each(['/jmap/session', '/jmap/api', '/jmap/upload/a1/', '/jmap/download/a1/U1/x', '/jmap/eventsource/'])(
    '§1.7 %s is for those who authenticate, and says how (RFC 9110 §11.6.1)',
    async (path) => {
      const isPost = /api|upload/.test(path)
      const query = path.includes('eventsource') ? '?types=*&closeafter=no&ping=0' : ''
      const response = await request(path + query, isPost ? { method: 'POST', body: '{}' } : {})
      expect(response.status).toBe(401)
      expect(response.headers.get('www-authenticate')).toMatch(/^Basic realm=/)
      expect(response.headers.get('content-type')).toBe('application/problem+json')
    },
  )
})

describe('§3.1 an API request', () => {
  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'Application/JSON',
    'application/json ;charset=UTF-8',
  ])('§3.1 is of the type %s, and so is its answer', async (contentType) => {
    const response = await post(echo(1), contentType)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toMatch(/^application\/json\b/)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await response.json()).toMatchObject({ methodResponses: [['Core/echo', {}, 'c0']] })
  })

  it.each(['text/plain', 'application/jsonp', 'application/json-patch+json', 'application/problem+json', 'json'])(
    '§3.6.1 notJSON: of the type %s',
    async (contentType) => {
      const response = await post(echo(1), contentType)
      expect(response.status).toBe(400)
      expect(await response.json()).toMatchObject({ type: 'urn:ietf:params:jmap:error:notJSON' })
    },
  )

  it.each(['GET', 'PUT', 'DELETE', 'PATCH'])('§3.1 is a POST: 405 for %s, with what is allowed', async (method) => {
    const response = await request('/jmap/api', { method, ...withLogin() })
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toContain('POST')
  })

  it.each<[string, BodyInit, string, string?]>([
    ['no content', '', 'notJSON'],
    ['half an object', '{"using":', 'notJSON'],
    ['octets that are not UTF-8', new Uint8Array([0x22, 0xff, 0x22]), 'notJSON'],
    ['a lone surrogate', '{"using":[],"methodCalls":[["Core/echo",{"a":"\\ud800"},"x"]]}', 'notJSON'],
    ['a name twice', '{"using":[],"using":[],"methodCalls":[]}', 'notJSON'],
    ['arrays 100,000 deep', '['.repeat(100_000) + ']'.repeat(100_000), 'notJSON'],
    ['an array', '[]', 'notRequest'],
    ['a prototype in place of a request', '{"__proto__":{"using":[],"methodCalls":[]}}', 'notRequest'],
    ['no "using"', '{"methodCalls":[]}', 'notRequest'],
    ['a call without an id', '{"using":[],"methodCalls":[["Core/echo",{}]]}', 'notRequest'],
    ['an unknown capability', '{"using":["urn:example:x"],"methodCalls":[]}', 'unknownCapability'],
    ['1,000 calls', echo(1000), 'limit', 'maxCallsInRequest'],
    ['11 MB', `"${'x'.repeat(11 * 1024 * 1024)}"`, 'limit', 'maxSizeRequest'],
  ])('§3.6.1 is refused for %s by problem details (RFC 7807)', async (_, body, type, limit) => {
    const response = await post(body)
    expect(response.status).toBe(400)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    const problem = await response.json<{ limit?: string }>()
    expect(problem).toMatchObject({ type: `urn:ietf:params:jmap:error:${type}`, status: 400 })
    expect(problem.limit).toBe(limit)
  })

  it('§3.6.1 is refused for its size also when that is not told beforehand', async () => {
    const chunk = new TextEncoder().encode(' '.repeat(1024 * 1024))
    let left = 12
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => (left-- > 0 ? controller.enqueue(chunk) : controller.close()),
    })
    const problem = await (await post(body)).json()
    expect(problem).toMatchObject({ type: 'urn:ietf:params:jmap:error:limit', limit: 'maxSizeRequest' })
    // All of it was taken in, or the answer might not arrive.
    expect(left).toBeLessThan(0)
  })

  it('§3.6.2 with an error of a method only is no error of HTTP', async () => {
    const response = await post(JSON.stringify({ using, methodCalls: [['Nope/get', {}, 'c']] }))
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ methodResponses: [['error', { type: 'unknownMethod' }, 'c']] })
  })

  it('§3.9 keeps names that JavaScript gives a meaning names like others', async () => {
    const echoed = '{"__proto__":{"x":1},"constructor":2}'
    const response = await post(`{"using":${JSON.stringify(using)},"methodCalls":[["Core/echo",${echoed},"x"]]}`)
    expect(await response.text()).toContain(echoed)
    const answers = await jmap(login, [['Email/get', { accountId: id, ids: ['__proto__', 'constructor'] }, 'g']])
    expect(resultOf(answers, 'g')).toMatchObject({ list: [], notFound: ['__proto__', 'constructor'] })
    const set = `["Mailbox/set",{"accountId":"${id}","create":{"__proto__":{"name":"P"}},"update":{"__proto__":{}}},"s"]`
    const made = await (await post(`{"using":${JSON.stringify(using)},"methodCalls":[${set}]}`)).text()
    expect(made).toMatch(/"created":\{"__proto__":\{"id":"/)
    expect(made).toContain('"notUpdated":{"__proto__":{"type":"notFound"')
  })
})

describe('§6 binary data', () => {
  it('§6.1 takes maxConcurrentUpload at once, and says when to try again', async () => {
    const held = Array.from({ length: 4 }, () => new TransformStream<Uint8Array, Uint8Array>())
    const uploads = held.map(({ readable }) => upload(readable, 'text/plain'))
    let refused: Response | undefined
    const status = async () => {
      const response = await upload('one more', 'text/plain')
      if (response.status === 429) refused = response
      else await response.body?.cancel()
      return response.status
    }
    await expect.poll(status, { timeout: 10_000 }).toBe(429)
    expect(refused?.headers.get('Retry-After')).toBe('1')
    expect(await refused?.json()).toMatchObject({
      type: 'urn:ietf:params:jmap:error:limit',
      limit: 'maxConcurrentUpload',
    })
    for (const { writable } of held) await writable.close()
    for (const one of await Promise.all(uploads)) expect(one.status).toBe(200)
    expect(await status()).toBe(200)
  })

  it('§6.1 an upload is answered with one JSON object', async () => {
    const response = await upload('hello', 'text/x-greeting')
    expect(response.headers.get('content-type')).toMatch(/^application\/json\b/)
    expect(await response.json()).toEqual({
      accountId: id,
      blobId: expect.stringMatching(/^[A-Za-z][\w-]*$/),
      type: 'text/x-greeting',
      size: 5,
    })
  })

  it.each([
    ['a.txt', 'text/plain'],
    ['a b & c?.html', 'text/html'],
    ['Übung/Ärger "1".pdf', 'application/pdf'],
    ['100%.txt', 'text/plain; charset=utf-8'],
    ['...', 'image/svg+xml'],
    ['日本.png', 'application/vnd.oasis.opendocument.text'],
  ])('§6.2 a download has the name %j and the type %s that the URL asks for', async (name, type) => {
    const bytes = Uint8Array.from({ length: 256 }, (_, n) => n)
    const { blobId } = await (await upload(bytes, 'image/png')).json<{ blobId: string }>()
    const path = expand('downloadUrl', { accountId: id, blobId, name, type })
    const response = await request(path, withLogin())
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe(type)
    expect(response.headers.get('content-disposition')).toContain(
      `filename*=UTF-8''${encodeURIComponent(name).replaceAll('(', '%28')}`,
    )
    expect(response.headers.get('cache-control')).toBe('private, immutable, max-age=31536000')
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes)
  })

  it.each(['U999', 'zz', '-', 'G1'])(
    '§6.2 a blob that is not there is 404, with problem details: %s',
    async (blobId) => {
      const path = expand('downloadUrl', { accountId: id, blobId, name: 'x', type: 'text/plain' })
      const response = await request(path, withLogin())
      expect(response.status).toBe(404)
      expect(response.headers.get('content-type')).toBe('application/problem+json')
      expect(await response.json()).toMatchObject({ status: 404 })
    },
  )

  it("§6 another account's are not found, whoever owns it", async () => {
    for (const accountId of [other, 'anobody', '__proto__']) {
      const answers = await jmap(login, [['Mailbox/get', { accountId, ids: null }, 'm']])
      expect(answers[0]).toEqual(['error', { type: 'accountNotFound' }, 'm'])
      const refused = await upload('x', 'text/plain', accountId)
      expect([refused.status, refused.headers.get('content-type')]).toEqual([404, 'application/problem+json'])
      const path = expand('downloadUrl', { accountId, blobId: 'U1', name: 'x', type: 'text/plain' })
      expect((await request(path, withLogin())).status).toBe(404)
    }
  })

  it('§6.1 an upload above maxSizeUpload is refused by problem details, however its size is told', async () => {
    const size = 26 * 1024 * 1024
    for (const body of [new Uint8Array(size), new Response(new Uint8Array(size)).body as ReadableStream]) {
      const response = await upload(body, 'text/plain')
      expect([response.status, response.headers.get('content-type')]).toEqual([413, 'application/problem+json'])
      expect(await response.json()).toMatchObject({ limit: 'maxSizeUpload' })
    }
  })
})

describe('§7.3 the event source', () => {
  it('§7.3 is an event stream that nothing on the way may keep', async () => {
    const response = await subscribe({})
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream\b/)
    expect(response.headers.get('cache-control')).toContain('no-store')
    await response.body?.cancel()
  })

  it('§7.3 ends after one state when it was asked to, and goes on where it was', async () => {
    const response = await subscribe({ types: 'Mailbox', closeafter: 'state' })
    await create('First')
    const text = await response.text()
    expect(text).toMatch(/^event: state\nid: \S+\ndata: \{"@type":"StateChange".*"Mailbox":"/m)
    const seen = /[^]*\nid: (\S+)/.exec(text)?.[1] as string
    await create('While away')
    const missed = await (await subscribe({ closeafter: 'state' }, { 'Last-Event-ID': seen })).text()
    expect(missed).toContain('"Mailbox":"')
  })

  it('§7.3 tells only the types that were asked for', async () => {
    const email = await subscribe({ types: 'Email', closeafter: 'state' })
    const all = await subscribe({ closeafter: 'state' })
    await create('Not an email')
    expect(await all.text()).toContain('StateChange')
    const reader = (email.body as ReadableStream<Uint8Array>).getReader()
    const first = await reader.read()
    expect(new TextDecoder().decode(first.value)).not.toContain('StateChange')
    await reader.cancel()
  })

  it.each([
    '',
    '?types=*',
    '?types=*&closeafter=maybe&ping=0',
    '?types=*&closeafter=no&ping=-1',
    '?types=&closeafter=no&ping=0',
  ])('§7.3 refuses %j', async (query) => {
    const response = await request(`/jmap/eventsource/${query}`, withLogin())
    expect([response.status, response.headers.get('content-type')]).toEqual([400, 'application/problem+json'])
  })
})
