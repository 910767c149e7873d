/**
 * Email/query and Email/queryChanges.
 *
 * Standards: RFC 8621 §4.4, §4.5.
 */
import {
  formatEmailId,
  normaliseKeyword,
  parseEmailId,
  StoreError,
  type Comparator as StoreComparator,
  type EmailId,
  type Filter as StoreFilter,
  type FilterCondition,
  type Query,
  type QueryResult,
  type SortProperty,
} from '../../../mailbox/index.ts'
import {
  differenceOf,
  invalidArguments,
  mailCapability,
  MethodError,
  parseFilter,
  queryArguments,
  queryChangesArguments,
  type CallContext,
  type Comparator,
  type Filter,
  type JsonObject,
  type Method,
  type MethodResult,
} from '../../../protocol/jmap/index.ts'
import { standardOf, type JmapContext } from '../context.ts'
import { expectCollation, queryAnswer, queryChangesAnswer } from '../standard/query.ts'
import { emailCondition, isImmutableCondition } from './filter.ts'
import { touchedSince } from './touched.ts'

const plainSorts: readonly string[] = ['receivedAt', 'sentAt', 'size', 'from', 'to', 'subject']
const textSorts: readonly string[] = ['from', 'to', 'subject']
const keywordSorts: readonly string[] = ['hasKeyword', 'allInThreadHaveKeyword', 'someInThreadHaveKeyword']

/** RFC 8621 §1.3.1, emailQuerySortOptions. */
export const emailSortProperties: readonly string[] = [...plainSorts, ...keywordSorts]

export function emailQuery(context: JmapContext): Method {
  return {
    capability: mailCapability,
    run: readingTexts(context, (values, call) => {
      const request = queryArguments(values, standardOf(context, call), ['collapseThreads'])
      const { maxQueryPage } = context.limits
      const { ids, position, total } = runQuery(context, {
        ...searchOf(context, request.filter, request.sort),
        collapseThreads: request.args.boolean('collapseThreads'),
        ...(request.anchor === undefined
          ? { position: request.position }
          : { anchor: expectAnchor(request.anchor), anchorOffset: request.anchorOffset }),
        limit: Math.min(request.limit ?? maxQueryPage, maxQueryPage),
        calculateTotal: request.calculateTotal,
      })
      return queryAnswer(context, request, { ids: ids.map(formatEmailId), position, total })
    }),
  }
}

export function emailQueryChanges(context: JmapContext): Method {
  return {
    capability: mailCapability,
    run: readingTexts(context, (values, call) => {
      const request = queryChangesArguments(values, standardOf(context, call), ['collapseThreads'])
      const collapseThreads = request.args.boolean('collapseThreads')
      const search = searchOf(context, request.filter, request.sort)
      const touched = touchedSince(context, request.sinceQueryState)
      const upToId =
        collapseThreads || !search.isImmutable || request.upToId === undefined
          ? undefined
          : parseEmailId(request.upToId)
      const among = new Set(touched.touched)
      if (upToId !== undefined) among.add(upToId)
      const { calculateTotal } = request
      const { ids, indexes, total } = runQuery(context, { ...search, collapseThreads, among, calculateTotal })
      const results = new Map(ids.map((id, at) => [id, indexes?.[at] as number]))
      const { removed, added } = differenceOf(results, touched, upToId)
      const difference = {
        removed: removed.map(formatEmailId),
        added: added.map(({ id, index }) => ({ id: formatEmailId(id), index })),
      }
      return queryChangesAnswer(context, request, difference, total ?? 0)
    }),
  }
}

/** Text conditions may need octets that must be fetched; then the whole method runs again, so its answer is of one state. */
function readingTexts(
  context: JmapContext,
  run: (values: JsonObject, call: CallContext) => MethodResult,
): Method['run'] {
  return (values, call) => context.store.reading(() => run(values, call))
}

interface Search {
  readonly filter?: StoreFilter
  readonly sort: readonly StoreComparator[]
  /** Neither filter nor sort looks at anything that can change. */
  readonly isImmutable: boolean
}

function searchOf(context: JmapContext, filter: JsonObject | undefined, sort: readonly Comparator[]): Search {
  const comparators = sort.map(toStoreComparator)
  const parsed = filter === undefined ? undefined : parseFilter(filter, emailCondition, context.limits)
  const isImmutable =
    sort.every(({ property }) => plainSorts.includes(property)) && (parsed === undefined || isImmutableFilter(parsed))
  return { ...(parsed === undefined ? {} : { filter: toStoreFilter(parsed) }), sort: comparators, isImmutable }
}

function isImmutableFilter(filter: Filter<FilterCondition>): boolean {
  return 'condition' in filter ? isImmutableCondition(filter.condition) : filter.conditions.every(isImmutableFilter)
}

function toStoreFilter(filter: Filter<FilterCondition>): StoreFilter {
  if ('condition' in filter) return filter.condition
  return { operator: filter.operator, conditions: filter.conditions.map(toStoreFilter) }
}

/** Throws `unsupportedSort`, or `invalidArguments` for a missing keyword. */
function toStoreComparator(comparator: Comparator): StoreComparator {
  const { property, isAscending, extra } = comparator
  const { keyword, ...unknown } = extra
  const takesKeyword = keywordSorts.includes(property)
  if ((!takesKeyword && !plainSorts.includes(property)) || Object.keys(unknown).length > 0) {
    throw new MethodError('unsupportedSort', `Emails are not sorted by ${JSON.stringify(property)}.`)
  }
  if (!takesKeyword) {
    if (keyword !== undefined) throw invalidArguments(`A sort by ${property} has no keyword.`)
    // RFC 8620 §5.5: where no strings are compared, the collation is ignored.
    const collation = textSorts.includes(property) ? expectCollation(comparator) : undefined
    return { property: property as SortProperty, isAscending, ...(collation === undefined ? {} : { collation }) }
  }
  if (typeof keyword !== 'string' || normaliseKeyword(keyword) === undefined) {
    throw invalidArguments(`A sort by ${property} needs a keyword.`)
  }
  return { property: property as SortProperty, isAscending, keyword }
}

function expectAnchor(anchor: string): EmailId {
  const id = parseEmailId(anchor)
  if (id === undefined) throw new MethodError('anchorNotFound')
  return id
}

function runQuery(context: JmapContext, query: Query): QueryResult {
  try {
    return context.store.query(query)
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    const { type, message } = error
    if (type === 'anchorNotFound' || type === 'unsupportedSort' || type === 'unsupportedFilter') {
      throw new MethodError(type, message)
    }
    throw error
  }
}
