/**
 * Orders of a query's results.
 *
 * Standards: RFC 8621 §4.4.2, RFC 8620 §5.5 (Comparator), RFC 5256 §2.1 (base subject).
 */
import type { Columns } from '../columns.ts'
import type { EmailReader } from '../email-reader.ts'
import { type Collation, foldOf } from './collation.ts'
import { readEnvelope } from '../envelope.ts'
import { StoreError } from '../errors.ts'
import type { EmailId } from '../ids.ts'
import { flattenAddresses, type Address, type AddressGroup } from '../../format/index.ts'
import { type FilterContext, keywordTest, threadsWhere } from './filter.ts'

const sortProperties = [
  'receivedAt',
  'sentAt',
  'size',
  'from',
  'to',
  'subject',
  'hasKeyword',
  'allInThreadHaveKeyword',
  'someInThreadHaveKeyword',
] as const
export type SortProperty = (typeof sortProperties)[number]

export interface Comparator {
  readonly property: SortProperty
  /** Default true. */
  readonly isAscending?: boolean
  /** For the three keyword properties. */
  readonly keyword?: string
  /** For `from`, `to` and `subject`; of no meaning elsewhere. */
  readonly collation?: Collation
}

/** Rows described at once while sorting by something that is in no column. */
const rowsPerRead = 1000
const maxComparators = 16

/** Throws `unsupportedSort` for unknown properties, a missing keyword, or too many comparators. */
export function checkSort(sort: readonly Comparator[]): void {
  if (sort.length > maxComparators) throw new StoreError('unsupportedSort', 'too many comparators')
  for (const { property, keyword } of sort) {
    if (!sortProperties.includes(property)) throw new StoreError('unsupportedSort', `cannot sort by ${property}`)
    if (property.endsWith('Keyword') && keyword === undefined) {
      throw new StoreError('unsupportedSort', `${property} needs a keyword`)
    }
  }
}

/** Sorts row numbers in place. Ties go by receivedAt, then id, as the rows were given. */
export function sortRows(
  rows: number[],
  sort: readonly Comparator[],
  columns: Columns,
  context: FilterContext,
  reader: EmailReader,
): number[] {
  const keys = sort.map((comparator) => sortKeys(comparator, rows, columns, context, reader))
  const signs = sort.map((comparator) => (comparator.isAscending === false ? -1 : 1))
  const indexes = rows.map((_, index) => index)
  indexes.sort((a, b) => {
    for (const [level, key] of keys.entries()) {
      const difference = compare(key[a] as number | string, key[b] as number | string)
      if (difference !== 0) return difference * (signs[level] as number)
    }
    return a - b
  })
  return indexes.map((index) => rows[index] as number)
}

function compare(a: number | string, b: number | string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function sortKeys(
  comparator: Comparator,
  rows: readonly number[],
  columns: Columns,
  context: FilterContext,
  reader: EmailReader,
): readonly (number | string)[] {
  const keyword = comparator.keyword ?? ''
  switch (comparator.property) {
    case 'receivedAt':
      return rows.map((row) => columns.received[row] as number)
    case 'size':
      return rows.map((row) => columns.sizes[row] as number)
    case 'hasKeyword': {
      const test = keywordTest(columns, context.keywords, keyword)
      return rows.map((row) => (test(row) ? 1 : 0))
    }
    case 'allInThreadHaveKeyword': {
      const lacking = threadsWhere(context, keyword, false)
      return rows.map((row) => (lacking.has(columns.threads[row] as number) ? 0 : 1))
    }
    case 'someInThreadHaveKeyword': {
      const having = threadsWhere(context, keyword, true)
      return rows.map((row) => (having.has(columns.threads[row] as number) ? 1 : 0))
    }
    default:
      return describedKeys(comparator.property, foldOf(comparator.collation), rows, columns, reader)
  }
}

/** Keys that are only in the email rows. An email without Date sorts by its arrival (RFC 5256 §2.2). */
function describedKeys(
  property: 'sentAt' | 'from' | 'to' | 'subject',
  fold: (text: string) => string,
  rows: readonly number[],
  columns: Columns,
  reader: EmailReader,
): (number | string)[] {
  const byEmail = new Map<number, number | string>()
  const ids = rows.map((row) => columns.emails[row] as EmailId)
  for (let from = 0; from < ids.length; from += rowsPerRead) {
    for (const { id, envelope, baseSubject, sentAt, receivedAt } of reader.sortFacts(
      ids.slice(from, from + rowsPerRead),
    )) {
      if (property === 'sentAt') byEmail.set(id, sentAt ?? receivedAt)
      else if (property === 'subject') byEmail.set(id, fold(baseSubject))
      else byEmail.set(id, fold(displayed(readEnvelope(envelope)[property])))
    }
  }
  return ids.map((id) => byEmail.get(id) ?? '')
}

/** The name, or without one the address, of the first address in a list, in a group or not (RFC 8621 §4.4.2). */
function displayed(list: readonly (Address | AddressGroup)[]): string {
  const first = flattenAddresses(list)[0]
  return first === undefined ? '' : first.name || first.address
}
