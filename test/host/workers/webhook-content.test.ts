/** What a program was told of by a webhook and fetches afterwards, by signed links: over real objects. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { decodeUtf8 } from '../../../src/format/index.ts'
import type { Env } from '../../../src/host/workers/env.ts'
import { linkMaker } from '../../../src/host/workers/webhook-links.ts'
import type { NewEntry } from '../../../src/queue/index.ts'
import { signedPath } from '../../../src/webhooks/index.ts'
import { admin, bindings, envelope, fromOutside, furnish, LinkClient, message, request } from './house.ts'

interface Link {
  readonly url: string
  readonly expires: string
  readonly size: number
}

interface Told {
  readonly raw: Link
  readonly textLink?: Link
  readonly attachments: readonly { name: string; size: number; url?: string; urlExpires?: string }[]
}

const place = 'orders.linked.test.webhook.invalid'
const queue = `/queues/${place}`
const hook = (keep: number) =>
  admin('PUT', '/domains/linked.test/webhooks/orders', { url: 'https://shop.test/hook', keep })

let link: LinkClient
let told: Told[]
let answer: (data: Told) => Response | Promise<Response>

beforeAll(async () => {
  await furnish('linked.test', ['alice'])
  link = await LinkClient.open()
  vi.stubGlobal('fetch', async (input: string | URL | Request, init?: RequestInit) => {
    const asked = new Request(input, init)
    if (new URL(asked.url).hostname !== 'shop.test') return new Response(null, { status: 400 })
    const { data } = await asked.json<{ data: Told }>()
    told.push(data)
    return answer(data)
  })
  await hook(72)
  const rules = [{ name: 'tell', do: { webhook: ['orders'], discard: true } }]
  expect(await admin('PUT', '/domains/linked.test/rules', { rules })).toMatchObject({ status: 200 })
})

afterEach(async () => {
  await admin('POST', `${queue}/delete`, { all: true })
  await admin('POST', `${queue}/delete`, { status: 'kept' })
})

afterAll(() => {
  vi.unstubAllGlobals()
})

const letter = (subject = 'Order 7') => message({ to: 'alice@linked.test', subject })

/** As rules put it into the webhook's queue. */
function event(subject: string, recipients: readonly string[]): NewEntry {
  const envelope = { reversePath: '', smtputf8: false, body: '7BIT', ways: ['webhook:orders'] } as const
  return {
    domain: place,
    envelope: { ...envelope, recipients: recipients.map((address) => ({ address })) },
    raw: letter(subject),
  }
}

/** Delivers, and waits until it is kept. */
async function deliver(raw: Uint8Array, taken = () => new Response(null, { status: 204 })): Promise<Told> {
  told = []
  answer = taken
  const reply = await link.deliver(envelope('eve@outside.test', 'alice@linked.test'), raw, fromOutside)
  expect(reply).toMatchObject({ code: 250 })
  await vi.waitFor(async () => expect(await kept()).toHaveLength(1), { interval: 10, timeout: 30_000 })
  return told[0] as Told
}

interface KeptEntry {
  readonly id: string
  readonly status: string
  readonly keptUntil: number
}

async function kept(): Promise<KeptEntry[]> {
  return (await admin('GET', `${queue}?status=kept`)).body as KeptEntry[]
}

async function onlyKept(): Promise<KeptEntry> {
  const [entry, ...others] = await kept()
  if (entry === undefined || others.length > 0) throw new Error(`${others.length} others are kept`)
  return entry
}

async function octets(response: Response): Promise<Uint8Array> {
  return new Uint8Array(await response.arrayBuffer())
}

/** As if the domain had made it. */
async function signed(entry: string, part: string, seconds: number): Promise<string> {
  const secret = (await bindings.DOMAIN.getByName('linked.test').webhookLinkSecret()) as string
  const expires = Math.floor(Date.now() / 1_000) + seconds
  return signedPath({ place, entry, part }, expires, secret, crypto.subtle)
}

const isProblem = async (response: Response, status: number) => {
  expect(response.status).toBe(status)
  expect(response.headers.get('Content-Type')).toBe('application/problem+json')
  expect(await response.json()).toMatchObject({ status, title: expect.any(String) })
}

