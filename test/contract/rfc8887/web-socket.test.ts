/**
 * RFC 8887: what is said over a JMAP WebSocket. The sockets themselves are tested in test/host/workers/jmap-socket.test.ts.
 */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  filterTypes,
  parseWebSocketMessage,
  webSocketRequestError,
  webSocketStateChange,
} from '../../../src/protocol/jmap/index.ts'
import { simpleMessage, World, type Answer } from '../../access/jmap/world.ts'

/** What a text from the client is answered by; undefined: by nothing. */
async function answer(world: World, text: string): Promise<Answer> {
  const { jmap } = world
  const message = parseWebSocketMessage(text, jmap.limits.maxSizeRequest)
  if (message.type === 'Request') return JSON.parse(await jmap.handleMessage(message.id, message.request))
  if (message.type === 'problem') return JSON.parse(webSocketRequestError(message.problem, message.id))
  if (message.type !== 'WebSocketPushEnable' || message.pushState === undefined) return undefined
  const missed = jmap.stateChangeSince(message.pushState)
  const wanted = missed === undefined ? undefined : filterTypes(missed, message.dataTypes)
  return wanted === undefined ? undefined : JSON.parse(webSocketStateChange(wanted, jmap.eventId))
}

describe('§4.4 the example', () => {
  it('§4.4 push is enabled from a state, a request answered, and what is no JSON refused', async () => {
    const world = new World()
    const pushState = world.jmap.eventId
    await world.call('Mailbox/set', { create: { m: { name: 'M' } } })
    // With a state that this server gave, as all states are its own.
    const enable = `{
      "@type": "WebSocketPushEnable",
      "dataTypes": [ "Mailbox", "Email" ],
      "pushState": "aaa"
    }`.replace('aaa', pushState)
    expect(await answer(world, enable)).toEqual({
      '@type': 'StateChange',
      changed: { a1: { Mailbox: world.jmap.eventId } },
      pushState: world.jmap.eventId,
    })

    const request = `{
      "@type": "Request",
      "id": "R1",
      "using": [ "urn:ietf:params:jmap:core" ],
      "methodCalls": [
        [
          "Core/echo", {
            "hello": true,
            "high": 5
          },
          "b3ff"
        ]
      ]
    }`
    expect(await answer(world, request)).toEqual({
      '@type': 'Response',
      requestId: 'R1',
      methodResponses: [['Core/echo', { hello: true, high: 5 }, 'b3ff']],
      sessionState: (world.jmap.session('https://x') as Answer).state,
    })

    expect(await answer(world, 'The quick brown fox jumps over the lazy dog.')).toEqual({
      '@type': 'RequestError',
      requestId: null,
      type: 'urn:ietf:params:jmap:error:notJSON',
      status: 400,
      detail: expect.any(String),
    })

    world.deliver(simpleMessage)
    const change = world.jmap.stateChange(world.commits.at(-1) as never)
    const told = filterTypes(change as never, new Set(['Mailbox', 'Email']))
    expect(JSON.parse(webSocketStateChange(told as never, world.jmap.eventId))).toEqual({
      '@type': 'StateChange',
      changed: { a1: { Mailbox: world.jmap.eventId, Email: world.jmap.eventId } },
      pushState: world.jmap.eventId,
    })
  })
})

