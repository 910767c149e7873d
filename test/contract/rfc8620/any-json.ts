/**
 * JSON values of any shape, made of the names and ids that mean something to this server, so that what lies behind the
 * first checks is reached too.
 */
import * as fc from 'fast-check'
import { formatIdentityId } from '../../../src/mailbox/index.ts'
import { simpleMessage, World } from '../../access/jmap/world.ts'

/** Ids are given out in order, so what this world has, every new one has too. */
const template = new World()
const email = template.deliver(simpleMessage)
const inbox = template.mailbox('inbox')
const identity = formatIdentityId(template.store.identities()[0]?.id as never)
const part = `P${email.slice(1)}`

const ids = [email, inbox, identity, 'T1', 'S1', 'U1', 'G1', `${part}-0`, `${part}-9`, '#k', 'singleton', 'zz']
const names = [
  ...'mailboxIds keywords keywords/$seen receivedAt from subject bodyStructure textBody htmlBody attachments'.split(
    ' ',
  ),
  ...'bodyValues partId blobId type subParts name parentId role sortOrder email identityId emailId envelope'.split(' '),
  ...'mailFrom rcptTo parameters undoStatus header:To:asAddresses header:X inMailbox text operator conditions'.split(
    ' ',
  ),
  ...'property value resultOf path isEnabled data data:asText data:asBase64 offset length disposition id'.split(' '),
  ...`mailboxIds/${inbox} __proto__ constructor toString`.split(' '),
]
const numbers = [0, -0, 1, -1, 1.5, 2 ** 53 - 1, -(2 ** 53) + 1, 1e300]
const texts = ['', 'a1', '0', '1', '999', 'x', 'AND', 'NOT', 'receivedAt', 'id', 'text/plain', '2026-01-01T00:00:00Z']
const odd = ['\r\n', '\0', 'é', '😀', '#', 'x'.repeat(300)]
const scalars = [null, true, false, ...numbers, ...texts, ...odd]

export const { value: anyJson } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<unknown>(...scalars, ...ids),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.constant({ [inbox]: true }),
    fc.constant([{ email: 'alice@facteur.test' }]),
    fc.dictionary(fc.constantFrom('k', ...ids, ...names), tie('value'), { maxKeys: 4 }),
  ),
}))

const record = fc.dictionary(fc.constantFrom(...names), anyJson, { maxKeys: 6 })
const records = fc.dictionary(fc.constantFrom('k', 'j', ...ids), record, { maxKeys: 3 })
const someIds = fc.array(fc.constantFrom(...ids), { maxLength: 4 })
const number = fc.integer({ min: -3, max: 3 })
const state = fc.constantFrom('0', '1', '5', '999', 'x', '0-5-1', '1-2-3')
const conditions = fc.oneof(
  record,
  fc.record({ operator: fc.constantFrom('AND', 'OR', 'NOT'), conditions: fc.array(record) }),
)
const sortNames = fc.constantFrom('receivedAt', 'name', 'hasKeyword', 'size', 'subject', 'x')
const sort = fc.array(fc.record({ property: sortNames, keyword: anyJson }, { requiredKeys: ['property'] }))
const properties = fc.array(
  fc.constantFrom('id', 'name', 'bodyStructure', 'bodyValues', 'header:To:asAddresses', 'preview', 'data', 'zz'),
)
const changed = { filter: conditions, sort, maxChanges: number, calculateTotal: fc.boolean() }

/** By verb, every argument that a method of ours has, with values that are mostly of its type. */
const argumentsOf: Record<string, Record<string, fc.Arbitrary<unknown>>> = {
  get: {
    ids: someIds,
    emailIds: someIds,
    filter: conditions,
    properties,
    bodyProperties: properties,
    fetchAllBodyValues: fc.boolean(),
    maxBodyValueBytes: number,
    offset: number,
    length: number,
  },
  changes: { sinceState: state, maxChanges: number },
  query: {
    filter: conditions,
    sort,
    position: number,
    anchor: fc.constantFrom(...ids),
    anchorOffset: number,
    limit: number,
    calculateTotal: fc.boolean(),
    collapseThreads: fc.boolean(),
    sortAsTree: fc.boolean(),
    filterAsTree: fc.boolean(),
  },
  queryChanges: { ...changed, sinceQueryState: state, upToId: fc.constantFrom(...ids), collapseThreads: fc.boolean() },
  set: {
    create: records,
    update: records,
    destroy: someIds,
    ifInState: state,
    onDestroyRemoveEmails: fc.boolean(),
    onSuccessUpdateEmail: records,
    onSuccessDestroyEmail: someIds,
  },
  import: { emails: records, ifInState: state },
  parse: { blobIds: someIds, properties },
  copy: { fromAccountId: fc.constantFrom('a1', 'a2'), create: records, blobIds: someIds },
  upload: { create: records },
  lookup: { ids: someIds, typeNames: fc.subarray(['Email', 'Thread', 'Mailbox', 'x']) },
  send: { identityId: fc.constantFrom(...ids), send: records, onSuccessUpdateEmail: records },
  echo: { a: anyJson },
}

/** Arguments for a method: some missing, most of the right type, one in ten of any type at all. */
export function argumentsFor(name: string): fc.Arbitrary<Record<string, unknown>> {
  const typed = argumentsOf[name.split('/')[1] as string] ?? {}
  const mixed = Object.entries(typed).map(([argument, value]) => [
    argument,
    fc.oneof({ weight: 9, arbitrary: value }, { weight: 1, arbitrary: anyJson }),
  ])
  return fc.record(Object.fromEntries(mixed), { requiredKeys: [] })
}
