import { beforeAll, describe, expect, it } from 'vitest'
import { blobResponse } from '../../../src/host/http/blob-response.ts'
import { conditionsOf, evaluate, rangeOf } from '../../../src/host/http/byte-range.ts'
import { basic, furnish, request } from './house.ts'

const authorization = basic('alice@facteur.test')
const mebibyte = 1024 * 1024

let ids: Record<string, string>

beforeAll(async () => {
  ids = await furnish('facteur.test', ['alice'])
})

/** Octets that tell where they are. */
function counted(length: number): Uint8Array {
  const octets = new Uint8Array(length)
  for (let at = 0; at < length; at++) octets[at] = (at * 31 + (at >> 8)) & 255
  return octets
}

async function upload(octets: Uint8Array, type = 'image/png'): Promise<string> {
  const headers = { Authorization: authorization, 'Content-Type': type }
  const response = await request(`/jmap/upload/${ids.alice}/`, { method: 'POST', headers, body: octets })
  expect(response.status).toBe(200)
  return (await response.json<{ blobId: string }>()).blobId
}

async function download(blobId: string, headers: Record<string, string> = {}, rest = 'a.png', method = 'GET') {
  const path = `/jmap/download/${ids.alice}/${blobId}/${rest}`
  return request(path, { method, headers: { Authorization: authorization, ...headers } })
}

async function octetsOf(response: Response): Promise<number[]> {
  return [...new Uint8Array(await response.arrayBuffer())]
}

