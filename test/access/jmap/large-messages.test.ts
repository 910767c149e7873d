import { beforeEach, describe, expect, it } from 'vitest'
import { decodeUtf8 } from '../../../src/format/index.ts'
import { MemoryBlobStore } from '../../../src/host/memory/blob-store.ts'
import { formatEmailId, parseEmailId } from '../../../src/mailbox/index.ts'
import { message } from '../../mailbox/fixture.ts'
import { deliver, distinctRandom, sized } from '../../mailbox/large.ts'
import { type Answer, World } from './world.ts'

const mebibyte = 1024 * 1024

let world: World
let blobs: MemoryBlobStore

beforeEach(() => {
  blobs = new MemoryBlobStore()
  world = new World({}, { blobs, random: distinctRandom() })
})

/** One method call: the response's name and arguments. */
async function call(name: string, args: Record<string, unknown>): Promise<[string, Answer]> {
  const [response] = await world.request([name, args])
  return [response[0], response[1]]
}

/** A message with a short text and a large attachment. */
function withAttachment(): Uint8Array {
  const more = 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b'
  const line = `${btoa('z'.repeat(57))}\r\n`
  const attachment = `Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n${line.repeat(20_000)}`
  return message({ more, body: `--b\r\nContent-Type: text/plain\r\n\r\nLook:\r\n--b\r\n${attachment}\r\n--b--` })
}

describe('Email/get of messages in the blob store (RFC 8621 §4.2)', () => {
  it('gives metadata, headers and a short text without asking for the octets', async () => {
    const { id } = await deliver(world.store, withAttachment())
    blobs.break('get')
    const properties = ['subject', 'preview', 'from', 'headers', 'bodyStructure', 'bodyValues', 'attachments']
    const [, { list }] = await call('Email/get', { ids: [formatEmailId(id)], properties, fetchTextBodyValues: true })
    expect(list[0].bodyValues['1'].value).toBe('Look:')
    expect(blobs.calls.get).toBe(0)
  })

  it('fetches the text parts asked for, once each, and counts them once', async () => {
    const ids = []
    for (let n = 0; n < 5; n++) ids.push(formatEmailId((await deliver(world.store, sized(mebibyte + n))).id))
    const [name, { list, notFound }] = await call('Email/get', {
      ids,
      properties: ['bodyValues'],
      fetchAllBodyValues: true,
      maxBodyValueBytes: 10,
    })
    expect(name).toBe('Email/get')
    expect(list).toHaveLength(5)
    expect(notFound).toEqual([])
    expect(blobs.calls.get).toBe(5)
  })

  it('is serverUnavailable while the blob store fails (RFC 8620 §3.6.2)', async () => {
    const { id } = await deliver(world.store, sized(mebibyte))
    blobs.break('get')
    const ids = [formatEmailId(id)]
    const asked = { ids, properties: ['bodyValues'], fetchAllBodyValues: true }
    expect(await call('Email/get', asked)).toMatchObject(['error', { type: 'serverUnavailable' }])
    expect(await call('Email/query', { filter: { body: 'x' } })).toMatchObject(['error', { type: 'serverUnavailable' }])
    expect(world.faults).toEqual([])
  })

  it('does not find an email that is destroyed while its octets are fetched', async () => {
    const { id } = await deliver(world.store, sized(mebibyte))
    blobs.before = (operation) => {
      if (operation === 'get') world.store.destroy([id])
    }
    const ids = [formatEmailId(id)]
    const [, answer] = await call('Email/get', { ids, properties: ['bodyValues'], fetchAllBodyValues: true })
    expect(answer).toMatchObject({ list: [], notFound: ids })
  })
})

it('Email/query and SearchSnippet/get look into them (RFC 8621 §4.4, §5)', async () => {
  const id = formatEmailId((await deliver(world.store, sized(mebibyte))).id)
  const filter = { body: 'dull' }
  expect((await call('Email/query', { filter }))[1].ids).toEqual([id])
  const [, { list }] = await call('SearchSnippet/get', { filter, emailIds: [id] })
  expect(list[0].preview).toContain('<mark>dull</mark>')
})

