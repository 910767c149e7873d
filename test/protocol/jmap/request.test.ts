import { describe, expect, it } from 'vitest'
import { encodeUtf8 } from '../../../src/format/index.ts'
import { parseRequest } from '../../../src/protocol/jmap/index.ts'

const limits = { maxSizeRequest: 2000, maxCallsInRequest: 3 }
const supported = new Set(['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:mail'])

function parse(body: string | Uint8Array) {
  return parseRequest(typeof body === 'string' ? encodeUtf8(body) : body, limits, supported)
}

function problemType(body: string | Uint8Array): string {
  const parsed = parse(body)
  if (!('problem' in parsed)) throw new Error('the request was taken')
  expect(parsed.problem.status).toBe(400)
  return parsed.problem.type.replace('urn:ietf:params:jmap:error:', '')
}

describe('Request object (RFC 8620 §3.3)', () => {
  it('takes the example of §3.3.1', () => {
    const parsed = parse(`{
      "using": [ "urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail" ],
      "methodCalls": [
        [ "method1", { "arg1": "arg1data", "arg2": "arg2data" }, "c1" ],
        [ "method2", { "arg1": "arg1data" }, "c2" ],
        [ "method3", {}, "c3" ]
      ]
    }`)
    if (!('request' in parsed)) throw new Error(parsed.problem.detail)
    expect(parsed.request.calls.map((call) => [call.name, call.callId])).toEqual([
      ['method1', 'c1'],
      ['method2', 'c2'],
      ['method3', 'c3'],
    ])
    expect(parsed.request.createdIds).toBeUndefined()
  })

  it('ignores members it does not know', () => {
    expect('request' in parse('{"using":[],"methodCalls":[],"newThing":{"a":1}}')).toBe(true)
  })

  it('keeps a member called __proto__ a plain member', () => {
    const parsed = parse('{"using":[],"methodCalls":[["a",{"__proto__":{"x":1}},"0"]]}')
    if (!('request' in parsed)) throw new Error(parsed.problem.detail)
    expect(Object.keys(parsed.request.calls[0]?.arguments ?? {})).toEqual(['__proto__'])
  })
})

describe('request-level errors (RFC 8620 §3.6.1)', () => {
  it.each([
    ['empty', ''],
    ['not JSON', '{"using":['],
    ['duplicate names (RFC 7493 §2.3)', '{"using":[],"using":[],"methodCalls":[]}'],
    ['duplicate names deep inside', '{"using":[],"methodCalls":[["a",{"b":{"c":":","c":2}},"0"]]}'],
    ['a lone surrogate (RFC 7493 §2.1)', '{"using":["\\ud800"],"methodCalls":[]}'],
    ['a lone surrogate in a name', '{"using":[],"methodCalls":[["a",{"\\udfff":1},"0"]]}'],
    ['nesting without end', `{"using":[],"methodCalls":[["a",{"b":${'['.repeat(300)}${']'.repeat(300)}},"0"]]}`],
  ])('notJSON: %s', (_, body) => {
    expect(problemType(body)).toBe('notJSON')
  })

  it('notJSON: octets that are not UTF-8', () => {
    expect(problemType(Uint8Array.of(0x22, 0xff, 0x22))).toBe('notJSON')
  })

  it('does not take escaped quotes and colons in strings for members', () => {
    expect('request' in parse('{"using":[],"methodCalls":[["a",{"x\\":\\\\":"a:\\":b\\\\"},"0"]]}')).toBe(true)
  })

  it.each([
    ['an array', '[]'],
    ['null', 'null'],
    ['no using', '{"methodCalls":[]}'],
    ['using a string', '{"using":"urn:ietf:params:jmap:core","methodCalls":[]}'],
    ['using numbers', '{"using":[1],"methodCalls":[]}'],
    ['no methodCalls', '{"using":[]}'],
    ['a call that is an object', '{"using":[],"methodCalls":[{}]}'],
    ['a call of two', '{"using":[],"methodCalls":[["a",{}]]}'],
    ['a call of four', '{"using":[],"methodCalls":[["a",{},"0",1]]}'],
    ['a name that is a number', '{"using":[],"methodCalls":[[1,{},"0"]]}'],
    ['arguments that are an array', '{"using":[],"methodCalls":[["a",[],"0"]]}'],
    ['arguments that are null', '{"using":[],"methodCalls":[["a",null,"0"]]}'],
    ['a call id that is a number', '{"using":[],"methodCalls":[["a",{},0]]}'],
    ['createdIds that is an array', '{"using":[],"methodCalls":[],"createdIds":[]}'],
    ['createdIds with a value that is no Id', '{"using":[],"methodCalls":[],"createdIds":{"a":"b c"}}'],
    ['createdIds with a key that is no Id', '{"using":[],"methodCalls":[],"createdIds":{"":"b"}}'],
  ])('notRequest: %s', (_, body) => {
    expect(problemType(body)).toBe('notRequest')
  })

  it('unknownCapability names what it does not know', () => {
    const parsed = parse('{"using":["https://example.com/apis/foobar"],"methodCalls":[]}')
    expect(parsed).toMatchObject({
      problem: { type: 'urn:ietf:params:jmap:error:unknownCapability', status: 400 },
    })
  })

  it('limit: names maxSizeRequest', () => {
    expect(parse(new Uint8Array(2001))).toMatchObject({
      problem: { type: 'urn:ietf:params:jmap:error:limit', limit: 'maxSizeRequest', status: 400 },
    })
  })

  it('limit: names maxCallsInRequest', () => {
    const calls = Array.from({ length: 4 }, (_, index) => ['Core/echo', {}, String(index)])
    expect(parse(JSON.stringify({ using: [], methodCalls: calls }))).toMatchObject({
      problem: { limit: 'maxCallsInRequest' },
    })
  })
})
