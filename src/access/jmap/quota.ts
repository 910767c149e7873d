/**
 * Quota/get, /changes, /query and /queryChanges: the octets an account may hold, where the operator set a limit.
 *
 * Standards: RFC 9425.
 */
import type { Quota } from '../../mailbox/index.ts'
import {
  invalidArguments,
  MethodError,
  quotaCapability,
  type Comparator,
  type Json,
  type JsonObject,
  type Method,
} from '../../protocol/jmap/index.ts'
import type { JmapContext } from './context.ts'
import { changesMethod } from './standard/changes.ts'
import { eachOf, getMethod, type PropertyReaders } from './standard/get.ts'
import { compareText, queryChangesMethod, queryMethod, type Compare, type QueryType } from './standard/query.ts'

/** The one there is. */
const quotaId = 'Q1'

interface LimitedQuota extends Quota {
  readonly limit: number
}

const fixed = { resourceType: 'octets', scope: 'account', name: 'Mail' } as const
const types = ['Email']

const properties: PropertyReaders<LimitedQuota> = {
  id: () => quotaId,
  resourceType: () => fixed.resourceType,
  used: ({ used }) => used,
  hardLimit: ({ limit }) => limit,
  scope: () => fixed.scope,
  name: () => fixed.name,
  types: () => [...types],
  warnLimit: () => null,
  softLimit: () => null,
  description: () => null,
}

/** None without a limit: hardLimit is not optional (§4.1). */
function quotas(context: JmapContext): LimitedQuota[] {
  const { limit, ...usage } = context.store.quota()
  return limit === undefined ? [] : [{ ...usage, limit }]
}

export function quotaGet(context: JmapContext): Method {
  return getMethod<LimitedQuota>(context, {
    capability: quotaCapability,
    properties,
    findMany: eachOf((id) => (id === quotaId ? quotas(context)[0] : undefined)),
    all: () => quotas(context),
  })
}

/** §4.2.1: mostly it is the use alone that changes. */
export function quotaChanges(context: JmapContext): Method {
  return changesMethod(context, {
    capability: quotaCapability,
    type: 'Quota',
    formatId: () => quotaId,
    extra: ({ onlyCounts }) => ({ updatedProperties: onlyCounts ? ['used'] : null }),
  })
}

type Test = (value: Json) => boolean | undefined

/** §4.4.1; undefined: not of the condition's type. */
const conditions: Readonly<Record<string, Test>> = {
  name: (value) => (typeof value === 'string' ? fixed.name.toLowerCase().includes(value.toLowerCase()) : undefined),
  scope: (value) => (typeof value === 'string' ? value === fixed.scope : undefined),
  resourceType: (value) => (typeof value === 'string' ? value === fixed.resourceType : undefined),
  type: (value) => (typeof value === 'string' ? types.includes(value) : undefined),
}

function condition(value: JsonObject): () => boolean {
  const results = Object.entries(value).map(([name, wanted]) => {
    const test = Object.hasOwn(conditions, name) ? conditions[name] : undefined
    if (test === undefined) throw new MethodError('unsupportedFilter', `Unknown condition ${JSON.stringify(name)}.`)
    const result = test(wanted)
    if (result === undefined) throw invalidArguments(`The condition ${name} has a wrong type.`)
    return result
  })
  return () => results.every((result) => result)
}

function compare(comparator: Comparator): Compare<LimitedQuota> {
  const { property, isAscending, extra } = comparator
  if (Object.keys(extra).length === 0) {
    if (property === 'used') return (a, b) => (isAscending ? 1 : -1) * (a.used - b.used)
    if (property === 'name') {
      const names = compareText(comparator)
      return () => names(fixed.name, fixed.name)
    }
  }
  throw new MethodError('unsupportedSort', `Quotas are not sorted by ${JSON.stringify(property)}.`)
}

function queryType(context: JmapContext): QueryType<LimitedQuota> {
  return {
    capability: quotaCapability,
    type: 'Quota',
    all: () => quotas(context),
    id: () => quotaId,
    formatId: () => quotaId,
    condition,
    compare,
    tieBreak: () => 0,
  }
}

export function quotaQuery(context: JmapContext): Method {
  return queryMethod(context, queryType(context))
}

export function quotaQueryChanges(context: JmapContext): Method {
  return queryChangesMethod(context, queryType(context))
}
