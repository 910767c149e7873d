import { describe, expect, it } from 'vitest'
import { dispatch, MethodError, type JmapRequest, type Method } from '../../../src/protocol/jmap/index.ts'

const core = 'urn:ietf:params:jmap:core'
const faults: [string, unknown][] = []

const methods = new Map<string, Method>([
  ['Core/echo', { capability: core, run: (args) => ({ arguments: args }) }],
  [
    'Fail/get',
    {
      capability: core,
      run() {
        throw new MethodError('accountNotFound')
      },
    },
  ],
  [
    'Bug/get',
    {
      capability: core,
      run() {
        throw new TypeError('secret internals')
      },
    },
  ],
  [
    'Make/set',
    {
      capability: core,
      run(_, call) {
        call.createdIds.set('new', 'M1')
        return Promise.resolve({ arguments: { a: 1 }, implied: [{ name: 'Email/set', arguments: { b: 2 } }] })
      },
    },
  ],
  ['Mail/get', { capability: 'urn:ietf:params:jmap:mail', run: () => ({ arguments: {} }) }],
])

function run(calls: [string, object, string][], createdIds?: Record<string, string>) {
  const request: JmapRequest = {
    using: new Set([core]),
    calls: calls.map(([name, args, callId]) => ({ name, arguments: args as never, callId })),
    ...(createdIds === undefined ? {} : { createdIds: new Map(Object.entries(createdIds)) }),
  }
  return dispatch(request, {
    methods,
    maxReferenceWeight: 1000,
    onFault: (method, cause) => faults.push([method, cause]),
  })
}

describe('method calls (RFC 8620 §3.4, §3.6.2)', () => {
  it('echoes the example of §4.1', async () => {
    const { methodResponses } = await run([['Core/echo', { hello: true, high: 5 }, 'b3ff']])
    expect(methodResponses).toEqual([['Core/echo', { hello: true, high: 5 }, 'b3ff']])
  })

  it('answers in order and goes on after an error', async () => {
    const { methodResponses } = await run([
      ['Nope/get', {}, 'a'],
      ['Fail/get', {}, 'b'],
      ['Core/echo', {}, 'c'],
    ])
    expect(methodResponses).toEqual([
      ['error', { type: 'unknownMethod' }, 'a'],
      ['error', { type: 'accountNotFound' }, 'b'],
      ['Core/echo', {}, 'c'],
    ])
  })

  it('does not know a method whose capability is not in using', async () => {
    const { methodResponses } = await run([['Mail/get', {}, '0']])
    expect(methodResponses).toEqual([['error', { type: 'unknownMethod' }, '0']])
  })

  it('answers serverFail for a bug, tells the log and not the client', async () => {
    const { methodResponses } = await run([['Bug/get', {}, '0']])
    expect(methodResponses[0]?.[1]).toMatchObject({ type: 'serverFail' })
    expect(JSON.stringify(methodResponses)).not.toContain('secret')
    expect(faults.at(-1)?.[0]).toBe('Bug/get')
  })

  it('gives implied responses the same call id (RFC 8621 §7.5)', async () => {
    const { methodResponses } = await run([['Make/set', {}, '7']])
    expect(methodResponses).toEqual([
      ['Make/set', { a: 1 }, '7'],
      ['Email/set', { b: 2 }, '7'],
    ])
  })

  it('returns createdIds only when they were given, with what was added (§3.4)', async () => {
    expect((await run([['Make/set', {}, '0']])).createdIds).toBeUndefined()
    expect((await run([['Make/set', {}, '0']], { old: 'M0' })).createdIds).toEqual({ old: 'M0', new: 'M1' })
  })
})