test(
  'an attachment of 18 MiB, the most that a message may hold, is fetched by its link, octet for octet',
  { timeout: 60_000 },
  async () => {
    const content = new Uint8Array(18 * 1024 * 1024).map((_, at) => (at * 31 + (at >> 9)) & 0xff)
    const base64 = Buffer.from(content).toString('base64').replace(/.{76}/g, '$&\r\n')
    const head = [
      'From: eve@outside.test',
      'To: alice@linked.test',
      'Subject: Plans',
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      'Content-Type: text/plain',
      '',
      'As you wished.',
      '--b',
      'Content-Type: application/pdf',
      'Content-Disposition: attachment; filename="../Pläne.pdf"',
      'Content-Transfer-Encoding: base64',
      '',
      '',
    ].join('\r\n')
    const { raw, attachments } = await deliver(new TextEncoder().encode(`${head}${base64}\r\n--b--\r\n`))
    expect(attachments).toMatchObject([
      { size: content.length, isOmitted: true, url: expect.stringMatching(/^https:/) },
    ])
    const url = attachments[0]?.url as string
    const response = await request(url)
    expect(response.status).toBe(200)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/pdf',
      'content-disposition': expect.stringMatching(
        /^attachment; filename="Pl_ne\.pdf"; filename\*=UTF-8''Pl%C3%A4ne\.pdf$/,
      ),
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringContaining('sandbox'),
      'cache-control': expect.stringMatching(/^private, max-age=259[12]\d\d$/),
    })
    expect(Buffer.compare(await octets(response), content)).toBe(0)

    const length = await request(url, { method: 'HEAD' })
    expect(length.headers.get('Content-Length')).toBe(String(content.length))
    const part = await request(url, { headers: { Range: 'bytes=1000-1999' } })
    expect([part.status, part.headers.get('Content-Range')]).toEqual([206, `bytes 1000-1999/${content.length}`])
    expect(Buffer.compare(await octets(part), content.subarray(1_000, 2_000))).toBe(0)

    const whole = await request(raw.url)
    expect(whole.headers.get('Content-Type')).toBe('message/rfc822')
    const source = await octets(whole)
    expect(source.length).toBe(raw.size)
    expect(Buffer.from(source).toString('latin1')).toMatch(/^Return-Path: <eve@outside\.test>[^]*\r\n--b--\r\n$/)
  },
)

describe('a link', () => {
  test('leads there as long as the message is kept, after a restart of the object, too', async () => {
    const { raw } = await deliver(letter())
    expect(raw.expires).toBe(new Date((await onlyKept()).keptUntil).toISOString())
    await evictDurableObject(bindings.QUEUE.getByName(place))
    expect(decodeUtf8(await octets(await request(raw.url)))).toContain('Subject: Order 7')
  })

  test('leads there while the program that was told is still at it', async () => {
    const during: number[] = []
    told = []
    answer = async ({ raw }) => {
      during.push((await request(raw.url)).status)
      return new Response(null, { status: 200 })
    }
    await link.deliver(envelope('eve@outside.test', 'alice@linked.test'), letter(), fromOutside)
    await vi.waitFor(() => expect(during).toEqual([200]), { interval: 10 })
    await vi.waitFor(async () => expect(await kept()).toHaveLength(1), { interval: 10 })
  })

  test('is gone after its time (RFC 9110 §15.5.11)', async () => {
    await deliver(letter())
    const { id } = await onlyKept()
    expect((await request(await signed(id, 'raw', 5))).status).toBe(200)
    await isProblem(await request(await signed(id, 'raw', 0)), 410)
    await isProblem(await request(await signed(id, '0', -100)), 410)
  })

  test('is gone with the message', async () => {
    const { raw } = await deliver(letter())
    await admin('POST', `${queue}/delete`, { status: 'kept' })
    await isProblem(await request(raw.url), 410)
    await isProblem(await request(raw.url.replace('/raw?', '/raw?x&')), 410)
  })

  test('that was changed or made up is refused, whatever it names', async () => {
    const { raw } = await deliver(letter())
    const changed = [
      raw.url.replace('/raw?', '/text?'),
      raw.url.replace(/expires=(\d)/, 'expires=9$1'),
      raw.url.replace(/signature=./, 'signature=-'),
      raw.url.replace(/&signature=.*/, ''),
      raw.url.replace(/\?.*/, ''),
      raw.url.replace('linked.test.', 'others.test.'),
      raw.url.replace('.invalid/', '.invalid~3/'),
      raw.url.replace('.invalid/', '.invalid~~0/'),
    ]
    for (const url of changed) await isProblem(await request(url), 403)
  })

  test.each([
    '/webhooks/content/linked.test/abc/raw',
    '/webhooks/content/outside.test/abc/raw',
    `/webhooks/content/${place}/ABC/raw`,
    `/webhooks/content/${place}/abc/other`,
    `/webhooks/content/${place}/abc/-1`,
    `/webhooks/content/${place}%2F..%2Fx/abc/raw`,
  ])('%s is none', async (path) => {
    await isProblem(await request(path), 404)
  })

  test('to a part that is not there leads nowhere', async () => {
    await deliver(letter())
    const { id } = await onlyKept()
    expect((await request(await signed(id, 'text', 60))).status).toBe(200)
    await isProblem(await request(await signed(id, '0', 60)), 404)
    await isProblem(await request(await signed(id, 'html', 60)), 404)
  })

  test('is for GET and HEAD', async () => {
    const { raw } = await deliver(letter())
    const head = await request(raw.url, { method: 'HEAD' })
    expect([head.status, head.headers.get('Content-Length'), await head.text()]).toEqual([200, String(raw.size), ''])
    const post = await request(raw.url, { method: 'POST', body: 'x' })
    expect([post.status, post.headers.get('Allow')]).toEqual([405, 'GET, HEAD'])
  })

  test('needs not be fetched twice: its entity tag holds', async () => {
    const { raw } = await deliver(letter())
    const etag = (await request(raw.url)).headers.get('ETag') as string
    const again = await request(raw.url, { headers: { 'If-None-Match': etag } })
    expect([again.status, again.headers.get('Cache-Control')]).toEqual([304, expect.stringMatching(/^private/)])
  })
})

