/**
 * JMAP over HTTP: what is refused before any method runs, and how (RFC 8620 §3.6.1).
 */
import { beforeAll, describe, expect, it } from 'vitest'
import { basic, furnish, jmap, request, resultOf } from './house.ts'

const login = basic('alice@requests.test')
const using = ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:mail']
let id: string
let other: string

beforeAll(async () => {
  const ids = await furnish('requests.test', ['alice', 'bob'])
  id = ids.alice as string
  other = ids.bob as string
})

function post(body: BodyInit, contentType = 'application/json'): Promise<Response> {
  return request('/jmap/api', { method: 'POST', headers: { Authorization: login, 'Content-Type': contentType }, body })
}

const subscribe = (query: string, headers: Record<string, string> = {}) =>
  request(`/jmap/eventsource?${query}`, { headers: { Authorization: login, ...headers } })
it('ends after one state when it was asked to, and goes on where it was (RFC 8620 §7.3)', async () => {
  const response = await subscribe('types=Mailbox&closeafter=state&ping=0')
  await create('First')
  const text = await response.text()
  expect(text).toMatch(/^event: state\nid: \S+\ndata: \{"@type":"StateChange".*"Mailbox":"/m)
  const seen = /[^]*\nid: (\S+)/.exec(text)?.[1] as string
  await create('While away')
  const missed = await (await subscribe('types=*&closeafter=state&ping=0', { 'Last-Event-ID': seen })).text()
  expect(missed).toContain('"Mailbox":"')
})

/** A change for the event sources to tell. */
const create = (name: string) => jmap(login, [['Mailbox/set', { accountId: id, create: { m: { name } } }, 's']])

const echo = (count: number) =>
  JSON.stringify({ using, methodCalls: Array.from({ length: count }, (_, at) => ['Core/echo', {}, `c${at}`]) })

describe('a request that cannot be run', () => {
  it.each<[string, BodyInit, string, { limit?: string; contentType?: string }]>([
    ['another content type', echo(1), 'notJSON', { contentType: 'text/plain' }],
    ['no content', '', 'notJSON', {}],
    ['half an object', '{"using":', 'notJSON', {}],
    ['octets that are not UTF-8', new Uint8Array([0x22, 0xff, 0x22]), 'notJSON', {}],
    [
      'a lone surrogate (RFC 7493 §2.1)',
      '{"using":[],"methodCalls":[["Core/echo",{"a":"\\ud800"},"x"]]}',
      'notJSON',
      {},
    ],
    ['a name twice (RFC 7493 §2.3)', '{"using":[],"using":[],"methodCalls":[]}', 'notJSON', {}],
    ['arrays 100,000 deep', '['.repeat(100_000) + ']'.repeat(100_000), 'notJSON', {}],
    ['an array', '[]', 'notRequest', {}],
    ['no "using"', '{"methodCalls":[]}', 'notRequest', {}],
    ['a call without an id', '{"using":[],"methodCalls":[["Core/echo",{}]]}', 'notRequest', {}],
    ['an unknown capability', '{"using":["urn:example:x"],"methodCalls":[]}', 'unknownCapability', {}],
    ['1,000 calls', echo(1000), 'limit', { limit: 'maxCallsInRequest' }],
    ['11 MB', `"${'x'.repeat(11 * 1024 * 1024)}"`, 'limit', { limit: 'maxSizeRequest' }],
  ])('is refused for %s', async (_, body, type, { limit, contentType }) => {
    const response = await post(body, contentType)
    expect(response.status).toBe(400)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    const problem = await response.json()
    expect(problem).toMatchObject({ type: `urn:ietf:params:jmap:error:${type}`, status: 400 })
    expect((problem as { limit?: string }).limit).toBe(limit)
  })

  it('is refused for its size also when the length is not told beforehand', async () => {
    const chunk = new TextEncoder().encode(' '.repeat(1024 * 1024))
    let left = 12
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => (left-- > 0 ? controller.enqueue(chunk) : controller.close()),
    })
    const problem = await (await post(body)).json()
    expect(problem).toMatchObject({ type: 'urn:ietf:params:jmap:error:limit', limit: 'maxSizeRequest' })
  })
})

describe('names that JavaScript gives a meaning', () => {
  it('are names like others in requests and records', async () => {
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

describe("another account's", () => {
  it('methods, uploads and downloads are not found, whoever owns it', async () => {
    for (const accountId of [other, 'anobody', '__proto__']) {
      const answers = await jmap(login, [['Mailbox/get', { accountId, ids: null }, 'm']])
      expect(answers[0]).toEqual(['error', { type: 'accountNotFound' }, 'm'])
      const headers = { Authorization: login }
      const upload = await request(`/jmap/upload/${accountId}/`, { method: 'POST', headers, body: 'x' })
      expect(upload.status).toBe(404)
      expect((await request(`/jmap/download/${accountId}/U1/x`, { headers })).status).toBe(404)
    }
  })
})

describe('an event source', () => {
  it('tells only the types that were asked for', async () => {
    const email = await subscribe('types=Email&closeafter=state&ping=0')
    const all = await subscribe('types=*&closeafter=state&ping=0')
    await create('Not an email')
    expect(await all.text()).toContain('StateChange')
    const reader = (email.body as ReadableStream<Uint8Array>).getReader()
    const first = await reader.read()
    expect(new TextDecoder().decode(first.value)).not.toContain('StateChange')
    await reader.cancel()
  })
})
