/**
 * /query and /queryChanges for types whose records are few enough to filter and sort in memory.
 *
 * Standards: RFC 8620 §5.5, §5.6.
 */
import {
  differenceOf,
  matchesFilter,
  MethodError,
  pageOf,
  parseFilter,
  queryArguments,
  queryChangesArguments,
  type Arguments,
  type Comparator,
  type JsonObject,
  type Method,
  type MethodResult,
  type QueryArguments,
  type QueryChangesArguments,
  type QueryDifference,
} from '../../../protocol/jmap/index.ts'
import { collations, foldOf, type ChangeType, type Collation } from '../../../mailbox/index.ts'
import { standardOf, type JmapContext } from '../context.ts'
import { changesSince } from './changes.ts'
import { currentState } from './state.ts'

export type Compare<T> = (a: T, b: T) => number

export interface QueryType<T> {
  readonly capability: string
  readonly type: ChangeType
  /** The type's own arguments. */
  readonly extra?: readonly string[]
  all(): readonly T[]
  id(record: T): string
  readonly formatId: (id: number) => string
  /** A checked condition as a predicate. Throws `invalidArguments` or `unsupportedFilter`. */
  condition(value: JsonObject): (record: T) => boolean
  /** Throws `unsupportedSort`. */
  compare(comparator: Comparator): Compare<T>
  /** Orders what the comparators leave equal. */
  readonly tieBreak: Compare<T>
  /** Applied to the matching records before sorting, with the type's own arguments. */
  arrange?(records: readonly T[], compare: Compare<T>, args: Arguments): readonly T[]
  /** Whether the change of one record may move any other, given these arguments. */
  spreads?(args: Arguments): boolean
}

export function queryMethod<T>(context: JmapContext, type: QueryType<T>): Method {
  return {
    capability: type.capability,
    run(values, call) {
      const request = queryArguments(values, standardOf(context, call), type.extra)
      const ids = resultsOf(context, type, request)
      const page = pageOf(ids, { ...request, limit: Math.min(request.limit ?? Infinity, context.limits.maxQueryPage) })
      return queryAnswer(context, request, { ...page, total: request.calculateTotal ? ids.length : undefined })
    },
  }
}

/** The response to /query. `limit` is in it when the server set or lowered it (RFC 8620 §5.5). */
export function queryAnswer(
  context: JmapContext,
  request: QueryArguments,
  page: { readonly ids: readonly string[]; readonly position: number; readonly total: number | undefined },
): MethodResult {
  const { maxQueryPage } = context.limits
  return {
    arguments: {
      accountId: context.account.id,
      queryState: currentState(context),
      canCalculateChanges: true,
      // An anchor's offset may lead beyond what an UnsignedInt can say; there is nothing there.
      position: Math.min(page.position, Number.MAX_SAFE_INTEGER),
      ids: [...page.ids],
      ...(page.total === undefined ? {} : { total: page.total }),
      ...(request.limit === undefined || request.limit > maxQueryPage ? { limit: maxQueryPage } : {}),
    },
  }
}

export function queryChangesMethod<T>(context: JmapContext, type: QueryType<T>): Method {
  return {
    capability: type.capability,
    run(values, call) {
      const request = queryChangesArguments(values, standardOf(context, call), type.extra)
      const ids = resultsOf(context, type, request)
      const changes = changesSince(context, type.type, request.sinceQueryState)
      const created = new Set(changes.created.map(type.formatId))
      const touched = new Set([...created, ...changes.updated.map(type.formatId)])
      const gone = new Set(changes.destroyed.map(type.formatId))
      if (touched.size + gone.size > 0 && type.spreads?.(request.args) === true) {
        for (const record of type.all()) touched.add(type.id(record))
      }
      return queryChangesAnswer(context, request, differenceOf(ids, { touched, created, gone }), ids.length)
    },
  }
}

/** The response to /queryChanges. Throws `tooManyChanges` for more than the client wants (RFC 8620 §5.6). */
export function queryChangesAnswer(
  context: JmapContext,
  request: QueryChangesArguments,
  { removed, added }: QueryDifference,
  total: number,
): MethodResult {
  if (removed.length + added.length > (request.maxChanges ?? Infinity)) throw new MethodError('tooManyChanges')
  return {
    arguments: {
      accountId: context.account.id,
      oldQueryState: request.sinceQueryState,
      newQueryState: currentState(context),
      ...(request.calculateTotal ? { total } : {}),
      removed: [...removed],
      added: added.map((item) => ({ ...item })),
    },
  }
}

type MatchedType<T> = Pick<QueryType<T>, 'all' | 'id' | 'condition' | 'compare' | 'tieBreak' | 'arrange'>

interface Query {
  readonly args: Arguments
  readonly filter: JsonObject | undefined
  readonly sort: readonly Comparator[]
}

/** The ids of all records that match, sorted. */
export function resultsOf<T>(context: JmapContext, type: MatchedType<T>, query: Query): string[] {
  const { filter } = query
  const parsed =
    filter === undefined ? undefined : parseFilter(filter, (value) => type.condition(value), context.limits)
  const compares = [...query.sort.map((comparator) => type.compare(comparator)), type.tieBreak]
  const compare: Compare<T> = (a, b) => {
    for (const next of compares) {
      const order = next(a, b)
      if (order !== 0) return order
    }
    return 0
  }
  const matching = type
    .all()
    .filter((record) => parsed === undefined || matchesFilter(parsed, (matches) => matches(record)))
  const arranged = type.arrange?.(matching, compare, query.args) ?? matching.sort(compare)
  return arranged.map((record) => type.id(record))
}

/** Text order by the collations that are advertised. Throws `unsupportedSort`. */
export function compareText(comparator: Comparator): Compare<string> {
  const direction = comparator.isAscending ? 1 : -1
  const fold = foldOf(expectCollation(comparator))
  return (a, b) => {
    const left = fold(a)
    const right = fold(b)
    return left < right ? -direction : left > right ? direction : 0
  }
}

/** Throws `unsupportedSort` for one that the session does not advertise (RFC 8620 §2, §5.5). */
export function expectCollation({ collation }: Comparator): Collation | undefined {
  const known = collations.find((name) => name === collation)
  if (collation !== undefined && known === undefined) {
    throw new MethodError('unsupportedSort', `The collation ${collation} is not supported.`)
  }
  return known
}
