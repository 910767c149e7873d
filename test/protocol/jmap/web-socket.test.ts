import { describe, expect, it } from 'vitest'
import {
  offersJmap,
  parseWebSocketMessage,
  webSocketRequestError,
  webSocketResponse,
  webSocketStateChange,
} from '../../../src/protocol/jmap/index.ts'

const parse = (value: unknown) => parseWebSocketMessage(JSON.stringify(value), 1000)

describe('messages from the client (RFC 8887 §4.3)', () => {
  it('is a Request with its id (§4.3.2)', () => {
    const request = { '@type': 'Request', id: 'R1', using: [], methodCalls: [] }
    expect(parse(request)).toEqual({ type: 'Request', id: 'R1', request })
    expect(parse({ '@type': 'Request' })).toMatchObject({ type: 'Request', id: undefined })
  })

  it('enables push for some types or all, from a state or from now (§4.3.5.2)', () => {
    expect(parse({ '@type': 'WebSocketPushEnable', dataTypes: ['Mailbox', 'Email'], pushState: 'aaa' })).toEqual({
      type: 'WebSocketPushEnable',
      dataTypes: new Set(['Mailbox', 'Email']),
      pushState: 'aaa',
    })
    const all = { type: 'WebSocketPushEnable', dataTypes: undefined, pushState: undefined }
    expect(parse({ '@type': 'WebSocketPushEnable', dataTypes: null, pushState: null })).toEqual(all)
    expect(parse({ '@type': 'WebSocketPushEnable' })).toEqual(all)
  })

  it('disables push (§4.3.5.3)', () => {
    expect(parse({ '@type': 'WebSocketPushDisable' })).toEqual({ type: 'WebSocketPushDisable' })
  })

  it.each([
    ['no JSON', '{', 'notJSON', undefined],
    ['two equal names', '{"@type":"Request","id":"a","id":"b"}', 'notJSON', undefined],
    ['no object', '[]', 'notRequest', undefined],
    ['no type', '{"id":"R1"}', 'notRequest', 'R1'],
    ['a type of the server', '{"@type":"Response","id":"R1"}', 'notRequest', 'R1'],
    ['an id that is no string', '{"@type":"Request","id":7}', 'notRequest', undefined],
    ['types that are no list', '{"@type":"WebSocketPushEnable","dataTypes":"Email"}', 'notRequest', undefined],
    ['types that are no names', '{"@type":"WebSocketPushEnable","dataTypes":["é"]}', 'notRequest', undefined],
    ['a state that is no string', '{"@type":"WebSocketPushEnable","pushState":1}', 'notRequest', undefined],
    ['the type of a prototype', '{"__proto__":{"@type":"Request"}}', 'notRequest', undefined],
    [
      'more types than a sleeping socket can remember',
      JSON.stringify({ '@type': 'WebSocketPushEnable', dataTypes: Array.from({ length: 101 }, () => 'E') }),
      'notRequest',
      undefined,
    ],
  ])('refuses %s (§4.3.1)', (_, text, type, id) => {
    expect(parseWebSocketMessage(text, 1000)).toMatchObject({
      type: 'problem',
      id,
      problem: { type: `urn:ietf:params:jmap:error:${type}`, status: 400 },
    })
  })

  it('counts octets, not characters, against maxSizeRequest', () => {
    const text = JSON.stringify({ '@type': 'Request', text: '€'.repeat(100) })
    expect(parseWebSocketMessage(text, text.length + 200).type).toBe('Request')
    expect(parseWebSocketMessage(text, text.length + 199)).toMatchObject({ problem: { limit: 'maxSizeRequest' } })
    expect(parseWebSocketMessage(text, text.length - 1)).toMatchObject({ problem: { limit: 'maxSizeRequest' } })
  })
})

describe('messages from the server (RFC 8887 §4.3)', () => {
  it('names the request that it answers, when the request had a name (§4.3.3)', () => {
    const response = { methodResponses: [], sessionState: 's' }
    expect(JSON.parse(webSocketResponse(response, 'R1'))).toEqual({ '@type': 'Response', requestId: 'R1', ...response })
    expect(JSON.parse(webSocketResponse(response, undefined))).toEqual({ '@type': 'Response', ...response })
  })

  it('is a RequestError, whose requestId may be null (§4.3.4)', () => {
    const problem = { type: 'urn:ietf:params:jmap:error:notJSON', status: 400, detail: 'x' }
    expect(JSON.parse(webSocketRequestError(problem, undefined))).toEqual({
      '@type': 'RequestError',
      requestId: null,
      ...problem,
    })
  })

  it('is a StateChange with the state to come back with (§4.3.5.1)', () => {
    const change = { '@type': 'StateChange', changed: { a456: { Mailbox: '0af7a512ce70' } } } as const
    expect(JSON.parse(webSocketStateChange(change, 'bbb'))).toEqual({ ...change, pushState: 'bbb' })
  })
})

it.each([
  ['jmap', true],
  ['chat, jmap', true],
  ['JMAP', false],
  ['jmap2', false],
  ['', false],
  [null, false],
])('takes the subprotocol %j: %j (RFC 8887 §4.2)', (header, offered) => {
  expect(offersJmap(header)).toBe(offered)
})
