/**
 * Principal/query and Principal/queryChanges.
 *
 * Standards: RFC 9670 §2.4, §2.5.
 */
import {
  differenceOf,
  isId,
  MethodError,
  pageOf,
  principalsCapability,
  queryArguments,
  queryChangesArguments,
  type Comparator,
  type Json,
  type Method,
} from '../../../protocol/jmap/index.ts'
import { standardOf, type OwnContext } from '../context.ts'
import { testOf, type ConditionReaders } from '../standard/condition.ts'
import { compareText, resultsOf, type Compare } from '../standard/query.ts'
import { principalChanges, Principals, type Principal } from './principals.ts'

type Test = (principal: Principal) => boolean

/** §2.4.1: "contains" is a plain search within the text, here whatever the case. */
function contains(...texts: ((principal: Principal) => string | null)[]): (value: Json) => Test | undefined {
  return (value) => {
    if (typeof value !== 'string') return undefined
    const sought = value.toLowerCase()
    return (principal) => texts.some((text) => text(principal)?.toLowerCase().includes(sought) === true)
  }
}

const nameOf = ({ name, address }: Principal): string => (name === '' ? address : name)
const emailOf = ({ address }: Principal): string => address
const descriptionOf = ({ description }: Principal): string | null => description

const conditions: ConditionReaders<Test> = {
  accountIds: (value) => {
    if (!Array.isArray(value) || !value.every(isId)) return undefined
    return ({ accounts }) => accounts !== null && value.some((id) => Object.hasOwn(accounts, id))
  },
  email: contains(emailOf),
  name: contains(nameOf),
  text: contains(nameOf, emailOf, descriptionOf),
  type: (value) => (typeof value === 'string' ? () => value === 'individual' : undefined),
  timeZone: (value) => (typeof value === 'string' ? ({ timeZone }) => timeZone === value : undefined),
}

/** The RFC names none; these two are what a list of people is sorted by. */
function compare(comparator: Comparator): Compare<Principal> {
  const { property, extra } = comparator
  const read = property === 'name' ? nameOf : property === 'email' ? emailOf : undefined
  if (read === undefined || Object.keys(extra).length > 0) {
    throw new MethodError('unsupportedSort', `Principals are not sorted by ${JSON.stringify(property)}.`)
  }
  const text = compareText(comparator)
  return (a, b) => text(read(a), read(b))
}

function queryType(principals: Principals) {
  return {
    all: () => principals.all(),
    id: ({ id }: Principal) => id,
    condition: (value: Parameters<typeof testOf>[1]) => testOf(conditions, value),
    compare,
    tieBreak: (a: Principal, b: Principal) => (a.id < b.id ? -1 : 1),
  }
}

export function principalQuery(context: OwnContext): Method {
  return {
    capability: principalsCapability,
    async run(values, call) {
      const request = queryArguments(values, standardOf(context, call))
      const principals = await Principals.open(context)
      const ids = resultsOf(context, queryType(principals), request)
      const { maxQueryPage } = context.limits
      const page = pageOf(ids, { ...request, limit: Math.min(request.limit ?? Infinity, maxQueryPage) })
      return {
        arguments: {
          accountId: context.account.id,
          queryState: principals.state,
          canCalculateChanges: true,
          position: page.position,
          ids: [...page.ids],
          ...(request.calculateTotal ? { total: ids.length } : {}),
          ...(request.limit === undefined || request.limit > maxQueryPage ? { limit: maxQueryPage } : {}),
        },
      }
    },
  }
}

export function principalQueryChanges(context: OwnContext): Method {
  return {
    capability: principalsCapability,
    async run(values, call) {
      const request = queryChangesArguments(values, standardOf(context, call))
      // The changes first: what comes in between is told twice, and nothing is missed.
      const { changes, state } = await principalChanges(context, request.sinceQueryState)
      const ids = resultsOf(context, queryType(await Principals.open(context)), request)
      const touched = new Set([...changes.created, ...changes.updated])
      const { created, destroyed: gone } = changes
      const { removed, added } = differenceOf(ids, { touched, created, gone })
      if (removed.length + added.length > (request.maxChanges ?? Infinity)) throw new MethodError('tooManyChanges')
      return {
        arguments: {
          accountId: context.account.id,
          oldQueryState: request.sinceQueryState,
          newQueryState: state,
          ...(request.calculateTotal ? { total: ids.length } : {}),
          removed: [...removed],
          added: added.map((item) => ({ ...item })),
        },
      }
    },
  }
}
