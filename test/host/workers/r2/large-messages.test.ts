import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { AccountObject } from '../../../../src/host/workers/account-object.ts'
import { log } from '../../../../src/host/workers/log.ts'
import { r2BlobStore } from '../../../../src/host/workers/r2-blob-store.ts'
import { blobStoreContract } from '../../../mailbox/blob-store-contract.ts'
import {
  account,
  admin,
  basic,
  bindings,
  envelope,
  furnish,
  jmap,
  LinkClient,
  message,
  openSession,
  request,
  resultOf,
} from '../house.ts'

const bucket = bindings.BLOBS as R2Bucket
const login = 'alice@facteur.test'
const to = envelope('eve@outside.test', login)

let ids: Record<string, string>
let link: LinkClient

beforeAll(async () => {
  ids = await furnish('facteur.test', ['alice', 'bob'])
})

// As I/O belongs to the request that began it, each test opens its own.
beforeEach(async () => {
  link = await LinkClient.open()
})

blobStoreContract('R2', () => r2BlobStore(bucket, 'contract', log))

async function objects(accountId = ids.alice as string): Promise<string[]> {
  const { objects: found } = await bucket.list({ prefix: `${accountId}/` })
  return found.map(({ key }) => key)
}

function sized(size: number, subject: string): Uint8Array {
  const line = `${'All work and no play makes Jack a dull boy.'.padEnd(76, '!')}\r\n`
  return message({ subject, body: line.repeat(Math.ceil(size / line.length)) })
}

async function emailIds(subject: string): Promise<string[]> {
  const answers = await jmap(basic(login), [['Email/query', { accountId: ids.alice, filter: { subject } }, 'q']])
  return resultOf<{ ids: string[] }>(answers, 'q').ids
}

describe('a delivered message', () => {
  it.each([
    ['4 KB', 4_000, 0],
    ['50 KB', 50_000, 0],
    ['1 MB', 1_000_000, 1],
  ])('of %s writes at most 4 rows, and %i octets make %i objects', async (name, size, puts) => {
    await link.deliver(to, sized(size, `warm-up ${name}`))
    const before = await objects()
    const rows = await account(ids.alice as string).rowsWritten()
    expect((await link.deliver(to, sized(size, name))).code).toBe(250)
    expect((await account(ids.alice as string).rowsWritten()) - rows).toBeLessThanOrEqual(4)
    expect((await objects()).length - before.length).toBe(puts)
  })

  it('above the limit is read over HTTP and IMAP, byte for byte', async () => {
    const raw = sized(3_000_000, 'Byte for byte')
    await link.deliver(to, raw)
    const [id] = await emailIds('Byte for byte')
    const answers = await jmap(basic(login), [
      ['Email/get', { accountId: ids.alice, ids: [id], properties: ['blobId', 'size'] }, 'g'],
    ])
    const [{ blobId, size }] = resultOf<{ list: [{ blobId: string; size: number }] }>(answers, 'g').list
    const response = await request(`/jmap/download/${ids.alice}/${blobId}/mail.eml`, {
      headers: { Authorization: basic(login) },
    })
    const stored = new Uint8Array(await response.arrayBuffer())
    expect(stored.length).toBe(size)
    expect(new TextDecoder().decode(stored.slice(size - raw.length))).toBe(new TextDecoder().decode(raw))

    const session = await openSession(login)
    await session.until(/a0 OK .*\r\n/)
    await session.command('s', 'SELECT INBOX')
    const found = /\* SEARCH (\d+)/.exec(await session.command('f', 'SEARCH SUBJECT "Byte for byte"'))
    const text = await session.command('b', `FETCH ${found?.[1]} BODY.PEEK[]<2000000.100>`)
    expect(text).toContain(new TextDecoder().decode(stored.slice(2_000_000, 2_000_100)))
    session.close()
  })

  it('is downloaded in strides, and by ranges (RFC 9110 §14)', async () => {
    const raw = sized(9_000_000, 'In strides')
    await link.deliver(to, raw)
    const [id] = await emailIds('In strides')
    const answers = await jmap(basic(login), [
      ['Email/get', { accountId: ids.alice, ids: [id], properties: ['blobId', 'size'] }, 'g'],
    ])
    const [{ blobId, size }] = resultOf<{ list: [{ blobId: string; size: number }] }>(answers, 'g').list
    const download = async (headers: Record<string, string>) => {
      const path = `/jmap/download/${ids.alice}/${blobId}/mail.eml`
      const response = await request(path, { headers: { Authorization: basic(login), ...headers } })
      return { response, octets: new Uint8Array(await response.arrayBuffer()) }
    }
    const whole = await download({})
    expect(whole.octets.length).toBe(size)
    expect(new TextDecoder().decode(whole.octets.slice(size - raw.length))).toBe(new TextDecoder().decode(raw))
    const { response, octets } = await download({ Range: 'bytes=5000000-' })
    expect(response.status).toBe(206)
    expect(response.headers.get('Content-Range')).toBe(`bytes 5000000-${size - 1}/${size}`)
    expect(new TextDecoder().decode(octets)).toBe(new TextDecoder().decode(whole.octets.slice(5_000_000)))
  })

  it('leaves R2 when it is destroyed', async () => {
    await link.deliver(to, sized(200_000, 'Short life'))
    const before = await objects()
    const destroy = await emailIds('Short life')
    await jmap(basic(login), [['Email/set', { accountId: ids.alice, destroy }, 's']])
    // What the store asked for runs beside the answer; another call of it waits for the first.
    await runInDurableObject(account(ids.alice as string), (object) => (object as unknown as AccountObject).alarm())
    expect((await objects()).length).toBe(before.length - 1)
  })
})