describe('what a webhook took', () => {
  test('is shown to the operator as kept, and sent again with the same id when released', async () => {
    await deliver(letter())
    const entry = await onlyKept()
    expect(entry.status).toBe('kept')
    expect((await admin('GET', queue)).body).toEqual([])
    expect((await admin('GET', '/queues')).body).not.toContainEqual(expect.objectContaining({ domain: place }))
    expect(await admin('POST', `${queue}/${entry.id}/release`)).toMatchObject({ status: 204 })
    await vi.waitFor(() => expect(told).toHaveLength(2), { interval: 10 })
    await vi.waitFor(async () => expect(await kept()).toMatchObject([{ id: entry.id }]), { interval: 10 })
  })

  test.each(['~0', place])('goes from the object %s when its time is over, after a restart, too', async (object) => {
    told = []
    answer = () => new Response(null, { status: 204 })
    const stub = bindings.QUEUE.getByName(object)
    const rows = (change?: string) =>
      runInDurableObject(stub, (_, { storage: { sql } }) => {
        if (change !== undefined) sql.exec(change)
        return sql.exec<{ status: string }>('SELECT status FROM entry').toArray()
      })
    await stub.enqueue([event('Old', ['alice@linked.test'])])
    await vi.waitFor(async () => expect(await rows()).toEqual([{ status: 'kept' }]), { interval: 20 })
    await rows(`UPDATE entry SET next = ${Date.now() - 2 * 3_600_000}`)
    await evictDurableObject(stub)
    expect(await runDurableObjectAlarm(stub)).toBe(true)
    await vi.waitFor(async () => expect(await rows()).toEqual([]), { interval: 20 })
  })

  test('is one request, however many recipients it has', async () => {
    told = []
    answer = () => new Response(null, { status: 204 })
    const recipients = Array.from({ length: 250 }, (_, at) => `r${at}@linked.test`)
    await bindings.QUEUE.getByName(place).enqueue([event('To all', recipients)])
    await vi.waitFor(async () => expect(await kept()).toHaveLength(1), { interval: 10 })
    expect(told).toMatchObject([{ recipients }])
  })

  test('is not kept where it wants no links', async () => {
    await hook(0)
    told = []
    answer = () => new Response(null, { status: 200 })
    await link.deliver(envelope('eve@outside.test', 'alice@linked.test'), letter(), fromOutside)
    await vi.waitFor(() => expect(told).toHaveLength(1), { interval: 10 })
    expect(told[0]).not.toHaveProperty('raw')
    await vi.waitFor(
      () =>
        runInDurableObject(bindings.QUEUE.getByName(place), (_, { storage }) => {
          expect(storage.sql.exec('SELECT count(*) AS n FROM entry').one()).toEqual({ n: 0 })
        }),
      { interval: 20 },
    )
    await hook(72)
  })
})

describe('the links of a queue', () => {
  test.each(['~0', `${place}~1`])('in the object %s lead to that object', async (object) => {
    told = []
    answer = () => new Response(null, { status: 204 })
    await bindings.QUEUE.getByName(object).enqueue([event(`In ${object}`, ['alice@linked.test'])])
    await vi.waitFor(() => expect(told).toHaveLength(1), { interval: 10 })
    const { url } = (told[0] as Told).raw
    expect(url).toContain(`/${place}~${object.startsWith('~') ? '~0' : '1'}/`)
    expect(decodeUtf8(await octets(await request(url)))).toContain(`Subject: In ${object}`)
    await isProblem(await request(url.replace(/~+\d/, '')), 403)
  })

  test.each<[string, Partial<Env>, boolean]>([
    ['none where nobody has said by which URL we are reached', { FACTEUR_PUBLIC_URL: '' }, false],
    ['none without TLS', { FACTEUR_PUBLIC_URL: 'http://mail.facteur.test' }, false],
    [
      'without TLS where webhooks may be so, too',
      { FACTEUR_PUBLIC_URL: 'http://a.test', FACTEUR_WEBHOOKS_TO_PRIVATE: 'yes' },
      true,
    ],
    ['with TLS', {}, true],
  ])('%s', (_, settings, isMade) => {
    expect(linkMaker({ ...bindings, ...settings }, place) !== undefined).toBe(isMade)
  })

  test('none of a domain that is not hosted', async () => {
    expect(await linkMaker(bindings, place)?.('orders.others.test.webhook.invalid')).toBeUndefined()
  })
})
