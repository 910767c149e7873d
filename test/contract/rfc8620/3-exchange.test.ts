/**
 * RFC 8620 §3 and §4: requests, responses, and the errors of a request and of a method.
 */
import { describe, expect, it } from 'vitest'
import { memorySql } from '../../../src/host/memory/sql.ts'
import { simpleMessage, using, World, type Answer } from '../../access/jmap/world.ts'
import { coreUri, everything, methods, samples, wrongTypes } from './methods.ts'

const problem = (type: string) => ({
  status: 400,
  contentType: 'application/problem+json',
  body: { type: `urn:ietf:params:jmap:error:${type}`, status: 400, detail: expect.any(String) },
})
const limited = (limit: string) => ({ ...problem('limit').body, limit })
const request = (methodCalls: unknown, more: object = {}) => JSON.stringify({ using: everything, methodCalls, ...more })

/** So many calls, each of which would change something. */
const calls = (count: number) =>
  Array.from({ length: count }, (_, n) => ['Mailbox/set', { accountId: 'a1', create: { m: { name: `N${n}` } } }, 'c'])

/** A method call with every capability in `using`. */
async function call(world: World, name: string, args: object): Promise<Answer> {
  const { status, body } = await world.post(request([[name, args, 'c']]))
  expect(status).toBe(200)
  return body.methodResponses[0]
}

describe('§3.3 the Request object', () => {
  it('§3.3.1 takes the example; no server knows its methods, so each is answered by an error in its place', async () => {
    const { status, body } = await new World().post(`{
      "using": [ "urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail" ],
      "methodCalls": [
        [ "method1", {
          "arg1": "arg1data",
          "arg2": "arg2data"
        }, "c1" ],
        [ "method2", {
          "arg1": "arg1data"
        }, "c2" ],
        [ "method3", {}, "c3" ]
      ]
    }`)
    expect(status).toBe(200)
    expect(body.methodResponses).toEqual([
      ['error', { type: 'unknownMethod' }, 'c1'],
      ['error', { type: 'unknownMethod' }, 'c2'],
      ['error', { type: 'unknownMethod' }, 'c3'],
    ])
  })

  it('§3.3 ignores properties that it does not know', async () => {
    const { body } = await new World().post(request([['Core/echo', {}, 'c']], { '@type': 'Request', future: [1] }))
    expect(body.methodResponses).toEqual([['Core/echo', {}, 'c']])
  })

  it.each<[string, unknown]>([
    ['an array', []],
    ['null', null],
    ['a string', 'x'],
    ['another object', { foo: 'bar' }],
    ['no using', { methodCalls: [] }],
    ['using null', { using: null, methodCalls: [] }],
    ['using that holds a number', { using: [1], methodCalls: [] }],
    ['no methodCalls', { using }],
    ['methodCalls that is an object', { using, methodCalls: {} }],
    ['a call that is an object', { using, methodCalls: [{ name: 'Core/echo' }] }],
    ['a call without id', { using, methodCalls: [['Core/echo', {}]] }],
    ['a call of four', { using, methodCalls: [['Core/echo', {}, 'c', 1]] }],
    ['a call whose name is a number', { using, methodCalls: [[1, {}, 'c']] }],
    ['a call whose arguments are null', { using, methodCalls: [['Core/echo', null, 'c']] }],
    ['a call whose arguments are an array', { using, methodCalls: [['Core/echo', [], 'c']] }],
    ['a call whose id is a number', { using, methodCalls: [['Core/echo', {}, 0]] }],
    ['createdIds that is an array', { using, methodCalls: [], createdIds: [] }],
    ['createdIds with a value that is no Id', { using, methodCalls: [], createdIds: { a: 'b c' } }],
    ['createdIds with a key that is no Id', { using, methodCalls: [], createdIds: { '#a': 'b' } }],
  ])('§3.6.1 notRequest: %s', async (_, value) => {
    const world = new World()
    expect(await world.post(JSON.stringify(value))).toEqual(problem('notRequest'))
  })

  it('§3.6.1 one call that is none refuses the whole request: nothing of it runs', async () => {
    const world = new World()
    const { state } = await world.call('Mailbox/get', { ids: [] })
    const set = ['Mailbox/set', { accountId: 'a1', create: { m: { name: 'M' } } }, 's']
    expect((await world.post(request([set, ['Core/echo', {}]]))).status).toBe(400)
    expect((await world.call('Mailbox/get', { ids: [] })).state).toBe(state)
  })
})

