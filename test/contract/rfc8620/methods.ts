/**
 * Every method of an account, with the least arguments that it takes, and what each argument of the standard methods may be.
 */
export interface StandardMethod {
  readonly name: string
  readonly capability: string
  readonly args: Record<string, unknown>
}

const uri = (name: string) => `urn:ietf:params:jmap:${name}`
export const coreUri = uri('core')

const least: Record<string, [name: string, args: Record<string, unknown>][]> = {
  mail: [
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
    ['SearchSnippet/get', { emailIds: [], filter: null }],
  ],
  submission: [
    ['Identity/get', { ids: [] }],
    ['Identity/changes', { sinceState: '0' }],
    ['Identity/set', {}],
    ['EmailSubmission/get', { ids: [] }],
    ['EmailSubmission/changes', { sinceState: '0' }],
    ['EmailSubmission/query', {}],
    ['EmailSubmission/queryChanges', { sinceQueryState: '0' }],
    ['EmailSubmission/set', {}],
  ],
  vacationresponse: [
    ['VacationResponse/get', { ids: [] }],
    ['VacationResponse/set', {}],
  ],
  quota: [
    ['Quota/get', { ids: [] }],
    ['Quota/changes', { sinceState: '0' }],
    ['Quota/query', {}],
    ['Quota/queryChanges', { sinceQueryState: '0' }],
  ],
  blob: [
    ['Blob/upload', { create: {} }],
    ['Blob/get', { ids: [] }],
    ['Blob/lookup', { ids: [], typeNames: [] }],
  ],
  mdn: [['MDN/parse', { blobIds: [] }]],
}

export const methods: readonly StandardMethod[] = Object.entries(least).flatMap(([capability, list]) =>
  list.map(([name, args]) => ({ name, capability: uri(capability), args })),
)
export const everything: readonly string[] = [coreUri, ...Object.keys(least).map(uri)]

/** The methods of one verb, as rows of a table. */
export function ofVerb(...verbs: string[]): [name: string, args: Record<string, unknown>][] {
  const listed = methods.filter(({ name }) => verbs.includes(name.split('/')[1] as string))
  return listed.map(({ name, args }) => [name, args])
}

/** One value of every JSON type; each argument must refuse all but its own. */
export const samples: Record<string, unknown> = {
  null: null,
  boolean: true,
  fraction: 1.5,
  number: 1,
  negative: -1,
  string: 'x',
  array: [1],
  object: { a: 1 },
}

/** RFC 8620 §5.1, §5.2, §5.3, §5.5, §5.6: which of the samples are of the argument's type. */
const types: Record<string, string[]> = {
  ids: ['null'],
  properties: ['null'],
  sinceState: ['string'],
  sinceQueryState: ['string'],
  maxChanges: ['null', 'number'],
  filter: ['null', 'object'],
  sort: ['null'],
  position: ['number', 'negative'],
  anchor: ['null', 'string'],
  anchorOffset: ['number', 'negative'],
  limit: ['null', 'number'],
  calculateTotal: ['boolean'],
  upToId: ['null', 'string'],
  ifInState: ['null', 'string'],
  create: ['null'],
  update: ['null'],
  destroy: ['null'],
}

const argumentsOf: Record<string, string[]> = {
  get: ['ids', 'properties'],
  changes: ['sinceState', 'maxChanges'],
  query: ['filter', 'sort', 'position', 'anchor', 'anchorOffset', 'limit', 'calculateTotal'],
  queryChanges: ['filter', 'sort', 'sinceQueryState', 'maxChanges', 'upToId', 'calculateTotal'],
  set: ['ifInState', 'create', 'update', 'destroy'],
}

/** Every wrong type of every standard argument of a method. */
export function wrongTypes(name: string): [argument: string, type: string, value: unknown][] {
  const names = name === 'SearchSnippet/get' ? [] : (argumentsOf[name.split('/')[1] as string] ?? [])
  return names.flatMap((argument) =>
    Object.entries(samples)
      .filter(([type]) => types[argument]?.includes(type) !== true)
      .map(([type, value]): [string, string, unknown] => [argument, type, value]),
  )
}
