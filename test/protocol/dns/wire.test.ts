import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  canonicalName,
  decodeAnswer,
  decodeQuestion,
  type DnsZoneAnswer,
  encodeAnswer,
  encodeQuery,
  queryPath,
} from '../../../src/protocol/dns/index.ts'

const records = (type: string, name: string, ...data: unknown[]) =>
  data.map((each) => ({ type, name, ttl: 300, data: each }))

function reply(name: string, type: 'A' | 'MX' | 'TXT', answer: Partial<DnsZoneAnswer>): Uint8Array {
  return encodeAnswer({ id: 0, name, type }, { rcode: 'NOERROR', answers: [], ...answer })
}

describe('encodeQuery', () => {
  test('is the GET of RFC 8484 §4.1.1 but for EDNS: id 0, recursion desired, one question', () => {
    const query = encodeQuery('www.example.com', 'A') as Uint8Array
    expect([...query.subarray(0, 12)]).toEqual([0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1])
    expect(queryPath('https://dns.example/dns-query', query)).toMatch(
      /^https:\/\/dns\.example\/dns-query\?dns=AAABAAABAAAAAAABA3d3dwdleGFtcGxlA2NvbQAAAQAB[A-Za-z0-9_-]*$/,
    )
  })

  test('asks for DNSSEC by the DO bit (RFC 3225)', () => {
    const query = encodeQuery('example.com', 'MX') as Uint8Array
    expect([...query.subarray(-11)]).toEqual([0, 0, 41, 16, 0, 0, 0, 0x80, 0, 0, 0])
  })

  test.each(['', '.', 'a..b', `${'a'.repeat(64)}.example`, 'a.'.repeat(127) + 'aa', 'bücher.example', 'a\u0000.b'])(
    'refuses %j, which is no name on the wire',
    (name) => {
      expect(encodeQuery(name, 'A')).toBeUndefined()
    },
  )

  test.each(['bounce+1=a/b.example', '-a.example', 'a b.example', "o'b#c!._spf.example"])(
    'asks for %j: labels may hold any octets (RFC 2181 §11)',
    (name) => {
      expect(decodeQuestion(encodeQuery(name, 'A') as Uint8Array)?.name).toBe(name)
      const answers = records('A', name, '192.0.2.1')
      expect(decodeAnswer(reply(name, 'A', { answers }), name, 'A')).toMatchObject({ records: ['192.0.2.1'], name })
    },
  )

  test.each([
    ['Example.COM.', 'example.com'],
    ['_dmarc.example.com', '_dmarc.example.com'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
  ])('canonicalName(%j) is %j', (name, canonical) => expect(canonicalName(name)).toBe(canonical))
})

describe('decodeAnswer', () => {
  test('reads MX records with the smallest TTL', () => {
    const answers = [
      { type: 'MX', name: 'Example.com', ttl: 300, data: { preference: 10, exchange: 'MX1.example.com' } },
      { type: 'MX', name: 'example.com', ttl: 60, data: { preference: 20, exchange: 'mx2.example.com' } },
    ]
    expect(decodeAnswer(reply('example.com', 'MX', { answers, authentic: true }), 'example.com', 'MX')).toEqual({
      status: 'found',
      name: 'example.com',
      ttl: 60,
      authentic: true,
      records: [
        { preference: 10, exchange: 'mx1.example.com' },
        { preference: 20, exchange: 'mx2.example.com' },
      ],
    })
  })

  test('joins the strings of a TXT record without a gap', () => {
    const answers = records('TXT', 'example.com', ['v=spf1 ', '-all'])
    const answer = decodeAnswer(reply('example.com', 'TXT', { answers }), 'example.com', 'TXT')
    expect(answer).toMatchObject({ status: 'found', records: ['v=spf1 -all'] })
  })

  test('follows CNAMEs inside the answer, in any order', () => {
    const answers = [
      ...records('A', 'c.example', '192.0.2.1'),
      ...records('CNAME', 'b.example', 'c.example'),
      ...records('CNAME', 'a.example', 'b.example'),
    ]
    const answer = decodeAnswer(reply('a.example', 'A', { answers }), 'a.example', 'A')
    expect(answer).toMatchObject({ status: 'found', name: 'c.example', records: ['192.0.2.1'] })
  })

  test('takes no records of names that were not asked for', () => {
    const answers = records('A', 'evil.example', '192.0.2.66')
    expect(decodeAnswer(reply('a.example', 'A', { answers }), 'a.example', 'A')).toMatchObject({ status: 'nodata' })
  })

  test('NXDOMAIN and an empty answer differ, with the TTL of the SOA (RFC 2308 §5)', () => {
    const missing = reply('a.example', 'A', { rcode: 'NXDOMAIN', negativeTtl: 900 })
    expect(decodeAnswer(missing, 'a.example', 'A')).toEqual({ status: 'nxdomain', ttl: 900, authentic: false })
    expect(decodeAnswer(reply('a.example', 'A', { negativeTtl: 900 }), 'a.example', 'A')).toMatchObject({
      status: 'nodata',
      ttl: 900,
    })
    expect(decodeAnswer(reply('a.example', 'A', {}), 'a.example', 'A')).toMatchObject({ status: 'nodata', ttl: 60 })
  })

  test('a loop of CNAMEs is a failure', () => {
    const answers = [...records('CNAME', 'a.example', 'b.example'), ...records('CNAME', 'b.example', 'a.example')]
    const answer = decodeAnswer(reply('a.example', 'A', { answers }), 'a.example', 'A')
    expect(answer).toMatchObject({ status: 'failed', reason: expect.stringContaining('loop') as string })
  })

  const good = reply('a.example', 'A', { answers: records('A', 'a.example', '192.0.2.1') })
  const patched = (offset: number, value: number) => {
    const copy = good.slice()
    copy[offset] = value
    return copy
  }
  test.each<[string, Uint8Array]>([
    ['SERVFAIL', reply('a.example', 'A', { rcode: 'SERVFAIL' })],
    ['REFUSED', reply('a.example', 'A', { rcode: 'REFUSED' })],
    ['the answer to another name', reply('b.example', 'A', {})],
    ['the answer to another type', reply('a.example', 'MX', {})],
    ['a truncated answer (TC)', patched(2, 0x83)],
    ['a query', encodeQuery('a.example', 'A') as Uint8Array],
    ['nothing', new Uint8Array()],
    ['half a message', good.subarray(0, good.length - 3)],
    ['two questions', patched(5, 2)],
    ['a pointer loop', Uint8Array.from([0, 0, 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 12, 0, 1, 0, 1])],
    ['more than a DNS message', new Uint8Array(70_000)],
  ])('%s is a failure', (_name, bytes) => {
    expect(decodeAnswer(bytes, 'a.example', 'A')).toMatchObject({ status: 'failed' })
  })

  test('never throws, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(decodeAnswer(bytes, 'a.example', 'A').status).toBe('failed')
      }),
    )
    fc.assert(
      fc.property(fc.nat({ max: good.length - 1 }), fc.nat({ max: 255 }), (offset, value) => {
        expect(['found', 'nodata', 'nxdomain', 'failed']).toContain(
          decodeAnswer(patched(offset, value), 'a.example', 'A').status,
        )
      }),
    )
  })
})

test('decodeQuestion reads POST bytes and GET parameters, and refuses the rest', () => {
  const query = encodeQuery('a.example', 'AAAA') as Uint8Array
  const parameter = new URL(queryPath('https://dns.example/q?x=1', query)).searchParams.get('dns') as string
  expect(decodeQuestion(query)).toEqual({ id: 0, name: 'a.example', type: 'AAAA' })
  expect(decodeQuestion(parameter)).toEqual({ id: 0, name: 'a.example', type: 'AAAA' })
  expect(decodeQuestion('not base64 %')).toBeUndefined()
  expect(decodeQuestion(new Uint8Array(5))).toBeUndefined()
})
