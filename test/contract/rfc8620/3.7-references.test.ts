/**
 * RFC 8620 §3.7: references to previous method results.
 */
import { describe, expect, it } from 'vitest'
import { using, World, type Answer } from '../../access/jmap/world.ts'

const refer = (resultOf: string, name: string, path: string) => ({ resultOf, name, path })

/** What `#v` of a second call becomes, when the first answers these arguments. */
async function resolve(args: object, path: string): Promise<Answer> {
  const answers = await new World().request(
    ['Core/echo', args as Record<string, unknown>],
    ['Core/echo', { '#v': refer('c0', 'Core/echo', path) }],
  )
  return answers[1][0] === 'error' ? answers[1][1].type : answers[1][1].v
}

describe('§3.7 examples', () => {
  it('§3.7 what was created since a state is fetched in the same request', async () => {
    const world = new World()
    const { state } = await world.call('Mailbox/get', { ids: [] })
    const { created } = await world.call('Mailbox/set', { create: { a: { name: 'A' }, b: { name: 'B' } } })
    // The example with Mailbox for Foo, and the ids and states that a server chooses.
    const { body } = await world.post(
      JSON.stringify({ using, methodCalls: 'METHODCALLS' }).replace(
        '"METHODCALLS"',
        `[[ "Mailbox/changes", {
            "accountId": "a1",
            "sinceState": "${state}"
        }, "t0" ],
        [ "Mailbox/get", {
            "accountId": "a1",
            "#ids": {
                "resultOf": "t0",
                "name": "Mailbox/changes",
                "path": "/created"
            }
        }, "t1" ]]`,
      ),
    )
    const [[, changes], [, get]] = body.methodResponses
    expect(changes).toMatchObject({ oldState: state, hasMoreChanges: false, updated: [], destroyed: [] })
    expect(changes.created).toEqual([created.a.id, created.b.id])
    expect(get.list.map(({ name }: Answer) => name)).toEqual(['A', 'B'])
  })

  it('§3.7 the first threads of the inbox, in one request', async () => {
    const world = new World()
    const hour = 3_600_000
    for (let n = 0; n < 12; n++) {
      const reply = n % 3 === 2 ? `In-Reply-To: <m${n - 1}@x>\n` : ''
      const subject = n % 3 === 2 ? `Re: S${n - 1}` : `S${n}`
      const raw = `From: p${n}@x.test\nSubject: ${subject}\nMessage-ID: <m${n}@x>\n${reply}\nHi\n`
      world.deliver(raw, { receivedAt: world.now + n * hour })
    }
    // Verbatim but for the account's and the inbox's id.
    const methodCalls = `[[ "Email/query", {
        "accountId": "A1",
        "filter": { "inMailbox": "id_of_inbox" },
        "sort": [{ "property": "receivedAt", "isAscending": false }],
        "collapseThreads": true,
        "position": 0,
        "limit": 10,
        "calculateTotal": true
      }, "t0" ],
      [ "Email/get", {
        "accountId": "A1",
        "#ids": {
          "resultOf": "t0",
          "name": "Email/query",
          "path": "/ids"
        },
        "properties": [ "threadId" ]
      }, "t1" ],
      [ "Thread/get", {
        "accountId": "A1",
        "#ids": {
          "resultOf": "t1",
          "name": "Email/get",
          "path": "/list/*/threadId"
        }
      }, "t2" ],
      [ "Email/get", {
        "accountId": "A1",
        "#ids": {
          "resultOf": "t2",
          "name": "Thread/get",
          "path": "/list/*/emailIds"
        },
        "properties": [ "from", "receivedAt", "subject" ]
      }, "t3" ]]`
      .replaceAll('A1', 'a1')
      .replace('id_of_inbox', world.mailbox('inbox'))
    const { body } = await world.post(`{"using":${JSON.stringify(using)},"methodCalls":${methodCalls}}`)
    const answers: [string, Answer, string][] = body.methodResponses
    expect(answers.map(([name, , id]) => [name, id])).toEqual([
      ['Email/query', 't0'],
      ['Email/get', 't1'],
      ['Thread/get', 't2'],
      ['Email/get', 't3'],
    ])
    const [query, , threads, emails] = answers.map(([, args]) => args)
    expect(query).toMatchObject({ accountId: 'a1', canCalculateChanges: true, position: 0, total: 8 })
    expect(threads.list.map(({ emailIds }: Answer) => emailIds.length)).toEqual([2, 1, 2, 1, 2, 1, 2, 1])
    expect(emails.list).toHaveLength(12)
    expect(Object.keys(emails.list[0]).toSorted()).toEqual(['from', 'id', 'receivedAt', 'subject'])
  })
})