describe('§3.3 using', () => {
  it('§3.6.1 unknownCapability: one that the server has not, which the detail names', async () => {
    const body = JSON.stringify({ using: [...using, 'https://example.com/apis/foobar'], methodCalls: [] })
    const answer = await new World().post(body)
    expect(answer).toEqual(problem('unknownCapability'))
    expect(answer.body.detail).toContain('https://example.com/apis/foobar')
  })

  it('§3.3 may be empty: then no method is known', async () => {
    const { status, body } = await new World().post(
      JSON.stringify({ using: [], methodCalls: [['Core/echo', {}, 'c']] }),
    )
    expect(status).toBe(200)
    expect(body.methodResponses).toEqual([['error', { type: 'unknownMethod' }, 'c']])
  })

  it.each(methods.map(({ name, capability, args }) => [name, capability, args] as const))(
    '§3.6.2 %s is unknownMethod unless %s is in using',
    async (name, capability, args) => {
      const world = new World()
      const methodCalls = [[name, { accountId: 'a1', ...args }, 'c']]
      const others = everything.filter((uri) => uri !== capability)
      const { body } = await world.post(JSON.stringify({ using: others, methodCalls }))
      expect(body.methodResponses).toEqual([['error', { type: 'unknownMethod' }, 'c']])
      const taken = await world.post(JSON.stringify({ using: [coreUri, capability], methodCalls }))
      expect(taken.body.methodResponses[0][0]).toBe(name)
    },
  )
})

describe('§3.4 the Response object', () => {
  it('§3.4 holds the answers in the order of the calls, with their ids, which need not differ', async () => {
    const { body } = await new World().post(
      request([
        ['Core/echo', { n: 1 }, 'same'],
        ['Nope/get', {}, ''],
        ['Core/echo', { n: 2 }, 'same'],
      ]),
    )
    expect(body.methodResponses).toEqual([
      ['Core/echo', { n: 1 }, 'same'],
      ['error', { type: 'unknownMethod' }, ''],
      ['Core/echo', { n: 2 }, 'same'],
    ])
  })

  it('§3.4 has createdIds only when the request had: all given, and those added', async () => {
    const world = new World()
    const set = ['Mailbox/set', { accountId: 'a1', create: { m: { name: 'M' }, bad: { name: '' } } }, 's']
    expect((await world.post(request([set]))).body).not.toHaveProperty('createdIds')
    const again = ['Mailbox/set', { accountId: 'a1', create: { n: { name: 'N' } } }, 's']
    const { body } = await world.post(request([again], { createdIds: { old: 'X1' } }))
    expect(body.createdIds).toEqual({ old: 'X1', n: body.methodResponses[0][1].created.n.id })
    expect((await world.post(request([], { createdIds: {} }))).body.createdIds).toEqual({})
  })
})

describe('§3.5 omitted arguments', () => {
  it('§3.5 are the same as their default, and as null where the type has it', async () => {
    const world = new World()
    world.deliver(simpleMessage)
    const explicit = { filter: null, sort: null, anchor: null, limit: null, position: 0, anchorOffset: 0 }
    const rest = { calculateTotal: false, collapseThreads: false }
    expect(await world.call('Email/query', { ...explicit, ...rest })).toEqual(await world.call('Email/query'))
    const all = await world.call('Mailbox/get')
    expect(await world.call('Mailbox/get', { ids: null, properties: null })).toEqual(all)
    const set = await world.call('Mailbox/set', { ifInState: null, create: null, update: null, destroy: null })
    expect(set).toEqual(await world.call('Mailbox/set', {}))
  })
})

describe('§3.6.1 limits of a request', () => {
  it('§3.6.1 maxSizeRequest: an octet more is refused, however it is composed', async () => {
    const body = request([['Core/echo', { é: 'ü' }, 'c']])
    const size = new TextEncoder().encode(body).length
    expect((await new World({ maxSizeRequest: size }).post(body)).status).toBe(200)
    expect((await new World({ maxSizeRequest: size - 1 }).post(body)).body).toEqual(limited('maxSizeRequest'))
  })

  it('§3.6.1 maxCallsInRequest: none of them runs', async () => {
    const world = new World()
    const { state } = await world.call('Mailbox/get', { ids: [] })
    const most = world.jmap.limits.maxCallsInRequest
    for (const count of [most + 1, 1000]) {
      expect((await world.post(request(calls(count)))).body).toEqual(limited('maxCallsInRequest'))
    }
    expect((await world.call('Mailbox/get', { ids: [] })).state).toBe(state)
    expect((await world.post(request(calls(most)))).body.methodResponses).toHaveLength(most)
  })

  it('§3.6.1 maxConcurrentRequests: one more is refused while they run, and taken when they are done', async () => {
    const world = new World({ maxConcurrentRequests: 2 })
    const body = request([])
    const answers = await Promise.all([world.post(body), world.post(body), world.post(body)])
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429])
    expect(answers[2]?.body).toEqual({ ...limited('maxConcurrentRequests'), status: 429 })
    expect((await world.post(body)).status).toBe(200)
  })

  it('§3.6.1 a request that is refused counts no longer', async () => {
    const world = new World({ maxConcurrentRequests: 1 })
    for (const body of ['{', '[]', JSON.stringify({ using: ['x:y'], methodCalls: [] })]) await world.post(body)
    expect((await world.post(request([]))).status).toBe(200)
  })
})