describe('uploads and downloads (RFC 8620 §6)', () => {
  it('of large blobs go through the blob store', async () => {
    const bytes = sized(2 * mebibyte)
    const { body, status } = await world.jmap.upload('a1', bytes, 'image/png')
    expect(status).toBe(200)
    expect(blobs.objects.size).toBe(1)
    expect(Buffer.compare((await world.octets(JSON.parse(body).blobId))!, bytes)).toBe(0)
  })

  it('are told apart from refusals while the blob store fails', async () => {
    const { body } = await world.jmap.upload('a1', sized(mebibyte), 'image/png')
    blobs.break('put', 'get')
    expect(await world.jmap.upload('a1', sized(mebibyte), 'image/png')).toMatchObject({ status: 503 })
    await expect(world.octets(JSON.parse(body).blobId)).rejects.toMatchObject({ type: 'unavailable' })
  })

  it('of a part fetch that part only', async () => {
    const { id } = await deliver(world.store, withAttachment())
    const download = await world.jmap.download('a1', `P${id}-2`)
    expect(download).toMatchObject({ type: 'image/png', size: 57 * 20_000 })
    expect(blobs.octetsRead).toBeLessThan(withAttachment().length)
  })

  it('of a range fetch that range only, and a size nothing (RFC 9110 §14, RFC 9404 §4.2)', async () => {
    const raw = sized(2 * mebibyte)
    const { id } = await deliver(world.store, raw)
    const blobId = `G${id}`
    const download = await world.jmap.download('a1', blobId)
    expect(download?.size).toBe(raw.length)
    expect(blobs.octetsRead).toBe(0)
    const range = await download?.slice(mebibyte, mebibyte + 1000)
    expect(Buffer.compare(range!, raw.subarray(mebibyte, mebibyte + 1000))).toBe(0)
    expect(blobs.octetsRead).toBe(1000)
    const asked = { accountId: 'a1', ids: [blobId], offset: mebibyte, length: 10, properties: ['data:asText', 'size'] }
    const using = ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:blob']
    const { body } = await world.post(JSON.stringify({ using, methodCalls: [['Blob/get', asked, 'b']] }))
    const text = decodeUtf8(raw.subarray(mebibyte, mebibyte + 10))
    expect(body.methodResponses[0][1].list).toEqual([{ id: blobId, 'data:asText': text, size: raw.length }])
    expect(blobs.octetsRead).toBe(1010)
  })

  it('ends when the blob is destroyed meanwhile', async () => {
    const { id } = await deliver(world.store, sized(2 * mebibyte))
    const download = await world.jmap.download('a1', `G${id}`)
    world.store.destroy([id])
    expect(await download?.slice(0, 10)).toBeUndefined()
  })
})

async function draft(blobId: string): Promise<[string, Answer]> {
  const attachments = [{ blobId, type: 'image/png', name: 'a.png' }]
  const create = {
    large: { mailboxIds: { [world.mailbox('drafts')]: true }, subject: 'Large', attachments },
    small: { mailboxIds: { [world.mailbox('drafts')]: true }, subject: 'Small' },
  }
  return call('Email/set', { create })
}

async function uploaded(): Promise<string> {
  return JSON.parse((await world.jmap.upload('a1', sized(mebibyte), 'image/png')).body).blobId
}

describe('a new email with a large attachment (RFC 8621 §4.6)', () => {
  it('is put into the blob store before the transaction', async () => {
    const blobId = await uploaded()
    const [, { created }] = await draft(blobId)
    expect(Object.keys(created)).toEqual(['large', 'small'])
    expect(blobs.objects.size).toBe(2)
    const id = parseEmailId(created.large.id)!
    const raw = await world.store.reading(() => world.store.raw(id))
    expect(raw).toHaveLength(created.large.size)
    expect(decodeUtf8(raw!.subarray(0, 4000))).toContain('a.png')
  })

  it('is not created while the blob store fails; small ones are', async () => {
    const blobId = await uploaded()
    blobs.break('put')
    expect((await draft(blobId))[1]).toMatchObject({
      created: { small: {} },
      notCreated: { large: { type: 'serverFail' } },
    })
    blobs.break('get')
    expect((await draft(blobId))[1]).toMatchObject({
      created: { small: {} },
      notCreated: { large: { type: 'serverFail' } },
    })
  })

  it('leaves nothing behind when it is refused', async () => {
    const create = {
      wrong: {
        mailboxIds: { B999: true },
        attachments: [{ blobId: await uploaded(), type: 'image/png' }],
      },
    }
    expect((await call('Email/set', { create }))[1].notCreated.wrong.type).toBe('invalidProperties')
    expect(blobs.objects.size).toBe(1)
    expect((await call('Email/set', { create, ifInState: 'none' }))[0]).toBe('error')
    expect(blobs.objects.size).toBe(1)
  })

  it('is imported and sent', async () => {
    const raw = sized(mebibyte, {
      from: 'alice@facteur.test',
      to: 'bob@example.com',
      date: 'Mon, 23 Nov 2026 10:00:00 +0000',
    })
    const blobId = JSON.parse((await world.jmap.upload('a1', raw, 'message/rfc822')).body).blobId
    const emails = { i: { blobId, mailboxIds: { [world.mailbox('inbox')]: true } } }
    const [, { created }] = await call('Email/import', { emails })
    expect(created.i.size).toBe(raw.length)
    expect(blobs.objects.size).toBe(2)
    const identityId = (await call('Identity/get', {}))[1].list[0].id
    const [, answer] = await call('EmailSubmission/set', { create: { s: { identityId, emailId: created.i.id } } })
    expect(answer).toMatchObject({ created: { s: {} }, notCreated: null })
    expect(world.sent[0]?.raw).toHaveLength(raw.length)
  })
})