describe('§4.3 requests and responses', () => {
  const core = '"using":["urn:ietf:params:jmap:core"]'

  it('§4.3.3 a request without id is answered without requestId', async () => {
    const response = await answer(new World(), `{"@type":"Request",${core},"methodCalls":[]}`)
    expect(response).toEqual({ '@type': 'Response', methodResponses: [], sessionState: expect.any(String) })
  })

  it('§4.3.2 has createdIds as over HTTP', async () => {
    const text = `{"@type":"Request","id":"R",${core},"methodCalls":[],"createdIds":{"a":"B1"}}`
    expect(await answer(new World(), text)).toMatchObject({ requestId: 'R', createdIds: { a: 'B1' } })
  })

  it.each([
    ['notJSON', null, '{"@type":"Request",'],
    ['notJSON', null, '{"@type":"Request","@type":"Request","id":"R"}'],
    ['notRequest', null, '[]'],
    ['notRequest', null, '"Request"'],
    ['notRequest', 'R', `{"id":"R",${core},"methodCalls":[]}`],
    ['notRequest', 'R', `{"@type":"request","id":"R",${core},"methodCalls":[]}`],
    ['notRequest', 'R', '{"@type":"Request","id":"R"}'],
    ['notRequest', null, `{"@type":"Request","id":1,${core},"methodCalls":[]}`],
    ['notRequest', 'R', '{"@type":"WebSocketPushEnable","id":"R","dataTypes":"Email"}'],
    ['notRequest', 'R', '{"@type":"WebSocketPushEnable","id":"R","dataTypes":null,"pushState":1}'],
    ['unknownCapability', 'R', '{"@type":"Request","id":"R","using":["x:y"],"methodCalls":[]}'],
  ])('§4.3.4 RequestError %s, with the id %j of the request: %s', async (type, requestId, text) => {
    expect(await answer(new World(), text)).toMatchObject({
      '@type': 'RequestError',
      requestId,
      type: `urn:ietf:params:jmap:error:${type}`,
      status: 400,
    })
  })

  it('§4.3.4 RequestError limit: the limits of HTTP requests are those of messages', async () => {
    const world = new World({ maxSizeRequest: 200, maxCallsInRequest: 1 })
    const echo = '["Core/echo",{},"c"]'
    const many = `{"@type":"Request","id":"R",${core},"methodCalls":[${echo},${echo}]}`
    expect(await answer(world, many)).toMatchObject({ requestId: 'R', limit: 'maxCallsInRequest' })
    const long = `{"@type":"Request","id":"${'x'.repeat(200)}",${core},"methodCalls":[]}`
    expect(await answer(world, long)).toMatchObject({ requestId: null, limit: 'maxSizeRequest' })
    const busy = new World({ maxConcurrentRequests: 1 })
    const one = `{"@type":"Request","id":"R",${core},"methodCalls":[]}`
    const answers = await Promise.all([answer(busy, one), answer(busy, one)])
    expect(answers.map((each) => each['@type'])).toEqual(['Response', 'RequestError'])
    expect(answers[1]).toMatchObject({ requestId: 'R', limit: 'maxConcurrentRequests' })
  })

  it('§4.3 any text is answered or enables something, and nothing else happens', async () => {
    const world = new World()
    const known = fc.constantFrom('Request', 'WebSocketPushEnable', 'WebSocketPushDisable', 'Response', 1, null)
    const names = fc.constantFrom('id', 'using', 'methodCalls', 'dataTypes', 'pushState', 'createdIds')
    const message = fc
      .tuple(known, fc.dictionary(names, fc.jsonValue()))
      .map(([type, rest]) => JSON.stringify({ '@type': type, ...rest }))
    await fc.assert(
      fc.asyncProperty(fc.oneof(message, fc.string(), fc.json()), async (text) => {
        const told = await answer(world, text)
        if (told !== undefined) expect(['Response', 'RequestError', 'StateChange']).toContain(told['@type'])
        expect([world.faults, world.commits]).toEqual([[], []])
      }),
      { numRuns: 500 },
    )
  })
})

describe('§4.3.5 push', () => {
  it('§4.3.5.2 tells what was missed since a pushState, of the types asked for, and nothing when nothing was', async () => {
    const world = new World()
    const pushState = world.jmap.eventId
    const enable = (dataTypes: string[] | null, since: string | null) =>
      answer(world, JSON.stringify({ '@type': 'WebSocketPushEnable', dataTypes, pushState: since }))
    expect(await enable(null, pushState)).toBeUndefined()
    world.deliver(simpleMessage)
    expect(Object.keys((await enable(['Email'], pushState)).changed.a1)).toEqual(['Email'])
    expect(Object.keys((await enable(null, pushState)).changed.a1)).toContain('EmailDelivery')
    expect(await enable(['Identity'], pushState)).toBeUndefined()
    expect(await enable(null, null)).toBeUndefined()
    expect(await enable(null, world.jmap.eventId)).toBeUndefined()
  })
})
