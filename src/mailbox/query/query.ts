/**
 * Queries: filter, sort, collapse threads, cut a window.
 *
 * The common one (one mailbox by receivedAt) walks a kept order and stops when the window is full.
 *
 * Standards: RFC 8621 §4.4, RFC 8620 §5.5.
 */
import type { Columns } from '../columns.ts'
import type { EmailReader } from '../email-reader.ts'
import { StoreError } from '../errors.ts'
import type { ModSeq } from '../ids.ts'
import type { StoreLimits } from '../limits.ts'
import { checkFilter, compileFilter, type FilterContext, type Predicate, requiredMailbox } from './filter.ts'
import { type Query, type QueryResult, Results } from './results.ts'
import { checkSort, type Comparator, sortRows } from './sort.ts'

export type { Query, QueryResult } from './results.ts'

export interface QueryParts {
  readonly limits: StoreLimits
  readonly reader: EmailReader
  readonly context: () => FilterContext
  readonly mailboxExists: (id: number) => boolean
}

const byNewest: readonly Comparator[] = [{ property: 'receivedAt', isAscending: false }]

export function runQuery(query: Query, parts: QueryParts): QueryResult {
  const { filter } = query
  const sort = query.sort === undefined || query.sort.length === 0 ? byNewest : query.sort
  checkNumbers(query)
  if (filter !== undefined) checkFilter(filter, parts.limits)
  checkSort(sort)
  const context = parts.context()
  const state = context.highest as ModSeq
  const mailbox = requiredMailbox(filter)
  if (mailbox !== undefined && !parts.mailboxExists(mailbox)) {
    if (query.anchor !== undefined) throw new StoreError('anchorNotFound', 'the anchor is not in the results')
    return { ids: [], position: 0, total: total(query, 0), queryState: state, canCalculateChanges: false }
  }
  const columns = mailbox === undefined ? context.views.account() : context.views.of(mailbox)
  const found = new Results(columns, query, context.highest)
  const newestFirst = isByArrival(sort) && sort[0]?.isAscending === false
  const reach = newestFirst && !found.needsAll ? 'newest' : 'all'
  const wanted = filter === undefined ? undefined : compileFilter(filter, columns, { ...context, reach }, mailbox)
  // What is in a mailbox that may be read is seen.
  const test = mailbox === undefined ? onlySeen(columns, context, wanted) : wanted
  if (isByArrival(sort)) {
    walk(columns, newestFirst, lastSought(columns, newestFirst, query), test, (row) => found.add(row))
  } else {
    const rows: number[] = []
    walk(columns, false, columns.length - 1, test, (row) => rows.push(row) > 0)
    for (const row of sortRows(rows, sort, columns, context, parts.reader)) if (!found.add(row)) break
  }
  return { ...found.answer(), queryState: state, canCalculateChanges: false }
}

function onlySeen(columns: Columns, { seen }: FilterContext, wanted: Predicate | undefined): Predicate | undefined {
  if (seen === undefined) return wanted
  return (row) => seen.has(columns.emails[row] as number) && (wanted === undefined || wanted(row))
}

function isByArrival(sort: readonly Comparator[]): boolean {
  return sort.length === 1 && sort[0]?.property === 'receivedAt'
}

/** Emails sought one by one: each is one search of a column. */
const fewSought = 16

/** The last position in the order that has to be walked to: behind it there is nothing of `among`. */
function lastSought(columns: Columns, newestFirst: boolean, { among, calculateTotal }: Query): number {
  if (among === undefined || calculateTotal === true || among.size > fewSought)
    return newestFirst ? 0 : columns.length - 1
  const positions = columns.rowsOfEmails(among).map((row) => columns.positionOf(row))
  return newestFirst ? Math.min(columns.length, ...positions) : Math.max(-1, ...positions)
}

/** Matching rows that JMAP sees (RFC 8621 §4.1.1) by receivedAt, to position `last` or until `take` wants no more. */
function walk(
  columns: Columns,
  newestFirst: boolean,
  last: number,
  test: Predicate | undefined,
  take: Predicate,
): void {
  const order = columns.order()
  const step = newestFirst ? -1 : 1
  for (let at = newestFirst ? order.length - 1 : 0; newestFirst ? at >= last : at <= last; at += step) {
    const row = order[at] as number
    if (columns.isDeletedAt(row) || (test !== undefined && !test(row))) continue
    if (!take(row)) return
  }
}

function total(query: Query, count: number): number | undefined {
  return query.calculateTotal === true ? count : undefined
}

function checkNumbers({ position, anchorOffset, limit }: Query): void {
  for (const number of [position, anchorOffset, limit]) {
    if (number !== undefined && !Number.isSafeInteger(number)) {
      throw new StoreError('invalidArguments', 'position, anchorOffset and limit are integers')
    }
  }
  if (limit !== undefined && limit < 0) throw new StoreError('invalidArguments', 'limit is not negative')
}
