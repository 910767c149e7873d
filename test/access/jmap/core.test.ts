import { describe, expect, it } from 'vitest'
import { using, World, type Answer } from './world.ts'

describe('Session object (RFC 8620 §2)', () => {
  const session: Answer = new World().jmap.session('https://mail.example/')

  it('lists capabilities with the limits that are enforced', () => {
    expect(Object.keys(session['capabilities'])).toEqual(expect.arrayContaining(using))
    expect(session['capabilities'][using[0] as string]).toMatchObject({
      maxSizeUpload: expect.any(Number),
      maxConcurrentUpload: expect.any(Number),
      maxSizeRequest: expect.any(Number),
      maxConcurrentRequests: expect.any(Number),
      maxCallsInRequest: expect.any(Number),
      maxObjectsInGet: expect.any(Number),
      maxObjectsInSet: expect.any(Number),
      collationAlgorithms: expect.any(Array),
    })
  })

  it('has the account with the mail and submission capabilities (RFC 8621 §1.3)', () => {
    const account = session['accounts']['a1']
    expect(account).toMatchObject({ name: 'alice@facteur.test', isPersonal: true, isReadOnly: false })
    expect(account['accountCapabilities']['urn:ietf:params:jmap:mail']).toMatchObject({
      maxMailboxesPerEmail: expect.any(Number),
      maxMailboxDepth: expect.any(Number),
      maxSizeMailboxName: expect.any(Number),
      maxSizeAttachmentsPerEmail: expect.any(Number),
      emailQuerySortOptions: expect.arrayContaining(['receivedAt']),
      mayCreateTopLevelMailbox: true,
    })
    expect(account['accountCapabilities']['urn:ietf:params:jmap:submission']).toMatchObject({
      maxDelayedSend: 2_592_000,
      submissionExtensions: expect.any(Object),
    })
  })

  it('has URLs with every variable of the templates', () => {
    expect(session['apiUrl']).toBe('https://mail.example/jmap/api')
    for (const name of ['accountId', 'blobId', 'name', 'type']) expect(session['downloadUrl']).toContain(`{${name}}`)
    expect(session['uploadUrl']).toContain('{accountId}')
    for (const name of ['types', 'closeafter', 'ping']) expect(session['eventSourceUrl']).toContain(`{${name}}`)
  })

  it('has the state that responses repeat as sessionState', async () => {
    const world = new World()
    const { body } = await world.post(JSON.stringify({ using, methodCalls: [] }))
    expect(body).toEqual({ methodResponses: [], sessionState: world.jmap.session('https://x')['state'] })
  })
})

describe('API requests (RFC 8620 §3)', () => {
  it('echoes (§4.1)', async () => {
    const args = { hello: true, high: 5 }
    expect(await new World().request(['Core/echo', args])).toEqual([['Core/echo', args, 'c0']])
  })

  it('answers problem details with their content type (§3.6.1)', async () => {
    const response = await new World().post('{')
    expect(response).toMatchObject({
      status: 400,
      contentType: 'application/problem+json',
      body: { type: 'urn:ietf:params:jmap:error:notJSON', status: 400 },
    })
  })

  it('refuses what is above maxConcurrentRequests', async () => {
    const world = new World({ maxConcurrentRequests: 1 })
    const body = JSON.stringify({ using, methodCalls: [] })
    const [first, second] = await Promise.all([world.post(body), world.post(body)])
    expect(first.status).toBe(200)
    expect(second).toMatchObject({ status: 429, body: { limit: 'maxConcurrentRequests' } })
    expect((await world.post(body)).status).toBe(200)
  })

  it('knows no mail method without the mail capability', async () => {
    const world = new World()
    const { body } = await world.post(
      JSON.stringify({ using: using.slice(0, 1), methodCalls: [['Mailbox/get', { accountId: 'a1', ids: [] }, '0']] }),
    )
    expect(body.methodResponses).toEqual([['error', { type: 'unknownMethod' }, '0']])
  })
})

const methods: [name: string, args: Record<string, unknown>][] = [
  ['Mailbox/get', { ids: [] }],
  ['Mailbox/changes', { sinceState: '0' }],
  ['Mailbox/query', {}],
  ['Mailbox/queryChanges', { sinceQueryState: '0' }],
  ['Mailbox/set', {}],
  ['Thread/get', { ids: [] }],
  ['Thread/changes', { sinceState: '0' }],
  ['Email/get', { ids: [] }],
  ['Email/changes', { sinceState: '0' }],
  ['Email/query', {}],
  ['Email/queryChanges', { sinceQueryState: '0' }],
  ['Email/set', {}],
  ['Email/import', { emails: {} }],
  ['Email/parse', { blobIds: [] }],
  ['Identity/get', { ids: [] }],
  ['Identity/changes', { sinceState: '0' }],
  ['Identity/set', {}],
  ['EmailSubmission/get', { ids: [] }],
  ['EmailSubmission/changes', { sinceState: '0' }],
  ['EmailSubmission/query', {}],
  ['EmailSubmission/queryChanges', { sinceQueryState: '0' }],
  ['EmailSubmission/set', {}],
]

/** One value of every JSON type; each argument must refuse all but its own. */
const samples: Record<string, unknown> = { boolean: true, number: 1.5, string: 'x', array: [1], object: { a: 1 } }