describe('§3.7 JSON pointers (RFC 6901), and * over arrays', () => {
  const document = {
    foo: ['bar', 'baz'],
    '': 0,
    'a/b': 1,
    'c%d': 2,
    'e^f': 3,
    'g|h': 4,
    'i\\j': 5,
    'k"l': 6,
    ' ': 7,
    'm~n': 8,
    '~1': 9,
    '*': 'star',
    none: null,
    list: [{ ids: ['a', 'b'] }, { ids: [] }, { ids: ['c'] }],
    nested: [[[1, 2], [3]], [[4]]],
    objects: [{ o: { p: 1 } }, { o: { p: [2, 3] } }],
  }

  it.each<[string, unknown]>([
    ['', document],
    ['/foo', ['bar', 'baz']],
    ['/foo/0', 'bar'],
    ['/', 0],
    ['/a~1b', 1],
    ['/c%d', 2],
    ['/e^f', 3],
    ['/g|h', 4],
    ['/i\\j', 5],
    ['/k"l', 6],
    ['/ ', 7],
    ['/m~0n', 8],
    ['/~01', 9],
    ['/*', 'star'],
    ['/none', null],
    ['/list/*/ids', ['a', 'b', 'c']],
    ['/list/*', document.list],
    ['/list/2/ids/*', ['c']],
    ['/list/1/ids/*', []],
    ['/list/1/ids/*/anything', []],
    ['/nested/*', [[1, 2], [3], [4]]],
    ['/nested/*/*', [1, 2, 3, 4]],
    ['/objects/*/o/p', [1, 2, 3]],
  ])('§3.7 %j', async (path, value) => {
    expect(await resolve(document, path)).toEqual(value)
  })

  it.each([
    ['a member that is not there', '/bar'],
    ['an index out of range', '/foo/2'],
    ['an index with a leading zero', '/foo/00'],
    ['a negative index', '/foo/-1'],
    ['the index past the end', '/foo/-'],
    ['the length of an array', '/foo/length'],
    ['a member of a string', '/foo/0/length'],
    ['a member of null', '/none/a'],
    ['* within an object', '/list/0/*'],
    ['one item without the member', '/list/*/ids/0'],
    ['a pointer without a slash', 'foo'],
    ['a broken escape', '/m~2n'],
    ['an escape cut off', '/m~'],
    ['what every object inherits', '/constructor'],
    ['the prototype', '/__proto__'],
  ])('§3.7 invalidResultReference: %s', async (_, path) => {
    expect(await resolve(document, path)).toBe('invalidResultReference')
  })
})

