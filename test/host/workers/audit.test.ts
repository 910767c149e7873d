import { runInDurableObject } from 'cloudflare:test'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { bindings, furnish, request } from './house.ts'
import { dohAnswer, oneHost } from './outside.ts'

const adminToken = 'admin-token-of-the-tests'

interface AuditRecord {
  readonly id: number
  readonly at: number
  readonly who: string
  readonly what: string
  readonly target: string
  readonly details?: Readonly<Record<string, unknown>>
  readonly from: string
  readonly client?: string
}

async function ask(method: string, path: string, body?: object, token = adminToken) {
  const response = await request(`/v1${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, 'User-Agent': 'tests', 'CF-Connecting-IP': '192.0.2.7' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) }
}

const setRules = (rules: object[]) => ask('PUT', '/domains/audited.test/rules', { rules })

/** The last records, the newest first. */
async function log(limit: number, token?: string): Promise<AuditRecord[]> {
  const { status, body } = await ask('GET', `/audit?limit=${limit}`, undefined, token)
  expect(status).toBe(200)
  return body as AuditRecord[]
}

/** Operations of the served description that may change something. */
async function changing(): Promise<string[]> {
  const document = await (await request('/v1/openapi.json')).json<{ paths: Record<string, Record<string, object>> }>()
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods)
      .filter((method) => method !== 'get')
      .map((method) => `${method.toUpperCase()} ${path}`),
  )
}

/** No change, though they are no GET. */
const asked = ['POST /domains/{domain}/rules/check', 'POST /rules/test']

/** What an answer holds that the next acts name. */
type Known = Map<string, string>

interface Act {
  readonly path: string | ((known: Known) => string)
  readonly body?: object
  /** Members of the answer that are remembered, under their names here. */
  readonly keeps?: Readonly<Record<string, string>>
}

const alice = '/accounts/alice@audited.test'
const list = '/lists/team@audited.test'
const hook = '/domains/audited.test/webhooks/orders'
const queue = '/queues/far.test'
const one = (act: string) => (known: Known) => `${queue}/${known.get('waiting')}${act}`

/** Each once, in an order in which each finds what it needs. */
const acts: Readonly<Record<string, Act>> = {
  'POST /domains': { path: '/domains', body: { name: 'second.test' } },
  'POST /domains/{domain}/dkim/rotate': { path: '/domains/second.test/dkim/rotate', body: { now: true } },
  'POST /domains/{domain}/dkim/stop': { path: '/domains/second.test/dkim/stop' },
  'POST /accounts': { path: '/accounts', body: { address: 'new@audited.test', password: 'a SECRET of new' } },
  'PUT /accounts/{address}/quota': { path: `${alice}/quota`, body: { bytes: 1_000_000 } },
  'PUT /accounts/{address}/password': { path: `${alice}/password`, body: { password: 'a SECRET of alice' } },
  'PUT /accounts/{address}/send-limits': { path: `${alice}/send-limits`, body: { perHour: 5, perDay: null } },
  'PUT /accounts/{address}/language': { path: `${alice}/language`, body: { language: 'de' } },
  'DELETE /accounts/{address}/suppressions/{target}': { path: `${alice}/suppressions/gone@far.test` },
  'POST /accounts/{address}/tokens': {
    path: `${alice}/tokens`,
    body: { name: 'phone' },
    keeps: { own: 'id', SECRET1: 'token' },
  },
  'DELETE /accounts/{address}/tokens/{id}': { path: (known) => `${alice}/tokens/${known.get('own')}` },
  'PUT /aliases/{address}': { path: '/aliases/info@audited.test', body: { targets: ['alice@audited.test'] } },
  'DELETE /aliases/{address}': { path: '/aliases/info@audited.test' },
  'POST /accounts/{address}/masks': {
    path: `${alice}/masks`,
    body: { description: 'shop' },
    keeps: { mask: 'address' },
  },
  'PUT /accounts/{address}/masks/{mask}': {
    path: (known) => `${alice}/masks/${known.get('mask')}`,
    body: { state: 'disabled' },
  },
  'PUT /lists/{address}': { path: list, body: { owners: ['alice@audited.test'] } },
  'POST /lists/{address}/members': { path: `${list}/members`, body: { members: ['you@there.test'] } },
  'DELETE /lists/{address}/members/{member}': { path: `${list}/members/you@there.test` },
  'DELETE /lists/{address}': { path: list },
  'PUT /domains/{domain}/webhooks/{name}': {
    path: hook,
    body: { url: 'https://shop.test/mail?key=SECRET' },
    keeps: { SECRET2: 'secret' },
  },
  'POST /domains/{domain}/webhooks/{name}/rotate': { path: `${hook}/rotate`, keeps: { SECRET3: 'secret' } },
  'POST /domains/{domain}/webhooks/{name}/test': { path: `${hook}/test` },
  'DELETE /domains/{domain}/webhooks/{name}': { path: hook },
  'POST /queues/{domain}/hold': { path: `${queue}/hold`, body: { recipient: 'you@far.test' } },
  'POST /queues/{domain}/release': { path: `${queue}/release` },
  'POST /queues/{domain}/retry': { path: `${queue}/retry` },
  'POST /queues/{domain}/{id}/hold': { path: one('/hold') },
  'POST /queues/{domain}/{id}/release': { path: one('/release') },
  'POST /queues/{domain}/{id}/retry': { path: one('/retry') },
  'DELETE /queues/{domain}/{id}': { path: one('') },
  'POST /queues/{domain}/delete': { path: `${queue}/delete`, body: { all: true } },
  'PUT /queues/{domain}/limits': { path: `${queue}/limits`, body: { perMinute: 60 } },
  'PUT /routes/{recipient}': { path: '/routes/far.test', body: { agents: ['mx'] } },
  'DELETE /routes/{recipient}': { path: '/routes/far.test' },
  'PUT /domains/{domain}/rules': {
    path: '/domains/audited.test/rules',
    body: { rules: [{ name: 'drop', when: { sender: 'x' }, do: { discard: true } }] },
  },
  'POST /tokens': {
    path: '/tokens',
    body: { name: 'shop', scopes: ['domains:read'] },
    keeps: { api: 'id', SECRET4: 'token' },
  },
  'DELETE /tokens/{id}': { path: (known) => `/tokens/${known.get('api')}` },
  'POST /messages': {
    path: '/messages',
    body: { from: 'alice@audited.test', to: ['bob@audited.test'], text: 'SECRET', sendAt: Date.now() + 3_600_000 },
    keeps: { message: 'id' },
  },
  'DELETE /messages/{id}': { path: (known) => `/messages/${known.get('message')}` },
  'POST /messages/batch': {
    path: '/messages/batch',
    body: { messages: [{ from: 'alice@audited.test', to: ['bob@audited.test'], text: 'SECRET' }] },
  },
  'DELETE /accounts/{address}': { path: '/accounts/new@audited.test' },
  'DELETE /domains/{domain}': { path: '/domains/second.test' },
}

/** By programs with tokens sending is no change of the house. */
const sending = ['POST /messages', 'DELETE /messages/{id}', 'POST /messages/batch']

beforeAll(async () => {
  const { alice: id = '' } = await furnish('audited.test', ['alice', 'bob'])
  await runInDurableObject(bindings.ACCOUNT.getByName(id), (_, { storage }) => {
    const insert = `INSERT INTO suppression VALUES ('gone@far.test', 'bounced', '550 no such user', ?, NULL)`
    storage.sql.exec(insert, Date.now())
  })
})

afterEach(() => void vi.unstubAllGlobals())

describe('the audit log has every change that an administrator can make: who, what, when, from where', () => {
  it('by the administration token, and no secret of what was asked and answered', { timeout: 60_000 }, async () => {
    expect((await changing()).toSorted(byText)).toEqual([...Object.keys(acts), ...asked].toSorted(byText))
    const known = await withWaitingMail()
    for (const [what, act] of Object.entries(acts)) {
      const begun = Date.now()
      const path = typeof act.path === 'string' ? act.path : act.path(known)
      const [method = ''] = what.split(' ')
      const answer = await ask(method, path, act.body)
      expect([what, answer.status < 300 ? 'done' : answer]).toEqual([what, 'done'])
      for (const [name, member] of Object.entries(act.keeps ?? {})) {
        known.set(name, (answer.body as Record<string, string>)[member] as string)
      }
      const [record] = await log(1)
      expect(record).toMatchObject({ who: 'administrator', what, target: path, from: '192.0.2.7', client: 'tests' })
      expect(record?.at).toBeGreaterThanOrEqual(begun)
      const made = known.get(Object.entries(act.keeps ?? {}).find(([, member]) => member !== 'token')?.[0] ?? '')
      if (answer.status === 201 && made !== undefined) expect([what, record?.details]).toMatchObject([what, { made }])
    }
    const all = JSON.stringify(await log(Object.keys(acts).length))
    expect(all).not.toContain('SECRET')
    for (const name of ['SECRET1', 'SECRET2', 'SECRET3', 'SECRET4']) expect(all).not.toContain(known.get(name))
  })

  it('of bulk acts how many messages they were about', async () => {
    await withWaitingMail()
    expect((await ask('POST', '/queues/far.test/hold', {})).body).toEqual({ held: 1 })
    expect((await log(1))[0]?.details).toEqual({ held: 1 })
    await ask('POST', '/queues/far.test/delete', { recipient: 'you@far.test' })
    expect((await log(1))[0]?.details).toEqual({ recipient: 'you@far.test', deleted: 1 })
  })

  it('by a token of a program, with its name and id', async () => {
    const scopes = ['aliases:write', 'audit:read', 'messages:send']
    const made = (await ask('POST', '/tokens', { name: 'robot', scopes })).body as { id: string; token: string }
    await ask('PUT', '/aliases/info@audited.test', { targets: ['bob@audited.test'] }, made.token)
    const [record] = await log(1, made.token)
    expect(record).toMatchObject({ who: `token robot (${made.id})`, what: 'PUT /aliases/{address}', from: '192.0.2.7' })
    expect(sending.every((what) => what in acts)).toBe(true)
    const message = { from: 'alice@audited.test', to: ['bob@audited.test'], text: 'x' }
    expect((await ask('POST', '/messages', message, made.token)).status).toBe(202)
    expect(await log(1, made.token)).toEqual([record])
  })

  it('by the older name of the API too', async () => {
    const headers = { Authorization: `Bearer ${adminToken}` }
    const body = JSON.stringify({ targets: ['alice@audited.test'] })
    await request('/admin/aliases/old@audited.test', { method: 'PUT', headers, body })
    expect(await log(1)).toMatchObject([{ who: 'administrator', target: '/aliases/old@audited.test' }])
  })

  it('of rules the difference', async () => {
    const [a, b, c] = ['a', 'b', 'c'].map((name) => ({ name, do: { tag: [name] } })) as [object, object, object]
    await setRules([a, b])
    await setRules([{ name: 'b', do: { tag: ['x'] } }, a, c])
    const [second] = await log(1)
    expect(second?.details).toEqual({
      changes: ['~ b: {"do":{"tag":["x"]}}', '+ c: {"do":{"tag":["c"]}}', 'order: b, a'],
    })
    await setRules([a])
    expect((await log(1))[0]?.details).toEqual({ changes: ['- b', '- c'] })
  })
})

/** A message that a server far away does not take. */
async function withWaitingMail(): Promise<Known> {
  vi.stubGlobal('fetch', async (input: string | URL | Request, init?: RequestInit) => {
    const url = new URL(new Request(input, init).url)
    return url.hostname === 'doh.test' ? dohAnswer(url, oneHost) : new Response('no', { status: 503 })
  })
  await ask('POST', '/messages', { from: 'alice@audited.test', to: ['you@far.test'], text: 'Hello' })
  const waiting = await vi.waitFor(async () => {
    const found = (await ask('GET', '/queues/far.test')).body as { id: string; active: boolean }[]
    expect(found).toMatchObject([{ active: false }])
    return found[0]?.id as string
  })
  return new Map([['waiting', waiting]])
}

function byText(one: string, other: string): number {
  return one < other ? -1 : 1
}
