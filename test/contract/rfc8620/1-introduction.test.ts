/**
 * RFC 8620 §1: the types that everything else is made of.
 */
import { beforeAll, describe, expect, it } from 'vitest'
import { encodeUtf8 } from '../../../src/format/index.ts'
import { simpleMessage, using, World, type Answer } from '../../access/jmap/world.ts'

const world = new World()
let email: string

beforeAll(() => {
  email = world.deliver(simpleMessage)
})

/** A request written as text, so that numbers and strings keep the form they have here. */
const post = (methodCalls: string) => world.post(`{"using":${JSON.stringify(using)},"methodCalls":[${methodCalls}]}`)

async function answerTo(methodCall: string): Promise<Answer> {
  const { status, body } = await post(methodCall)
  expect(status).toBe(200)
  return body.methodResponses[0]
}

describe('§1.2 Id', () => {
  it('§1.2 every id given out is 1 to 255 octets of A-Z a-z 0-9 - _, and begins with a letter, as is advised', async () => {
    const { identityId } = (await world.call('Identity/get')).list.map(({ id }: Answer) => ({ identityId: id }))[0]
    const upload = JSON.parse((await world.jmap.upload('a1', new Uint8Array(3), 'text/plain')).body)
    const { list } = await world.call('Email/get', {
      ids: [email],
      properties: ['threadId', 'blobId', 'mailboxIds', 'bodyStructure'],
    })
    const [{ threadId, blobId, mailboxIds, bodyStructure }] = list
    const ids = [email, threadId, blobId, bodyStructure.blobId, identityId, upload.blobId, ...Object.keys(mailboxIds)]
    for (const id of ids) expect(id).toMatch(/^[A-Za-z][A-Za-z0-9_-]{0,254}$/)
    expect(new Set(ids.map((id) => id.toLowerCase())).size).toBe(ids.length)
    expect(ids.filter((id) => id.toLowerCase().includes('nil'))).toEqual([])
  })

  it.each(['a', 'A-Za_z09', '-', '_', '0', 'x'.repeat(255)])(
    '§1.2 %j is an Id: not found, but no error',
    async (id) => {
      expect(await world.call('Email/get', { ids: [id] })).toMatchObject({ list: [], notFound: [id] })
    },
  )

  it.each([
    '',
    ' ',
    'a b',
    'a/b',
    'a=',
    'a+b',
    'ä',
    'a.b',
    '##a',
    '#',
    'x'.repeat(256),
    1,
    null,
    true,
    ['a'],
    { a: 1 },
  ])('§1.2 %j is none: invalidArguments', async (id) => {
    expect((await world.refusal('Email/get', { ids: [id] })).type).toBe('invalidArguments')
    expect((await world.refusal('Email/set', { destroy: [id] })).type).toBe('invalidArguments')
  })
})

describe('§1.3 Int and UnsignedInt', () => {
  it.each(['0', '-0', '1', '1.0', '1e2', '9007199254740991', '-9007199254740991'])(
    '§1.3 position (Int) takes %s',
    async (number) => {
      const [name, { position }] = await answerTo(`["Email/query",{"accountId":"a1","position":${number}},"c"]`)
      expect(name).toBe('Email/query')
      expect(Object.is(position, -0)).toBe(false)
    },
  )

  it.each(['9007199254740992', '-9007199254740992', '1e400', '1.5', '"1"', 'true', '[1]', '{"a":1}', 'null'])(
    '§1.3 position (Int) refuses %s: invalidArguments',
    async (number) => {
      const [name, error] = await answerTo(`["Email/query",{"accountId":"a1","position":${number}},"c"]`)
      expect([name, error.type]).toEqual(['error', 'invalidArguments'])
    },
  )

  it.each(['-1', '9007199254740992', '0.5', '"1"', 'false'])(
    '§1.3 limit (UnsignedInt) refuses %s: invalidArguments',
    async (number) => {
      const [name, error] = await answerTo(`["Email/query",{"accountId":"a1","limit":${number}},"c"]`)
      expect([name, error.type]).toEqual(['error', 'invalidArguments'])
    },
  )

  it('§1.3 a position in an answer is an UnsignedInt, whatever the offset', async () => {
    const answer = await world.call('Email/query', { anchor: email, anchorOffset: Number.MAX_SAFE_INTEGER })
    expect(answer).toMatchObject({ position: Number.MAX_SAFE_INTEGER, ids: [] })
    expect(await world.call('Email/query', { anchor: email, anchorOffset: Number.MIN_SAFE_INTEGER })).toMatchObject({
      position: 0,
      ids: [email],
    })
  })
})

