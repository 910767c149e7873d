import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Scope } from '../../../src/access/api/index.ts'
import { AccountObject } from '../../../src/host/workers/index.ts'
import { account, admin, adminToken, basic, furnish, jmap, request } from './house.ts'
import { allTaken, dohAnswer, egressRequest, oneHost } from './outside.ts'

interface Answer {
  readonly status: number
  readonly body: Record<string, unknown>
  readonly headers: Headers
}

let ids: Record<string, string>
let token: string
let number = 0

async function api(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await request(`/v1${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, ...headers },
    ...(body === undefined
      ? {}
      : { body: body instanceof Uint8Array || typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  return {
    status: response.status,
    body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>,
    headers: response.headers,
  }
}

async function newToken(scopes: readonly Scope[], more: object): Promise<string> {
  const made = await admin('POST', '/tokens', { name: 'test', scopes, ...more })
  return (made.body as { token: string }).token
}

function pathOf({ body }: Answer): string {
  return `/messages/${String(body['id'])}`
}

/** What is in the mailbox, by subject: JMAP's view of it. */
async function found(user: string, subject: string): Promise<Record<string, unknown>[]> {
  const accountId = ids[user] as string
  const [, got] = await jmap(basic(`${user}@api.test`), [
    ['Email/query', { accountId, filter: { subject } }, 'q'],
    [
      'Email/get',
      {
        accountId,
        '#ids': { resultOf: 'q', name: 'Email/query', path: '/ids' },
        properties: [
          'from',
          'to',
          'bcc',
          'replyTo',
          'attachments',
          'textBody',
          'htmlBody',
          'blobId',
          'keywords',
          'headers',
        ],
        bodyProperties: ['type', 'name', 'cid', 'disposition', 'size'],
        fetchAllBodyValues: true,
      },
      'g',
    ],
  ])
  return got?.[1]['list'] as Record<string, unknown>[]
}

beforeAll(async () => {
  vi.stubGlobal('fetch', async (input: string | URL | Request, init?: RequestInit) => {
    const asked = new Request(input, init)
    return asked.url.startsWith('https://doh.test/')
      ? dohAnswer(asked.url, oneHost)
      : allTaken((await egressRequest(asked)).request)
  })
  ids = await furnish('api.test', ['alice', 'bob', 'carol'])
  await admin('PUT', '/aliases/team@api.test', { targets: ['alice@api.test', 'bob@api.test'] })
  token = await newToken(['messages:send', 'messages:read'], { accounts: ['alice@api.test'], perMinute: 0 })
})

afterAll(() => vi.unstubAllGlobals())

let subject: string
beforeEach(() => {
  subject = `number ${++number}x`
})

const plain = () => ({ from: 'alice@api.test', to: ['bob@api.test'], subject, text: 'Hello' })

const later = () => ({ ...plain(), sendAt: Date.now() + 3_600_000 })

describe('a message that is wrong', () => {
  it.each([
    ['nobody as author', { from: 'nobody' }, 400, '#/from'],
    ['two authors', { from: 'a@api.test, b@api.test' }, 400, '#/from'],
    ['no address', { to: ['bob@api.test', 'bob'] }, 400, '#/to/1'],
    ['what is neither a text nor an address with a name', { to: [{ name: 'Bob' }] }, 400, '#/to/0'],
    ['nobody to go to', { to: [] }, 400, '#/to'],
    ['a command in an address', { bcc: [{ address: 'x\r\nRSET@far.test' }] }, 400, '#/bcc/0'],
    ['a command in a quoted address', { bcc: ['"x\r\nRSET"@far.test'] }, 400, '#/bcc/0'],
    ['a line break in its subject', { subject: 'a\r\nBcc: x@y.test' }, 400, '#/subject'],
    ['a line break in a header field', { headers: [{ name: 'X-A', value: 'a\nb' }] }, 400, '#/headers/0/value'],
    ['a header field of ours', { headers: [{ name: 'From', value: 'x@y.test' }] }, 400, '#/headers/0/name'],
    ['a MIME field', { headers: [{ name: 'Content-Type', value: 'text/html' }] }, 400, '#/headers/0/name'],
    ['no name of a header field', { headers: [{ name: 'X A', value: 'x' }] }, 400, '#/headers/0/name'],
    ['no base64', { attachments: [{ content: '!' }] }, 400, '#/attachments/0/content'],
    ['no media type', { attachments: [{ content: '', type: 'text' }] }, 400, '#/attachments/0/type'],
    ['a member that is not known', { subjekt: 'x' }, 400, '#/subjekt'],
    ['a time beyond 30 days', { sendAt: Date.now() + 31 * 86_400_000 }, 400, '#/sendAt'],
    ['an author without an account', { account: 'team@api.test' }, 403, undefined],
  ])('with %s is refused with its place', async (_, more, status, pointer) => {
    const answer = await api('POST', '/messages', { ...plain(), ...more })
    expect(answer).toMatchObject({ status, body: pointer === undefined ? {} : { errors: [{ pointer }] } })
    expect(await found('bob', subject)).toEqual([])
  })

  it('of somebody else is refused (RFC 6409 §6.1)', async () => {
    expect((await api('POST', '/messages', { ...plain(), from: 'bob@api.test' })).status).toBe(403)
    const borrowed = { ...plain(), from: 'bob@api.test', account: 'alice@api.test' }
    expect(await api('POST', '/messages', borrowed)).toMatchObject({
      status: 403,
      body: { reply: expect.stringMatching(/^553 5\.7\.1/) },
    })
  })

  it('to nobody whom we know is refused, recipient by recipient', async () => {
    const answer = await api('POST', '/messages', { ...plain(), to: ['x@api.test'], cc: ['y@api.test'] })
    expect(answer).toMatchObject({
      status: 422,
      body: {
        errors: [{ pointer: '#/to/0' }, { pointer: '#/cc/0' }],
        recipients: [
          { address: 'x@api.test', status: 'refused', reply: expect.stringMatching(/^550 5\.1\.1/) },
          { address: 'y@api.test', status: 'refused' },
        ],
      },
    })
  })

  it('as a whole names its fault', async () => {
    const headers = { 'Content-Type': 'message/rfc822' }
    expect((await api('POST', '/messages', 'Subject: x\r\n\r\nx', headers)).status).toBe(400)
    const nobody = await api('POST', '/messages', 'From: alice@api.test\r\n\r\nx', headers)
    expect(nobody).toMatchObject({ status: 400, body: { errors: [{ parameter: 'to' }] } })
    const other = await api('POST', '/messages?to=bob@api.test', 'From: carol@api.test\r\n\r\nx', headers)
    expect(other.status).toBe(403)
    const query = await api('POST', '/messages?to=bob@api.test', plain())
    expect(query).toMatchObject({ status: 400, body: { errors: [{ parameter: 'to' }] } })
  })
})

describe('a message in JSON', () => {
  it('goes to everybody, with an answer for each', async () => {
    const sent = await api('POST', '/messages', {
      ...plain(),
      from: 'Alice Ärmel <alice@api.test>',
      to: [{ address: 'bob@api.test', name: 'Bob' }, 'nobody@api.test', 'friend@far.test'],
      bcc: ['carol@api.test'],
      replyTo: ['answers@api.test'],
      headers: [{ name: 'X-Campaign', value: 'spring' }],
    })
    expect(sent).toMatchObject({
      status: 202,
      body: {
        status: 'sent',
        recipients: [
          { address: 'bob@api.test', status: 'delivered' },
          { address: 'nobody@api.test', status: 'refused', reply: expect.stringMatching(/^550 5\.1\.1/) },
          { address: 'friend@far.test', status: 'queued' },
          { address: 'carol@api.test', status: 'delivered' },
        ],
      },
    })
    const [email] = await found('bob', subject)
    expect(email).toMatchObject({
      from: [{ name: 'Alice Ärmel', email: 'alice@api.test' }],
      to: [{ name: 'Bob', email: 'bob@api.test' }, { email: 'nobody@api.test' }, { email: 'friend@far.test' }],
      bcc: null,
      replyTo: [{ email: 'answers@api.test' }],
    })
    expect(JSON.stringify(email)).toContain('spring')
    const [blind] = await found('carol', subject)
    expect(JSON.stringify(blind)).not.toContain('carol@api.test"}],"subject')
  })

  it('carries text, HTML with its images, and files (RFC 2387, RFC 2046 §5.1.4)', async () => {
    await api('POST', '/messages', {
      ...plain(),
      html: '<p>Hello <img src="cid:logo"></p>',
      attachments: [
        { filename: 'logo.png', type: 'image/png', content: btoa('png'), cid: 'logo' },
        { filename: 'Übersicht.txt', type: 'text/plain', content: btoa('file') },
      ],
    })
    const [email] = await found('bob', subject)
    expect(email).toMatchObject({
      textBody: [{ type: 'text/plain' }],
      htmlBody: [{ type: 'text/html' }],
      attachments: [
        { type: 'image/png', cid: 'logo', disposition: 'inline', name: 'logo.png', size: 3 },
        { type: 'text/plain', disposition: 'attachment', name: 'Übersicht.txt', size: 4 },
      ],
    })
  })

  it('leaves a copy with the sent mail when that is asked for', async () => {
    const first = await api('POST', '/messages', plain())
    expect(first.body).not.toHaveProperty('copy')
    expect(await found('alice', subject)).toEqual([])
    const second = await api('POST', '/messages', { ...plain(), copy: true })
    expect(second.body['copy']).toMatch(/^M\d+$/)
    expect(await found('alice', subject)).toMatchObject([{ keywords: { $seen: true } }])
  })

  it('may come from an alias of the account that is named', async () => {
    const sent = await api('POST', '/messages', { ...plain(), from: 'team@api.test', account: 'alice@api.test' })
    expect(sent.status).toBe(202)
    expect(await found('bob', subject)).toMatchObject([{ from: [{ email: 'team@api.test' }] }])
  })

  it('is not sent to an address that is suppressed, and the others hear of it', async () => {
    await runInDurableObject(account(ids['alice'] as string), async (_, state) => {
      const insert = `INSERT INTO suppression VALUES ('gone@far.test', 'bounced', '550 no such user', ?, NULL)`
      state.storage.sql.exec(insert, Date.now())
    })
    // Nobody but the account writes there, which knows what there is.
    await evictDurableObject(account(ids['alice'] as string))
    const sent = await api('POST', '/messages', { ...plain(), to: ['gone@far.test', 'bob@api.test'] })
    expect(sent.body['recipients']).toMatchObject([
      { address: 'gone@far.test', status: 'refused', reply: expect.stringContaining('did not take mail') },
      { address: 'bob@api.test', status: 'delivered' },
    ])
  })

  it('shares calls to its account with others that come at the same time, and has an answer of its own', async () => {
    const calls = vi.spyOn(AccountObject.prototype, 'sendMessages')
    const everybody = Array.from({ length: 32 }, (_, n) => (n % 8 === 3 ? `nobody${n}@api.test` : 'bob@api.test'))
    const answers = await Promise.all(everybody.map((to) => api('POST', '/messages', { ...plain(), to: [to] })))
    expect(answers.map(({ status }) => status)).toEqual(everybody.map((to) => (to === 'bob@api.test' ? 202 : 422)))
    const named = answers.map(({ body }) => (body['recipients'] as { address: string }[])[0]?.address)
    expect(named).toEqual(everybody)
    expect(new Set(answers.flatMap(({ body }) => body['id'] ?? [])).size).toBe(28)
    expect(await found('bob', subject)).toHaveLength(28)
    const batches = calls.mock.calls.map(([orders]) => orders.length)
    expect(batches.reduce((sum, length) => sum + length)).toBe(32)
    expect(batches.length).toBeLessThan(16)
    calls.mockRestore()
  })

  it('counts against what the account may send (429)', async () => {
    const path = '/accounts/alice@api.test/send-limits'
    await admin('PUT', path, { perHour: 1, perDay: 1 })
    const outside = { ...plain(), to: ['one@far.test', 'two@far.test'] }
    const refused = await api('POST', '/messages', outside)
    expect(refused).toMatchObject({ status: 429, body: { reply: expect.stringMatching(/^450 4\.7\.0/) } })
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    await admin('PUT', path, { perHour: null, perDay: null })
  })
})

describe('a whole message', () => {
  const headers = { 'Content-Type': 'message/rfc822' }

  it('goes as it is, without its Bcc field', async () => {
    const raw = `From: alice@api.test\r\nTo: bob@api.test\r\nBcc: carol@api.test\r\nSubject: ${subject}\r\nX-Odd:  as it is\r\n\r\nBody\r\n`
    const sent = await api('POST', '/messages', raw, headers)
    expect(sent.body['recipients']).toEqual([
      { address: 'bob@api.test', status: 'delivered' },
      { address: 'carol@api.test', status: 'delivered' },
    ])
    const [email] = await found('carol', subject)
    const download = await request(`/jmap/download/${ids['carol']}/${String(email?.['blobId'])}/x`, {
      headers: { Authorization: basic('carol@api.test') },
    })
    const text = new TextDecoder().decode(await download.arrayBuffer())
    expect(text).toContain('X-Odd:  as it is\r\n')
    expect(text).not.toMatch(/^Bcc:/m)
  })

  it('goes to those whom the query names', async () => {
    const raw = `From: alice@api.test\r\nTo: list@far.test\r\nSubject: ${subject}\r\n\r\nBody\r\n`
    const sent = await api('POST', '/messages?to=bob@api.test,%20carol@api.test', raw, headers)
    expect(sent.body['recipients']).toHaveLength(2)
    expect(await found('carol', subject)).toHaveLength(1)
  })
})

describe('an Idempotency-Key', () => {
  it('sends once, however often and however fast the request comes', async () => {
    const headers = { 'Idempotency-Key': `key ${subject}`.replaceAll(' ', '-') }
    const body = plain()
    const answers = await Promise.all(Array.from({ length: 8 }, () => api('POST', '/messages', body, headers)))
    answers.push(await api('POST', '/messages', body, headers))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]))
    expect(new Set(answers.map((answer) => JSON.stringify(answer.body))).size).toBe(1)
    expect(answers.filter((answer) => answer.headers.get('idempotency-replayed') === null)).toHaveLength(1)
    expect(await found('bob', subject)).toHaveLength(1)
  })

  it('is remembered when the account has been asleep, and costs one row', async () => {
    const alices = account(ids['alice'] as string)
    const body = plain()
    const before = await alices.rowsWritten()
    await api('POST', '/messages', body)
    expect((await alices.rowsWritten()) - before).toBe(0)
    const headers = { 'Idempotency-Key': `asleep-${number}` }
    const first = await api('POST', '/messages', body, headers)
    expect((await alices.rowsWritten()) - before).toBe(1)
    await evictDurableObject(alices)
    const second = await api('POST', '/messages', body, headers)
    expect([second.body, second.headers.get('idempotency-replayed')]).toEqual([first.body, 'true'])
    expect(await found('bob', subject)).toHaveLength(2)
  })

  it('of another message is refused (422)', async () => {
    const headers = { 'Idempotency-Key': `"other-${number}"` }
    expect((await api('POST', '/messages', plain(), headers)).status).toBe(202)
    expect((await api('POST', '/messages', { ...plain(), text: 'Bye' }, headers)).status).toBe(422)
  })

  it('of a message that was refused may be tried again', async () => {
    const headers = { 'Idempotency-Key': `later-${number}` }
    const body = { ...plain(), to: [`dora${number}@api.test`] }
    expect((await api('POST', '/messages', body, headers)).status).toBe(422)
    await admin('POST', '/accounts', { address: `dora${number}@api.test`, password: 'long enough' })
    expect((await api('POST', '/messages', body, headers)).status).toBe(202)
  })

  it.each(['', 'a b', '\xe9', 'x'.repeat(256)])('that is %j is refused', async (key) => {
    expect((await api('POST', '/messages', plain(), { 'Idempotency-Key': key })).status).toBe(400)
  })
})

describe('a batch', () => {
  it('with something wrong in it sends nothing, and says where', async () => {
    const messages = [plain(), { ...plain(), to: ['bob@api.test', 'nobody'] }]
    const wrong = await api('POST', '/messages/batch', { messages })
    expect(wrong).toMatchObject({ status: 400, body: { errors: [{ pointer: '#/messages/1/to/1' }] } })
    const nobody = await api('POST', '/messages/batch', { messages: [plain(), { ...plain(), account: 'x@api.test' }] })
    const place = { pointer: '#/messages/1/account', detail: 'this token is not for that account' }
    expect(nobody).toMatchObject({ status: 403, body: { errors: [place] } })
    const late = { ...plain(), sendAt: Date.now() + 31 * 86_400_000 }
    expect(await api('POST', '/messages/batch', { messages: [plain(), late] })).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '#/messages/1/sendAt' }] },
    })
    expect((await api('POST', '/messages/batch', { messages: [] })).status).toBe(400)
    expect((await api('POST', '/messages/batch', { messages: Array.from({ length: 101 }, plain) })).status).toBe(400)
    expect(await found('bob', subject)).toEqual([])
  })

  it('has an answer for each message, in order', async () => {
    const messages = [
      plain(),
      { ...plain(), to: ['nobody@api.test'] },
      { ...plain(), to: ['carol@api.test'], sendAt: Date.now() + 3_600_000 },
      { ...plain(), from: 'team@api.test', account: 'alice@api.test' },
    ]
    const { status, body } = await api('POST', '/messages/batch', { messages })
    expect(status).toBe(202)
    expect(body).toMatchObject([
      { status: 'sent', id: expect.any(String), recipients: [{ address: 'bob@api.test', status: 'delivered' }] },
      { status: 'refused', code: 422, reply: expect.stringMatching(/^550/), recipients: [{ status: 'refused' }] },
      { status: 'scheduled', recipients: [{ status: 'scheduled' }] },
      { status: 'sent' },
    ])
    expect(await found('bob', subject)).toHaveLength(2)
  })

  it('with a key is sent once', async () => {
    const headers = { 'Idempotency-Key': `batch-${number}` }
    const messages = Array.from({ length: 100 }, plain)
    const answers = await Promise.all([1, 2].map(() => api('POST', '/messages/batch', { messages }, headers)))
    expect(answers[1]?.body).toEqual(answers[0]?.body)
    expect(await found('bob', subject)).toHaveLength(100)
  })
})

describe('a message for later', () => {
  it('is held, is there with the sent mail, and goes when its time comes (RFC 4865)', async () => {
    const body = later()
    const held = await api('POST', '/messages', body)
    expect(held.body).toMatchObject({ status: 'scheduled', sendAt: body.sendAt, recipients: [{ status: 'scheduled' }] })
    expect(await found('bob', subject)).toEqual([])
    expect(await found('alice', subject)).toHaveLength(1)
    expect((await api('GET', pathOf(held))).body).toMatchObject({
      status: 'scheduled',
      sendAt: body.sendAt,
      recipients: [{ address: 'bob@api.test', status: 'scheduled' }],
    })
    const [answer] = await jmap(basic('alice@api.test'), [['EmailSubmission/get', { accountId: ids['alice'] }, 's']])
    expect(JSON.stringify(answer?.[1]['list'])).toContain('pending')
    const alices = account(ids['alice'] as string)
    await runInDurableObject(alices, async (_, state) => {
      state.storage.sql.exec('UPDATE submission SET next_attempt = 1 WHERE next_attempt IS NOT NULL')
    })
    expect(await runDurableObjectAlarm(alices)).toBe(true)
    expect(await found('bob', subject)).toHaveLength(1)
    await vi.waitFor(
      async () =>
        expect((await api('GET', pathOf(held))).body).toMatchObject({
          status: 'sent',
          recipients: [{ address: 'bob@api.test', status: 'delivered' }],
        }),
      { interval: 50, timeout: 5_000 },
    )
    expect((await api('DELETE', pathOf(held))).status).toBe(409)
  })

  it('does not go when it is canceled', async () => {
    const held = await api('POST', '/messages', later())
    const path = pathOf(held)
    expect((await api('DELETE', path)).status).toBe(204)
    expect((await api('DELETE', path)).status).toBe(204)
    expect((await api('GET', path)).body).toMatchObject({ status: 'canceled', recipients: [{ status: 'canceled' }] })
    expect(await found('alice', subject)).toEqual([])
  })
})

describe('what became of a message', () => {
  it('is told step by step, here and at other servers', async () => {
    const sent = await api('POST', '/messages', { ...plain(), cc: ['friend@far.test'] })
    const path = pathOf(sent)
    await vi.waitFor(
      async () =>
        expect((await api('GET', path)).body).toMatchObject({
          status: 'sent',
          recipients: [
            { address: 'bob@api.test', status: 'delivered' },
            { address: 'friend@far.test', status: 'delivered', reply: '250 taken' },
          ],
          steps: [
            { type: 'arrived', sender: 'alice@api.test' },
            { type: 'placed', recipient: 'bob@api.test', status: 'delivered' },
            { type: 'placed', recipient: 'friend@far.test', status: 'queued' },
            { type: 'attempt', host: 'mx.remote.test', status: 'delivered' },
          ],
        }),
      { interval: 50, timeout: 5_000 },
    )
    expect((await api('DELETE', path)).status).toBe(409)
  })

  it('is for those who reach its account', async () => {
    const sent = await api('POST', '/messages', { ...plain(), sendAt: Date.now() + 3_600_000 })
    const path = pathOf(sent)
    const mine = token
    token = await newToken(['messages:send'], { accounts: ['bob@api.test'] })
    expect((await api('GET', path)).status).toBe(404)
    expect((await api('DELETE', path)).status).toBe(404)
    token = mine
    expect((await api('GET', path)).status).toBe(200)
    for (const id of ['x', 'aghost-0123456789', `${ids['alice']}-0123456789`, `${ids['alice']}-0123456789-S1`]) {
      expect((await api('GET', `/messages/${id}`)).status).toBe(404)
    }
  })
})

describe("an account's own token", () => {
  it('sends as that account, and does nothing else', async () => {
    const mine = token
    token = ((await admin('POST', '/accounts/carol@api.test/tokens', { name: 'x' })).body as { token: string }).token
    expect((await api('POST', '/messages', { ...plain(), from: 'carol@api.test' })).status).toBe(202)
    expect((await api('POST', '/messages', plain())).status).toBe(403)
    expect((await api('GET', '/domains')).status).toBe(403)
    token = mine
    expect((await request('/v1/domains', { headers: { Authorization: `Bearer ${adminToken}` } })).status).toBe(200)
  })
})
