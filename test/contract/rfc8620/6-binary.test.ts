/**
 * RFC 8620 §6: binary data. What is HTTP about it is tested in test/host/workers.
 */
import { describe, expect, it } from 'vitest'
import { downloadHeaders } from '../../../src/access/jmap/index.ts'
import { encodeUtf8 } from '../../../src/format/index.ts'
import { simpleMessage, World, type Answer } from '../../access/jmap/world.ts'

const hour = 3_600_000

async function upload(world: World, bytes: Uint8Array, type = 'text/plain'): Promise<Answer> {
  const { status, body } = await world.jmap.upload('a1', bytes, type)
  return { status, ...JSON.parse(body) }
}

const isThere = async (world: World, blobId: string) => (await world.jmap.download('a1', blobId)) !== undefined

describe('§6.1 uploading', () => {
  it('§6.1 answers with account, blob, type and size, and the blob is what was sent, octet for octet', async () => {
    const world = new World()
    const bytes = Uint8Array.from({ length: 300 }, (_, n) => n)
    const answer = await upload(world, bytes, 'image/png')
    expect(answer).toEqual({
      status: 200,
      accountId: 'a1',
      blobId: expect.stringMatching(/^[A-Za-z][\w-]*$/),
      type: 'image/png',
      size: 300,
    })
    expect(await world.jmap.download('a1', answer.blobId)).toMatchObject({ type: 'image/png', size: 300 })
    expect(await world.octets(answer.blobId)).toEqual(bytes)
  })

  it.each([
    ['text/plain; charset=utf-8', 'text/plain; charset=utf-8'],
    ['', 'application/octet-stream'],
    ['nonsense', 'application/octet-stream'],
    ['text/html\r\nX: y', 'application/octet-stream'],
  ])('§6.1 the type %j is told as %j, whatever the octets look like', async (given, told) => {
    expect((await upload(new World(), encodeUtf8('<html>'), given)).type).toBe(told)
  })

  it('§6.1 may be empty', async () => {
    const world = new World()
    const { blobId, size } = await upload(world, new Uint8Array())
    expect([size, await world.octets(blobId)]).toEqual([0, new Uint8Array()])
  })

  it('§2 maxSizeUpload: an octet more is refused, by its name', async () => {
    const world = new World({ maxSizeUpload: 10 })
    expect((await upload(world, new Uint8Array(10))).status).toBe(200)
    expect(await upload(world, new Uint8Array(11))).toMatchObject({
      status: 413,
      type: 'urn:ietf:params:jmap:error:limit',
      limit: 'maxSizeUpload',
    })
  })

  it('§2 maxConcurrentUpload: one more is refused until one has ended', () => {
    const { jmap } = new World({ maxConcurrentUpload: 2 })
    const [first, second] = [jmap.beginUpload(), jmap.beginUpload()]
    if (typeof first !== 'function' || typeof second !== 'function') throw new Error('refused')
    const refused = jmap.beginUpload()
    if (typeof refused === 'function') throw new Error('taken')
    expect(refused).toMatchObject({ status: 429, contentType: 'application/problem+json' })
    expect(JSON.parse(refused.body)).toMatchObject({ limit: 'maxConcurrentUpload' })
    first()
    first()
    expect(typeof jmap.beginUpload()).toBe('function')
    expect(jmap.beginUpload()).toMatchObject({ status: 429 })
  })

  it('§6.1 is for accounts that are there', async () => {
    for (const accountId of ['a2', '', '__proto__']) {
      expect(await new World().jmap.upload(accountId, new Uint8Array(1), 'text/plain')).toMatchObject({ status: 404 })
    }
  })
})

describe('§6 blobs that nothing refers to', () => {
  it('§6 are there for an hour at least, and go some time', async () => {
    const world = new World()
    const { blobId } = await upload(world, encodeUtf8('x'))
    world.now += hour
    expect(await isThere(world, blobId)).toBe(true)
    world.now += 30 * 24 * hour
    expect(await isThere(world, blobId)).toBe(false)
  })

  it('§6 uploaded again, they are there as long again', async () => {
    const world = new World()
    await upload(world, encodeUtf8('x'))
    world.now += 23 * hour
    const { blobId } = await upload(world, encodeUtf8('x'))
    world.now += 23 * hour
    expect(await isThere(world, blobId)).toBe(true)
  })

  it('§6 make way for new ones when there is no room, the oldest first', async () => {
    const world = new World({}, { limits: { maxUploadTotal: 25 } })
    const ids: string[] = []
    for (const size of [10, 10, 10]) ids.push((await upload(world, new Uint8Array(size))).blobId)
    expect(await Promise.all(ids.map((id) => isThere(world, id)))).toEqual([false, true, true])
  })

  it('§6 have room for all that one email may refer to', () => {
    const { store, jmap } = new World()
    expect(store.limits.maxUploadTotal).toBeGreaterThanOrEqual(jmap.limits.maxSizeAttachmentsPerEmail)
  })
})