describe('§1.4 Date and UTCDate', () => {
  it.each([
    '2014-10-30T06:12:00Z',
    '2014-10-30T06:12:00.5Z',
    '2014-10-30T06:12:00.50Z',
    '2014-10-30T06:12:00.000Z',
    '2016-02-29T23:59:59Z',
    '2016-12-31T23:59:60Z',
    '0000-01-01T00:00:00Z',
    '9999-12-31T23:59:59.999Z',
  ])('§1.4 %s is a UTCDate', async (after) => {
    expect((await world.call('Email/query', { filter: { after } })).ids).toEqual(after < '2026' ? [email] : [])
  })

  it.each([
    ['another zone', '2014-10-30T14:12:00+08:00'],
    ['a dot without a fraction', '2014-10-30T06:12:00.Z'],
    ['a lower-case T', '2014-10-30t06:12:00Z'],
    ['a lower-case Z', '2014-10-30T06:12:00z'],
    ['a space', '2014-10-30 06:12:00Z'],
    ['no seconds', '2014-10-30T06:12Z'],
    ['no such day', '2015-02-29T00:00:00Z'],
    ['no such month', '2015-13-01T00:00:00Z'],
    ['no such hour', '2015-01-01T24:00:00Z'],
    ['a year of five digits, in effect', '9999-12-31T23:59:60Z'],
    ['a number', 1414649520],
  ])('§1.4 a UTCDate has not %s: invalidArguments', async (_, after) => {
    expect((await world.refusal('Email/query', { filter: { after } })).type).toBe('invalidArguments')
  })

  it('§1.4 a time given out leaves out a zero fraction and keeps its letters in upper case', async () => {
    const precise = world.deliver(simpleMessage, { receivedAt: Date.UTC(2026, 0, 2, 3, 4, 5, 120) })
    const { list } = await world.call('Email/get', { ids: [email, precise], properties: ['receivedAt', 'sentAt'] })
    expect(list).toEqual([
      { id: email, receivedAt: '2026-11-23T12:00:00Z', sentAt: '2026-11-23T10:00:00+01:00' },
      { id: precise, receivedAt: '2026-01-02T03:04:05.12Z', sentAt: '2026-11-23T10:00:00+01:00' },
    ])
  })
})

describe('§1.5 JSON as the data encoding format', () => {
  const core = '["urn:ietf:params:jmap:core"]'
  const echo = (args: string) => `{"using":${core},"methodCalls":[["Core/echo",${args},"c"]]}`

  it.each<[string, string | Uint8Array]>([
    ['a name twice', echo('{"a":1,"a":1}')],
    ['a name twice, once escaped', echo('{"a":1,"\\u0061":1}')],
    ['a name twice in the Request object', `{"using":${core},"methodCalls":[],"methodCalls":[]}`],
    ['a lone surrogate', echo('{"a":"\\ud800"}')],
    ['surrogates in the wrong order', echo('{"a":"\\ude00\\ud83d"}')],
    ['a lone surrogate as a name', echo('{"\\udc00":1}')],
    ['a noncharacter', echo('{"a":"\uFFFE"}')],
    ['an escaped noncharacter', echo('{"a":"\\ufdd0"}')],
    ['a noncharacter of another plane', echo('{"a":"\\ud83f\\udfff"}')],
    ['octets that are not UTF-8', Uint8Array.of(...encodeUtf8(echo('{"a":"')).slice(0, -8), 0x22, 0xc3, 0x22)],
    ['UTF-16', new Uint8Array(new Uint16Array([0x5b, 0x5d]).buffer)],
    ['a control character in a string', echo('{"a":"\u0001"}')],
    ['a trailing comma', echo('{"a":1,}')],
    ['a comment', echo('{"a":1/**/}')],
    ['NaN', echo('{"a":NaN}')],
    ['a number that begins with zero', echo('{"a":01}')],
    ['single quotes', echo("{'a':1}")],
    ['two values', `${echo('{}')}{}`],
    ['nothing', ''],
  ])('§1.5 a request with %s is no I-JSON: notJSON', async (_, body) => {
    expect(await world.post(body)).toMatchObject({
      status: 400,
      contentType: 'application/problem+json',
      body: { type: 'urn:ietf:params:jmap:error:notJSON', status: 400 },
    })
  })

  it('§1.5 names are case-sensitive', async () => {
    expect((await world.refusal('email/get', { ids: [] })).type).toBe('unknownMethod')
    expect((await world.refusal('Email/get', { Ids: [] })).type).toBe('invalidArguments')
    expect((await world.post('{"Using":[],"methodCalls":[]}')).body.type).toMatch(/notRequest$/)
  })

  it('§1.5 answers are I-JSON, also where mail holds what is none', async () => {
    const odd = world.deliver(simpleMessage.replace('Hello', 'Hello \uFFFE\u{10FFFF}!'))
    const { list } = await world.call('Email/get', { ids: [odd], properties: ['subject', 'header:Subject'] })
    expect(list).toEqual([{ id: odd, subject: 'Hello \uFFFD\uFFFD!', 'header:Subject': ' Hello \uFFFD\uFFFD!' }])
  })
})