describe('§3.6.2 errors of a method', () => {
  const world = new World()

  it.each(methods.map(({ name, args }) => [name, args] as const))(
    '§3.6.2 %s: accountNotFound for an account that is not there',
    async (name, args) => {
      for (const accountId of ['a2', 'A1', '-', 'x'.repeat(255)]) {
        expect(await call(world, name, { ...args, accountId })).toEqual(['error', { type: 'accountNotFound' }, 'c'])
      }
    },
  )

  it.each(methods.map(({ name, args }) => [name, args] as const))(
    '§3.6.2 %s: invalidArguments without accountId, with one of a wrong type, and with an unknown argument',
    async (name, args) => {
      for (const more of [{}, { accountId: 'a1', surprise: 1 }, { accountId: 'a1', __proto: null }]) {
        expect((await call(world, name, { ...args, ...more }))[1]).toMatchObject({ type: 'invalidArguments' })
      }
      for (const [type, accountId] of Object.entries(samples)) {
        if (type === 'string') continue
        expect((await call(world, name, { ...args, accountId }))[1]).toMatchObject({ type: 'invalidArguments' })
      }
    },
  )

  const typed = methods.filter(({ name }) => wrongTypes(name).length > 0)
  it.each(typed.map(({ name, args }) => [name, args] as const))(
    '§3.6.2 %s: invalidArguments for every wrong type of every standard argument',
    async (name, args) => {
      for (const [argument, type, value] of wrongTypes(name)) {
        const [response, error] = await call(world, name, { accountId: 'a1', ...args, [argument]: value })
        expect([argument, type, response, error.type]).toEqual([argument, type, 'error', 'invalidArguments'])
        expect(error.description).toEqual(expect.any(String))
      }
    },
  )

  it('§3.6.2 an error ends its method and no other, and changes nothing', async () => {
    const fresh = new World()
    const before = await fresh.call('Mailbox/get', {})
    const answers = await fresh.request(
      ['Mailbox/set', { create: { m: { name: 'M' } }, destroy: 'everything' }],
      ['Mailbox/set', { create: { m: { name: 'M' } }, ifInState: '999999' }],
      ['Mailbox/get', {}],
    )
    expect(answers.map(([name, { type }]: Answer) => type ?? name)).toEqual([
      'invalidArguments',
      'stateMismatch',
      'Mailbox/get',
    ])
    expect(answers[2][1]).toEqual(before)
  })

  it('§3.6.2 serverFail for a fault of ours: described, without its inside, told to the log, and the rest goes on', async () => {
    const sql = memorySql()
    let broken = false
    const exec: typeof sql.exec = (query, ...bindings) => {
      if (broken) throw new Error('SQLITE_IOERR at /secret/path')
      return sql.exec(query, ...bindings)
    }
    const faulty = new World({}, { sql: { exec, transaction: (work) => sql.transaction(work) } })
    const before = await faulty.call('Mailbox/get')
    broken = true
    const answers = await faulty.request(['Mailbox/set', { create: { m: { name: 'M' } } }], ['Core/echo', { a: 1 }])
    broken = false
    expect(answers).toEqual([
      ['error', { type: 'serverFail', description: expect.not.stringContaining('SQLITE') }, 'c0'],
      ['Core/echo', { a: 1 }, 'c1'],
    ])
    expect(faulty.faults).toEqual([['Mailbox/set', expect.objectContaining({ message: expect.any(String) })]])
    expect(await faulty.call('Mailbox/get')).toEqual(before)
  })
})

describe('§4 Core/echo', () => {
  it('§4.1 answers the example', async () => {
    const { body } = await new World().post(`{"using":["${coreUri}"],"methodCalls":[[ "Core/echo", {
      "hello": true,
      "high": 5
    }, "b3ff" ]]}`)
    expect(body.methodResponses).toEqual([['Core/echo', { hello: true, high: 5 }, 'b3ff']])
  })

  it('§4 returns exactly the arguments it is given, whatever they are called', async () => {
    const args = '{"a":[null,1.5,-1e-7,"\\u0000é😀",{"__proto__":{"x":[]},"constructor":""}],"":{}}'
    const body = new TextEncoder().encode(`{"using":["${coreUri}"],"methodCalls":[["Core/echo",${args},"c"]]}`)
    const text = (await new World().jmap.handle(body)).body
    expect(text).toContain(JSON.stringify(JSON.parse(args)))
  })
})