const withAttachment = `From: a@x.test\nSubject: with\nMIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nHi\n--b
Content-Type: image/png; name=p.png\nContent-Disposition: attachment; filename=p.png\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n--b--\n`
const draft = (world: World, blobId: string) => ({
  mailboxIds: { [world.mailbox('drafts')]: true },
  subject: 'x',
  attachments: [{ blobId, type: 'image/png', name: 'p.png' }],
})
const attachmentOf = async (world: World, id: string): Promise<string> => {
  const { list } = await world.call('Email/get', { ids: [id], properties: ['attachments'] })
  return list[0].attachments[0].blobId
}

describe('§6 any blob of the account may be used', () => {
  it('§6 a whole message, and a part of one, in a new email', async () => {
    const world = new World()
    const old = world.deliver(withAttachment)
    const { list } = await world.call('Email/get', { ids: [old], properties: ['blobId'] })
    const part = await attachmentOf(world, old)
    for (const blobId of [list[0].blobId, part]) {
      const { created } = await world.call('Email/set', { create: { e: draft(world, blobId) } })
      const copy = await attachmentOf(world, created.e.id)
      expect(await world.octets(copy)).toEqual(await world.octets(blobId))
    }
  })

  it('§6 also when the same call destroys what they belong to', async () => {
    const world = new World()
    const old = world.deliver(withAttachment)
    const blobId = await attachmentOf(world, old)
    const before = await world.octets(blobId)
    const answer = await world.call('Email/set', { create: { e: draft(world, blobId) }, destroy: [old] })
    expect(answer).toMatchObject({ destroyed: [old], notCreated: null })
    expect(await world.octets(await attachmentOf(world, answer.created.e.id))).toEqual(before)
    expect(await isThere(world, blobId)).toBe(false)
  })
})

describe('§6.2 downloading', () => {
  it('§6.2 knows no other account and no unknown blob', async () => {
    const world = new World()
    const { blobId } = await upload(world, encodeUtf8('x'))
    expect(await world.jmap.download('a2', blobId)).toBeUndefined()
    for (const id of ['', 'U999', 'G999', 'P9-9', `${blobId}-0-0-0-0-0-0`, `${blobId}-99`, 'x'.repeat(300), '../U1']) {
      expect([id, await isThere(world, id)]).toEqual([id, false])
    }
  })

  it.each(['text/plain', 'application/vnd.oasis.opendocument.text', 'text/plain; charset=utf-8', 'image/svg+xml'])(
    '§6.2 the type is the one that the URL asks for: %s',
    (type) => {
      expect(downloadHeaders('a', type, 'image/png')['content-type']).toBe(type)
    },
  )

  it('§6.2 the name is the one that the URL gives, and nothing breaks out of it (RFC 6266)', () => {
    const headers = downloadHeaders('a"b\r\nX: é.html', 'text/html', 'text/plain')
    expect(headers['content-disposition']).toBe(
      `attachment; filename="a_b__X: _.html"; filename*=UTF-8''a%22b%0D%0AX%3A%20%C3%A9.html`,
    )
    expect(headers['content-security-policy']).toContain('sandbox')
    expect(downloadHeaders('', 'text/html\r\nX: y', 'bad')['content-type']).toBe('application/octet-stream')
  })

  it('§6.2 may be kept by the client for ever: the octets of a blob never change', () => {
    const headers = downloadHeaders('a', undefined, 'image/png')
    expect(headers['cache-control']).toBe('private, immutable, max-age=31536000')
    expect(headers['content-type']).toBe('image/png')
  })
})

describe('§6.3 Blob/copy, which is between two different accounts', () => {
  it.each([
    ['invalidArguments', { blobIds: [] }],
    ['invalidArguments', { fromAccountId: 'a1' }],
    ['invalidArguments', { fromAccountId: 'a1', blobIds: null }],
    ['invalidArguments', { fromAccountId: 'a1', blobIds: ['a b'] }],
    ['invalidArguments', { fromAccountId: 'a1', blobIds: 'U1' }],
    ['invalidArguments', { fromAccountId: 1, blobIds: [] }],
    ['invalidArguments', { fromAccountId: 'a1', accountId: 'a1', blobIds: [] }],
    ['fromAccountNotFound', { fromAccountId: 'a9', blobIds: [] }],
    ['accountNotFound', { fromAccountId: 'a1', accountId: 'a9', blobIds: [] }],
  ])('§6.3 %s for %j', async (type, args) => {
    expect((await new World().refusal('Blob/copy', args)).type).toBe(type)
  })

  it('§6.3 an email that was imported keeps its octets', async () => {
    const world = new World()
    const raw = encodeUtf8(simpleMessage.replaceAll('\n', '\r\n'))
    const { blobId } = await upload(world, raw, 'message/rfc822')
    const emails = { e: { blobId, mailboxIds: { [world.mailbox('inbox')]: true } } }
    const { created } = await world.call('Email/import', { emails })
    expect(await world.octets(created.e.blobId)).toEqual(raw)
  })
})
