import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatEmailId, formatIdentityId } from '../../../src/mailbox/index.ts'
import { simpleMessage, using, World } from './world.ts'

/** Ids are given out in order, so what this world has, every new one has too. */
const template = new World()
const email = template.deliver(simpleMessage)
const inbox = template.mailbox('inbox')
const identity = formatIdentityId(template.store.identities()[0]?.id as never)

const recordNames = [
  'mailboxIds',
  'keywords',
  'keywords/$seen',
  `mailboxIds/${inbox}`,
  'receivedAt',
  'from',
  'subject',
  'bodyStructure',
  'textBody',
  'htmlBody',
  'attachments',
  'bodyValues',
  'partId',
  'blobId',
  'type',
  'subParts',
  'name',
  'parentId',
  'role',
  'sortOrder',
  'email',
  'identityId',
  'emailId',
  'envelope',
  'mailFrom',
  'rcptTo',
  'parameters',
  'undoStatus',
  'header:To:asAddresses',
  'header:X',
  'inMailbox',
  'text',
  'operator',
  'conditions',
  'property',
  'value',
  'resultOf',
  'path',
  '__proto__',
  'constructor',
]
const { value: json } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<unknown>(
      null,
      true,
      false,
      0,
      1,
      -1,
      1.5,
      '',
      'a1',
      email,
      inbox,
      'T1',
      identity,
      'S1',
      'U1',
      'G1',
      '0',
      '1',
      '#k',
      'AND',
      'receivedAt',
      'id',
      'text/plain',
      '2026-01-01T00:00:00Z',
      '\r\n',
      'é',
    ),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.constant({ [inbox]: true }),
    fc.constant([{ email: 'alice@facteur.test' }]),
    fc.dictionary(fc.constantFrom('k', email, inbox, '#k', ...recordNames), tie('value'), { maxKeys: 4 }),
  ),
}))

const record = fc.dictionary(fc.constantFrom(...recordNames), json, { maxKeys: 6 })
const records = fc.dictionary(fc.constantFrom('k', 'j', email, inbox, '#k'), record, { maxKeys: 3 })
const patches = fc.dictionary(fc.constantFrom(email, inbox, identity, 'S1', '#k'), record, { maxKeys: 3 })
const ids = fc.array(
  fc.constantFrom(
    email,
    'M9',
    inbox,
    'T1',
    identity,
    'U1',
    'G1',
    `P${email.slice(1)}-0`,
    `P${email.slice(1)}-9`,
    '#k',
    'x',
  ),
  {
    maxLength: 4,
  },
)
const names = fc.array(
  fc.constantFrom('id', 'name', 'bodyStructure', 'bodyValues', 'header:To:asAddresses', 'preview', 'zz'),
)
const conditions = fc.oneof(
  record,
  fc.record({ operator: fc.constantFrom('AND', 'OR', 'NOT'), conditions: fc.array(record) }),
)
const sort = fc.array(
  fc.record({ property: fc.constantFrom('receivedAt', 'name', 'hasKeyword', 'size', 'x'), keyword: json }),
)
const number = fc.integer({ min: -3, max: 3 })
const state = fc.constantFrom('0', '1', '5', '999', 'x')

/** Arguments that are mostly of the right type, so that what lies behind the type checks is reached too. */
const argumentsOf: Record<string, Record<string, fc.Arbitrary<unknown>>> = {
  get: { ids, properties: names, bodyProperties: names, fetchAllBodyValues: fc.boolean(), maxBodyValueBytes: number },
  changes: { sinceState: state, maxChanges: number },
  query: {
    filter: conditions,
    sort,
    position: number,
    anchor: fc.constantFrom(email, inbox, 'x'),
    anchorOffset: number,
    limit: number,
    collapseThreads: fc.boolean(),
    sortAsTree: fc.boolean(),
  },
  queryChanges: { filter: conditions, sort, sinceQueryState: state, upToId: fc.constant(email), maxChanges: number },
  set: { create: records, update: patches, destroy: fc.constant([]), onSuccessUpdateEmail: patches, ifInState: state },
  import: { emails: records },
  parse: { blobIds: ids, properties: names },
  copy: { fromAccountId: fc.constantFrom('a1', 'a2'), create: records, blobIds: ids },
  echo: { a: json },
}
const types = ['Mailbox', 'Thread', 'Email', 'Identity', 'EmailSubmission', 'SearchSnippet', 'Blob', 'Core']

const call = fc.constantFrom(...Object.keys(argumentsOf)).chain((verb) => {
  const typed = argumentsOf[verb] as Record<string, fc.Arbitrary<unknown>>
  const mixed = Object.fromEntries(
    Object.entries(typed).map(([name, value]) => [
      name,
      fc.oneof({ weight: 9, arbitrary: value }, { weight: 1, arbitrary: json }),
    ]),
  )
  const args = fc.record(mixed, { requiredKeys: [] })
  return fc.tuple(fc.constantFrom(...types.map((type) => `${type}/${verb}`)), args, fc.constant('c'))
})

describe('hostile requests', () => {
  it("never make a bug show: whatever the arguments, the answer is a result or the standard's own error", async () => {
    const world = new World()
    world.deliver(simpleMessage)
    await fc.assert(
      fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 4 }), async (calls) => {
        const methodCalls = calls.map(([name, given, id]) => [name, { accountId: 'a1', ...given }, id])
        const { status } = await world.post(JSON.stringify({ using, methodCalls }))
        expect(status).toBe(200)
        expect(world.faults).toEqual([])
      }),
      { numRuns: 3000 },
    )
  })

  it('take any octets as a body', async () => {
    const world = new World()
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        expect((await world.post(bytes)).status).toBe(400)
      }),
    )
  })

  it('cannot make references multiply data without end (RFC 8620 §3.7)', async () => {
    const world = new World()
    const text = 'x'.repeat(1000)
    const methodCalls: unknown[] = [['Core/echo', { a: [text] }, '0']]
    for (let n = 1; n < 60; n++) {
      const previous = { resultOf: String(n - 1), name: 'Core/echo', path: '' }
      methodCalls.push(['Core/echo', { '#a': previous, '#b': previous }, String(n)])
    }
    const response = await world.jmap.handle(new TextEncoder().encode(JSON.stringify({ using, methodCalls })))
    expect(response.body.length).toBeLessThan(4 * world.jmap.limits.maxSizeRequest)
    expect(response.body).toContain('invalidResultReference')
  })
})

describe('a fault in the middle of a /set', () => {
  it('leaves nothing of the call behind, neither records nor creation ids', async () => {
    const world = new World()
    const id = world.deliver(simpleMessage)
    const { state } = await world.call('Email/get', { ids: [] })
    world.store.destroy = () => {
      throw new Error('disk')
    }
    const [[name, error], [, later]] = await world.request(
      [
        'Email/set',
        {
          create: { k: { mailboxIds: { [world.mailbox('drafts')]: true }, subject: 'x' } },
          update: { [id]: { 'keywords/$flagged': true } },
          destroy: [id],
        },
      ],
      ['Email/get', { ids: ['#k', id], properties: ['keywords'] }],
    )
    expect([name, error.type]).toEqual(['error', 'serverFail'])
    expect(JSON.stringify(error)).not.toContain('disk')
    expect(later).toMatchObject({ notFound: ['#k'], list: [{ id, keywords: {} }], state })
    expect(world.store.query({}).ids.map(formatEmailId)).toEqual([id])
  })
})
