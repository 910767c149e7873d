import { beforeAll, describe, expect, it } from 'vitest'
import { admin, basic, furnish, jmap, request } from './house.ts'

interface Message {
  readonly id: string
  readonly subject: string
  readonly attachments: readonly { readonly id: string }[]
}

interface Answer {
  readonly status: number
  readonly body: unknown
  readonly headers: Headers
}

const path = '/accounts/rita@read.test/messages'
let token: string
let ids: Record<string, string>

async function get(where: string): Promise<Answer> {
  const response = await request(`/v1${where}`, { headers: { Authorization: `Bearer ${token}` } })
  const text = await response.text()
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text), headers: response.headers }
}

async function send(message: object): Promise<void> {
  const response = await request('/v1/messages', {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}` },
    body: JSON.stringify({ from: 'rita@read.test', to: ['rita@read.test'], text: 'Hello', ...message }),
  })
  expect(response.status).toBe(202)
}

async function subjects(where: string): Promise<string[]> {
  return ((await get(where)).body as Message[]).map(({ subject }) => subject)
}

/** Sent, and read as a whole. */
async function arrived(message: Record<string, unknown> & { subject: string }): Promise<Message> {
  await send(message)
  const [found] = (await get(`${path}?search=${message.subject}`)).body as Message[]
  return (await get(`${path}/${found?.id}`)).body as Message
}

beforeAll(async () => {
  ids = await furnish('read.test', ['rita', 'otto'])
  const scopes = ['messages:read', 'messages:send']
  const made = await admin('POST', '/tokens', { name: 'reader', scopes, accounts: ['rita@read.test'], perMinute: 0 })
  token = (made.body as { token: string }).token
  for (const subject of ['one', 'two', 'three', 'four', 'five']) await send({ subject })
})

describe('a mailbox', () => {
  it.each([
    ['?mailbox=nothing', 'mailbox'],
    ['?limit=201', 'limit'],
    ['?after=x', 'after'],
    ['?unread=false', 'unread'],
  ])('is not read by %s', async (query, parameter) => {
    expect(await get(`${path}${query}`)).toMatchObject({ status: 400, body: { errors: [{ parameter }] } })
  })

  it('is not for others (403)', async () => {
    expect((await get('/accounts/otto@read.test/messages')).status).toBe(403)
  })

  it('is listed from its newest message on, page by page', async () => {
    const seen: string[] = []
    let where: string | undefined = `${path}?limit=2`
    for (let pages = 0; where !== undefined; pages++) {
      expect(pages).toBeLessThan(5)
      const answer: Answer = await get(where)
      seen.push(...(answer.body as Message[]).map(({ subject }) => subject))
      where = /^<\/v1([^>]*)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1]
    }
    expect(seen).toEqual(['five', 'four', 'three', 'two', 'one'])
  })

  it('goes on where it was, when the message there is gone', async () => {
    const first = await get(`${path}?limit=2`)
    const next = /^<\/v1([^>]*)>/.exec(first.headers.get('link') ?? '')?.[1] as string
    const gone = (first.body as Message[])[1]?.id as string
    const accountId = ids['rita']
    await jmap(basic('rita@read.test'), [['Email/set', { accountId, destroy: [gone] }, 'd']])
    // Messages of the same second may be left out; none comes twice.
    expect((await get(next)).status).toBe(200)
    expect(await subjects(next)).not.toContain('five')
  })

  it('is searched, by words and by what is unread', async () => {
    expect(await subjects(`${path}?search=three`)).toEqual(['three'])
    const [one] = (await get(`${path}?search=one`)).body as Message[]
    const accountId = ids['rita']
    const update = { [one?.id as string]: { 'keywords/$seen': true } }
    await jmap(basic('rita@read.test'), [['Email/set', { accountId, update }, 's']])
    expect(await subjects(`${path}?unread=true`)).not.toContain('one')
    expect(await subjects(`${path}?mailbox=sent`)).toEqual([])
  })
})

describe('a message', () => {
  it.each(['M99999', 'x', 'M0', 'M1%2F2'])('that is not there is a 404 (%s)', async (id) => {
    for (const more of ['', '/raw', '/attachments/P1-1']) expect((await get(`${path}/${id}${more}`)).status).toBe(404)
  })

  it('is read whole: header, text, HTML, files', async () => {
    const message = await arrived({
      subject: 'whole',
      from: 'Rita Röt <rita@read.test>',
      text: 'Grüße\nRita',
      html: '<p>Grüße</p>',
      attachments: [{ filename: 'a.txt', type: 'text/plain', content: btoa('content of a') }],
    })
    expect(message).toMatchObject({
      from: [{ name: 'Rita Röt', address: 'rita@read.test' }],
      to: [{ address: 'rita@read.test' }],
      mailboxes: ['inbox'],
      keywords: [],
      text: 'Grüße\nRita',
      html: '<p>Grüße</p>',
      isTruncated: false,
      hasAttachment: true,
      attachments: [{ filename: 'a.txt', type: 'text/plain', size: 12, inline: false }],
      messageId: expect.stringMatching(/@read\.test$/),
      receivedAt: expect.any(Number),
    })
    const part = `${path}/${message.id}/attachments/${message.attachments[0]?.id}`
    const file = await request(`/v1${part}`, { headers: { Authorization: `Bearer ${token}` } })
    expect(await file.text()).toBe('content of a')
    expect(file.headers.get('content-security-policy')).toContain('sandbox')
    expect(file.headers.get('content-disposition')).toContain('a.txt')
    expect((await get(`${path}/${message.id}/attachments/P1-9`)).status).toBe(404)
  })

  it('is given out as it came, octet for octet', async () => {
    const message = await arrived({ subject: 'octets', headers: [{ name: 'X-Mark', value: 'here' }] })
    const raw = await request(`/v1${path}/${message.id}/raw`, { headers: { Authorization: `Bearer ${token}` } })
    expect(raw.headers.get('content-type')).toBe('message/rfc822')
    const text = new TextDecoder().decode(await raw.arrayBuffer())
    expect(text).toMatch(/^Return-Path|^Received|^X-/m)
    expect(text).toContain('X-Mark: here\r\n')
    const etag = raw.headers.get('etag') as string
    const again = await request(`/v1${path}/${message.id}/raw`, {
      headers: { Authorization: `Bearer ${token}`, 'If-None-Match': etag },
    })
    expect(again.status).toBe(304)
  })

  it('without plain text has no text, and one without HTML no HTML', async () => {
    const rich = await arrived({ subject: 'richonly', text: undefined, html: '<b>only</b>' })
    expect(rich).not.toHaveProperty('text')
    expect(rich).toMatchObject({ html: expect.stringContaining('<b>only</b>') })
    expect(await arrived({ subject: 'plainonly' })).not.toHaveProperty('html')
  })
})