const argumentTypes: Record<string, string[]> = {
  ids: [],
  properties: [],
  sinceState: ['string'],
  sinceQueryState: ['string'],
  maxChanges: [],
  filter: ['object'],
  sort: [],
  position: [],
  anchor: ['string'],
  anchorOffset: [],
  limit: [],
  calculateTotal: ['boolean'],
  upToId: ['string'],
  ifInState: ['string'],
  create: [],
  update: [],
  destroy: [],
}

const argumentsOf: Record<string, string[]> = {
  get: ['ids', 'properties'],
  changes: ['sinceState', 'maxChanges'],
  query: ['filter', 'sort', 'position', 'anchor', 'anchorOffset', 'limit', 'calculateTotal'],
  queryChanges: ['filter', 'sort', 'sinceQueryState', 'maxChanges', 'upToId', 'calculateTotal'],
  set: ['ifInState', 'create', 'update', 'destroy'],
}

describe('arguments of every method (RFC 8620 §3.6.2, §5)', () => {
  const world = new World()

  it.each(methods)('%s answers with the account id', async (name, args) => {
    expect(await world.call(name, args)).toMatchObject({ accountId: 'a1' })
    expect(world.faults).toEqual([])
  })

  it.each(methods)('%s: accountNotFound for another account', async (name, args) => {
    expect(await world.refusal(name, { ...args, accountId: 'a2' })).toEqual({ type: 'accountNotFound' })
  })

  it.each(methods)(
    '%s: invalidArguments without an account, with a wrong one, with an unknown argument',
    async (name, args) => {
      expect((await world.refusal(name, { ...args, accountId: undefined })).type).toBe('invalidArguments')
      expect((await world.refusal(name, { ...args, accountId: null })).type).toBe('invalidArguments')
      expect((await world.refusal(name, { ...args, accountId: 7 })).type).toBe('invalidArguments')
      expect((await world.refusal(name, { ...args, surprise: 1 })).type).toBe('invalidArguments')
    },
  )

  const standard = methods.filter(([name]) => argumentsOf[name.split('/')[1] as string] !== undefined)
  it.each(standard)('%s: invalidArguments for every wrong type', async (name, args) => {
    for (const argument of argumentsOf[name.split('/')[1] as string] as string[]) {
      for (const [type, value] of Object.entries(samples)) {
        if (argumentTypes[argument]?.includes(type)) continue
        const [response] = await world.request([name, { ...args, [argument]: value }])
        expect([argument, type, response[0], response[1].type]).toEqual([argument, type, 'error', 'invalidArguments'])
      }
    }
  })

  it.each(methods.filter(([name]) => name.endsWith('hanges')))(
    '%s: cannotCalculateChanges for a state never given out',
    async (name) => {
      for (const state of ['', 'x', '-1', '01', '999999', '1.5']) {
        const error = await world.refusal(name, { sinceState: state, sinceQueryState: state, ...strip(name) })
        expect([state, error.type]).toEqual([state, 'cannotCalculateChanges'])
      }
    },
  )

  it.each(methods.filter(([name]) => name.endsWith('hanges')))(
    '%s: maxChanges is greater than zero',
    async (name, args) => {
      expect((await world.refusal(name, { ...args, maxChanges: 0 })).type).toBe('invalidArguments')
    },
  )

  it.each(methods.filter(([name]) => name.endsWith('/set')))('%s: stateMismatch for another state', async (name) => {
    expect((await world.refusal(name, { ifInState: '999999' })).type).toBe('stateMismatch')
  })

  it.each(methods.filter(([name]) => name.endsWith('/get')))(
    '%s: unknown ids are notFound, each once',
    async (name) => {
      const answer = await world.call(name, { ids: ['zz', 'zz', 'M999999', '#nothing'] })
      expect(answer.list).toEqual([])
      expect(answer.notFound.toSorted()).toEqual(['#nothing', 'M999999', 'zz'])
    },
  )

  it.each(methods.filter(([name]) => name.endsWith('/get')))(
    '%s: invalidArguments for an unknown property',
    async (name) => {
      expect((await world.refusal(name, { ids: [], properties: ['id', 'nonsense'] })).type).toBe('invalidArguments')
    },
  )

  it('requestTooLarge above maxObjectsInGet and maxObjectsInSet', async () => {
    const small = new World({ maxObjectsInGet: 2, maxObjectsInSet: 2 })
    const ids = ['a', 'b', 'c']
    expect((await small.refusal('Email/get', { ids })).type).toBe('requestTooLarge')
    expect((await small.refusal('Email/set', { destroy: ids })).type).toBe('requestTooLarge')
    expect((await small.refusal('Email/set', { create: { a: {} }, update: { b: {} }, destroy: ['c'] })).type).toBe(
      'requestTooLarge',
    )
    expect((await small.refusal('Mailbox/get', { ids: null })).type).toBe('requestTooLarge')
    expect((await small.call('Email/get', { ids: ['a', 'b', 'a'] })).notFound).toEqual(['a', 'b'])
  })
})

/** queryChanges takes sinceQueryState and changes takes sinceState: never both. */
function strip(name: string): Record<string, undefined> {
  return name.endsWith('queryChanges') ? { sinceState: undefined } : { sinceQueryState: undefined }
}