describe('§3.7 which response', () => {
  it.each<[string, unknown]>([
    ['a call that is not there', refer('c9', 'Core/echo', '')],
    ['a call that comes later', refer('c2', 'Core/echo', '')],
    ['the very call', refer('c1', 'Core/echo', '')],
    ['another name than the response has', refer('c0', 'Email/get', '')],
    ['a name in another case', refer('c0', 'core/echo', '')],
    ['no object', 'c0'],
    ['null', null],
    ['no path', { resultOf: 'c0', name: 'Core/echo' }],
    ['a path of a wrong type', { resultOf: 'c0', name: 'Core/echo', path: 1 }],
    ['no name', { resultOf: 'c0', path: '' }],
    ['no call', { name: 'Core/echo', path: '' }],
  ])('§3.7 invalidResultReference: %s; the other calls go on', async (_, reference) => {
    const answers = await new World().request(
      ['Core/echo', { a: 1 }],
      ['Core/echo', { '#b': reference }],
      ['Core/echo', {}],
    )
    expect(answers.map(([name, args]: Answer) => args.type ?? name)).toEqual([
      'Core/echo',
      'invalidResultReference',
      'Core/echo',
    ])
  })

  it('§3.7 invalidResultReference: a call that failed, unless the error itself is asked for', async () => {
    const answers = await new World().request(
      ['Email/get', { ids: 'all' }],
      ['Core/echo', { '#a': refer('c0', 'Email/get', '/list') }],
      ['Core/echo', { '#a': refer('c0', 'error', '/type') }],
    )
    expect(answers[1][1].type).toBe('invalidResultReference')
    expect(answers[2][1]).toEqual({ a: 'invalidArguments' })
  })

  it('§3.7 the first of several with the same id', async () => {
    const calls = [
      ['Core/echo', { n: 1 }, 'x'],
      ['Core/echo', { n: 2 }, 'x'],
      ['Core/echo', { '#n': refer('x', 'Core/echo', '/n') }, 'y'],
    ]
    const { body } = await new World().post(JSON.stringify({ using, methodCalls: calls }))
    expect(body.methodResponses[2][1]).toEqual({ n: 1 })
  })

  it('§3.7 invalidArguments: an argument in both forms', async () => {
    const reference = refer('c0', 'Core/echo', '/ids')
    const answers = await new World().request(
      ['Core/echo', { ids: [] }],
      ['Email/get', { ids: [], '#ids': reference }],
      ['Email/get', { '#ids': reference }],
    )
    expect([answers[1][1].type, answers[2][0]]).toEqual(['invalidArguments', 'Email/get'])
  })

  it('§3.7 what a reference gives is checked like any argument', async () => {
    const world = new World()
    const answers = await world.request(
      ['Core/echo', { ids: [1], account: 'a2', nothing: null }],
      ['Email/get', { '#ids': refer('c0', 'Core/echo', '/ids') }],
      ['Mailbox/get', { '#ids': refer('c0', 'Core/echo', '/nothing') }],
    )
    expect(answers[1][1].type).toBe('invalidArguments')
    expect(answers[2][1].list.length).toBeGreaterThan(0)
    const methodCalls = [
      ['Core/echo', { account: 'a2' }, '0'],
      ['Mailbox/get', { '#accountId': refer('0', 'Core/echo', '/account') }, '1'],
    ]
    const { body } = await world.post(JSON.stringify({ using, methodCalls }))
    expect(body.methodResponses[1][1]).toEqual({ type: 'accountNotFound' })
  })

  it('§3.7 only the arguments themselves are references, not what is inside them', async () => {
    const inner = { '#ids': refer('c0', 'Core/echo', '') }
    const answers = await new World().request(['Core/echo', {}], ['Core/echo', { filter: inner }])
    expect(answers[1][1]).toEqual({ filter: inner })
  })

  it('§3.7 references of references of references go as deep as a request has calls', async () => {
    const calls = Array.from({ length: 64 }, (_, n): [string, Record<string, unknown>] => [
      'Core/echo',
      n === 0 ? { v: 'deep' } : { '#v': refer(`c${n - 1}`, 'Core/echo', '') },
    ])
    const answers = await new World().request(...calls)
    let value = answers[63][1]
    for (let n = 0; n < 63; n++) value = value.v
    expect(value).toEqual({ v: 'deep' })
  })

  it('§3.7 cannot multiply data without end', async () => {
    const world = new World()
    const calls = Array.from({ length: 60 }, (_, n): [string, Record<string, unknown>] => [
      'Core/echo',
      n === 0
        ? { a: 'x'.repeat(1000) }
        : { '#a': refer(`c${n - 1}`, 'Core/echo', ''), '#b': refer(`c${n - 1}`, 'Core/echo', '') },
    ])
    const answers = await world.request(...calls)
    expect(JSON.stringify(answers).length).toBeLessThan(4 * world.jmap.limits.maxSizeRequest)
    expect(answers.at(-1)[1].type).toBe('invalidResultReference')
  })

  it('§3.7 are not creation ids, which share nothing with them but the octothorpe', async () => {
    const answers = await new World().request(
      ['Mailbox/set', { create: { c0: { name: 'A' } } }],
      ['Mailbox/set', { create: { b: { name: 'B', parentId: '#c0' } } }],
      ['Mailbox/get', { ids: ['#b'], properties: ['parentId'] }],
    )
    expect(answers[2][1].list[0].parentId).toBe(answers[0][1].created.c0.id)
  })
})