describe('the Range field of a representation of 10 octets (RFC 9110 §14.1.2)', () => {
  it.each([
    ['bytes=0-0', { start: 0, end: 1 }],
    ['bytes=0-9', { start: 0, end: 10 }],
    ['bytes=3-', { start: 3, end: 10 }],
    ['bytes=3-999999999999999999999', { start: 3, end: 10 }],
    ['bytes=-3', { start: 7, end: 10 }],
    ['bytes=-300', { start: 0, end: 10 }],
    ['BYTES= 1-2 ', { start: 1, end: 3 }],
    ['bytes=10-', 'unsatisfiable'],
    ['bytes=10-12', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=5-4', undefined],
    ['bytes=', undefined],
    ['bytes=-', undefined],
    ['bytes=a-b', undefined],
    ['bytes=1-2x', undefined],
    ['bytes 1-2', undefined],
    ['lines=1-2', undefined],
    ['bytes=0-1,3-4', undefined],
    [null, undefined],
  ])('%s means %o', (range, expected) => {
    expect(rangeOf(range, null, 10, '"x"')).toEqual(expected)
  })

  it('of none at all cannot be told apart: a suffix is all of it, anything else is unsatisfiable', () => {
    expect(rangeOf('bytes=-5', null, 0, '"x"')).toBeUndefined()
    expect(rangeOf('bytes=0-', null, 0, '"x"')).toBe('unsatisfiable')
  })

  it.each([
    ['"x"', { start: 0, end: 1 }],
    ['W/"x"', undefined],
    ['"y"', undefined],
    ['"x", "y"', undefined],
    ['Mon, 23 Nov 2026 12:00:00 GMT', undefined],
  ])('counts with If-Range %s as %o (§13.1.5: strong comparison)', (ifRange, expected) => {
    expect(rangeOf('bytes=0-0', ifRange, 10, '"x"')).toEqual(expected)
  })
})

describe('preconditions of "x" (RFC 9110 §13.2.2)', () => {
  it.each<[Record<string, string>, string]>([
    [{}, 'go on'],
    [{ 'If-None-Match': '"x"' }, 'not modified'],
    [{ 'If-None-Match': 'W/"x"' }, 'not modified'],
    [{ 'If-None-Match': '"a,b", "x"' }, 'not modified'],
    [{ 'If-None-Match': '*' }, 'not modified'],
    [{ 'If-None-Match': '"y", "xx"' }, 'go on'],
    [{ 'If-None-Match': 'x' }, 'go on'],
    [{ 'If-None-Match': '"a"x"' }, 'go on'],
    [{ 'If-Match': '"y", "x"' }, 'go on'],
    [{ 'If-Match': '*' }, 'go on'],
    [{ 'If-Match': 'W/"x"' }, 'failed'],
    [{ 'If-Match': '"y"', 'If-None-Match': '"x"' }, 'failed'],
  ])('%o: %s', (fields, expected) => {
    expect(evaluate(conditionsOf(new Headers(fields)), '"x"')).toBe(expected)
  })
})

describe('a download (RFC 8620 §6.2)', () => {
  it('tells its length and that ranges are served, to HEAD too (RFC 9110 §9.3.2, §14.3)', async () => {
    const blobId = await upload(counted(100))
    const [get, head] = [await download(blobId), await download(blobId, { Range: 'bytes=0-1' }, 'a.png', 'HEAD')]
    for (const response of [get, head]) {
      expect(response.status).toBe(200)
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'accept-ranges': 'bytes',
        'cache-control': 'private, immutable, max-age=31536000',
        'content-type': 'image/png',
        'content-disposition': `attachment; filename="a.png"; filename*=UTF-8''a.png`,
        'content-security-policy': `sandbox; default-src 'none'`,
        etag: `"${blobId}"`,
        'x-content-type-options': 'nosniff',
      })
    }
    // Of other answers the length is told by HTTP itself, which these do not go through.
    expect(head.headers.get('Content-Length')).toBe('100')
    expect(await octetsOf(get)).toEqual([...counted(100)])
    expect(await octetsOf(head)).toEqual([])
  })

  it('gives a range with 206 (RFC 9110 §15.3.7)', async () => {
    const octets = counted(100)
    const blobId = await upload(octets)
    for (const [range, start, end] of [
      ['bytes=10-19', 10, 20],
      ['bytes=90-', 90, 100],
      ['bytes=-7', 93, 100],
    ] as const) {
      const response = await download(blobId, { Range: range, 'If-Range': `"${blobId}"` })
      expect(response.status).toBe(206)
      expect(response.headers.get('Content-Range')).toBe(`bytes ${start}-${end - 1}/100`)
      expect(await octetsOf(response)).toEqual([...octets.subarray(start, end)])
    }
  })

  it('gives all of it for several ranges, or when If-Range does not hold', async () => {
    const blobId = await upload(counted(100))
    for (const headers of [{ Range: 'bytes=0-1,5-6' }, { Range: 'bytes=0-1', 'If-Range': '"U1"' }]) {
      const response = await download(blobId, headers)
      expect([response.status, (await octetsOf(response)).length]).toEqual([200, 100])
    }
  })

  it('answers 416 with the length for a range behind the end (RFC 9110 §15.5.17)', async () => {
    const response = await download(await upload(counted(100)), { Range: 'bytes=100-' })
    expect(response.status).toBe(416)
    expect(response.headers.get('Content-Range')).toBe('bytes */100')
    expect(response.headers.get('Content-Type')).toBe('application/problem+json')
  })

  it('answers 304 for what the client has, before any range, and 412 for If-Match (RFC 9110 §13.2.2)', async () => {
    const blobId = await upload(counted(100))
    const etag = `"${blobId}"`
    const cached = await download(blobId, { 'If-None-Match': `"U0", ${etag}`, Range: 'bytes=0-1' })
    expect([cached.status, cached.headers.get('ETag')]).toEqual([304, etag])
    expect((await download(blobId, { 'If-Match': '"U0"' })).status).toBe(412)
  })

  it('of a part without a transfer encoding, and of one with, gives ranges of what it means', async () => {
    const text = [
      'From: a@example.com',
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      'Content-Type: text/plain',
      '',
      'as it is',
      '--b',
      'Content-Type: application/octet-stream',
      'Content-Transfer-Encoding: base64',
      '',
      btoa('encoded'),
      '--b--',
      '',
    ].join('\r\n')
    const headers = { Authorization: authorization, 'Content-Type': 'application/json' }
    const blobId = await upload(new TextEncoder().encode(text), 'message/rfc822')
    const arguments_ = { accountId: ids.alice, blobIds: [blobId], properties: ['bodyStructure'] }
    const body = JSON.stringify({
      using: ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:mail'],
      methodCalls: [['Email/parse', arguments_, 'p']],
    })
    const response = await request('/jmap/api', { method: 'POST', headers, body })
    type Parsed = { parsed: Record<string, { bodyStructure: { subParts: { blobId: string }[] } }> }
    const { methodResponses } = await response.json<{ methodResponses: [[string, Parsed]] }>()
    const parts = methodResponses[0][1].parsed[blobId]?.bodyStructure.subParts ?? []
    const ends = parts.map(async (part) => (await download(part.blobId, { Range: 'bytes=-3' })).text())
    expect(await Promise.all(ends)).toEqual([' is', 'ded'])
  })

  it('of many megabytes comes in strides, whole and in part', async () => {
    const octets = counted(9 * mebibyte + 5)
    const blobId = await upload(octets)
    const whole = await download(blobId)
    expect(equal(new Uint8Array(await whole.arrayBuffer()), octets)).toBe(true)
    const part = await download(blobId, { Range: `bytes=${mebibyte}-` })
    expect(equal(new Uint8Array(await part.arrayBuffer()), octets.subarray(mebibyte))).toBe(true)
    // A client that hangs up in the middle breaks nothing.
    const left = await download(blobId)
    await left.body?.cancel()
    expect((await download(blobId, { Range: 'bytes=0-0' })).status).toBe(206)
  })

  it.each<[string, () => Promise<undefined>, number]>([
    ['cannot be read any more', () => Promise.reject(new Error('the store is damaged')), 1],
    ['has been destroyed', () => Promise.resolve(undefined), 0],
  ])('breaks off short of the length it told when the blob %s on the way', async (_, second, told) => {
    const faults: unknown[] = []
    const size = 9 * mebibyte
    const slice = (start: number, end: number) => (start === 0 ? Promise.resolve(counted(end)) : second())
    const names = { blobId: 'U1', name: 'a', type: undefined }
    const blob = { type: 'image/png', size, slice }
    const response = await blobResponse(new Request('https://x.test/'), blob, names, (error) => faults.push(error))
    expect(response.status).toBe(200)
    await expect(response.arrayBuffer()).rejects.toThrow()
    expect(faults).toHaveLength(told)
  })

  it('takes no header, script or foreign name from its URL (RFC 6266 §4.3, RFC 8187)', async () => {
    const blobId = await upload(new TextEncoder().encode('<script>alert(1)</script>'), 'text/html')
    const name = `${encodeURIComponent('"\r\nX-Evil: é/../.html')}?accept=${encodeURIComponent('text/html\r\nX-Evil: 1')}`
    const response = await download(blobId, {}, name)
    expect(response.status).toBe(200)
    expect(response.headers.get('X-Evil')).toBeNull()
    expect(response.headers.get('Content-Type')).toBe('text/html')
    expect(response.headers.get('Content-Disposition')).toBe(
      `attachment; filename="___X-Evil: _/../.html"; filename*=UTF-8''%22%0D%0AX-Evil%3A%20%C3%A9%2F..%2F.html`,
    )
    expect(response.headers.get('Content-Security-Policy')).toBe(`sandbox; default-src 'none'`)
    expect((await download(blobId, {}, 'a?accept=image/png')).headers.get('Content-Type')).toBe('image/png')
    expect((await download(blobId, {}, 'a?accept={type}')).headers.get('Content-Type')).toBe('text/html')
    expect((await download(blobId, {}, '')).status).toBe(200)
  })

  it('lets a web page send and read the fields of ranges (Fetch standard, CORS)', async () => {
    const preflight = await request('/jmap/download/a/b/c', { method: 'OPTIONS' })
    for (const name of ['Range', 'If-Range', 'If-None-Match', 'Authorization']) {
      expect(preflight.headers.get('Access-Control-Allow-Headers')?.split(', ')).toContain(name)
    }
    const response = await download(await upload(counted(10)), { Range: 'bytes=0-1' })
    const exposed = response.headers.get('Access-Control-Expose-Headers')?.split(', ')
    for (const name of ['Content-Range', 'Accept-Ranges', 'ETag']) expect(exposed).toContain(name)
  })
})

function equal(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((octet, at) => octet === other[at])
}