it('an upload goes there, and comes back', async () => {
  const before = await objects()
  const body = sized(300_000, 'upload')
  const headers = { Authorization: basic(login), 'Content-Type': 'application/x-test' }
  const response = await request(`/jmap/upload/${ids.alice}/`, { method: 'POST', headers, body })
  const { blobId } = await response.json<{ blobId: string }>()
  expect((await objects()).length).toBe(before.length + 1)
  const again = await request(`/jmap/download/${ids.alice}/${blobId}/x`, { headers })
  expect(new Uint8Array(await again.arrayBuffer())).toEqual(body)
})

it('an account that is removed takes its objects with it, those of deliveries under way too', async () => {
  const id = ids.bob as string
  await link.deliver(envelope('eve@outside.test', 'bob@facteur.test'), sized(200_000, 'Bob'))
  expect(await objects(id)).toHaveLength(1)
  const others = await objects()
  expect((await admin('DELETE', '/accounts/bob@facteur.test')).status).toBe(204)
  expect(await objects(id)).toEqual([])
  await bucket.put(`${id}/late`, 'x')
  expect(await runDurableObjectAlarm(account(id))).toBe(true)
  expect(await objects(id)).toEqual([])
  expect(await objects()).toEqual(others)
})

describe('while R2 fails', () => {
  it('a large message is deferred, small ones are delivered, and what is to be deleted waits for the alarm', async () => {
    const stub = account(ids.alice as string)
    await link.deliver(to, sized(200_000, 'Doomed'))
    const before = await objects()
    const destroy = await emailIds('Doomed')
    const restore = breakBucket()
    try {
      expect(await link.deliver(to, sized(200_000, 'Deferred'))).toMatchObject({ code: 451, enhanced: '4.3.0' })
      expect((await link.deliver(to, sized(2_000, 'Small'))).code).toBe(250)
      await jmap(basic(login), [['Email/set', { accountId: ids.alice, destroy }, 's']])
      await runInDurableObject(stub, (object) => (object as unknown as AccountObject).alarm())
    } finally {
      restore()
    }
    expect(await emailIds('Deferred')).toEqual([])
    expect(await emailIds('Small')).toHaveLength(1)
    expect(await objects()).toEqual(before)
    expect(await runInDurableObject(stub, (_, state) => state.storage.getAlarm())).not.toBeNull()
    expect(await runDurableObjectAlarm(stub)).toBe(true)
    expect((await objects()).length).toBe(before.length - 1)
  })
})

function outOfReach(): Promise<never> {
  return Promise.reject(new Error('R2 is not there'))
}

/** The bucket refuses to write and delete, for the Worker and its objects alike; returns what mends it. */
function breakBucket(): () => void {
  const prototype = Object.getPrototypeOf(bucket) as Pick<R2Bucket, 'put' | 'delete'>
  const methods = { put: prototype.put, delete: prototype.delete }
  Object.assign(prototype, { put: outOfReach, delete: outOfReach })
  return () => Object.assign(prototype, methods)
}
