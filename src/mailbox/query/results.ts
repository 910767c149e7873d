/**
 * The results of a query as they come: one per thread when collapsed, a window of them or some with their indexes.
 *
 * Standards: RFC 8620 §5.5 (position, anchor, limit, total), §5.6 (indexes); RFC 8621 §4.4.3 (collapsing).
 */
import { Bitmap } from '../bitmap.ts'
import type { Columns } from '../columns.ts'
import { StoreError } from '../errors.ts'
import type { EmailId, ModSeq } from '../ids.ts'
import type { Filter } from './filter.ts'
import type { Comparator } from './sort.ts'

export interface Query {
  readonly filter?: Filter
  /** Default: receivedAt, newest first. */
  readonly sort?: readonly Comparator[]
  /** Only the first email of each thread. */
  readonly collapseThreads?: boolean
  /** Of the first result; negative: from the end. Not with `anchor`. */
  readonly position?: number
  /** Position of this email, plus `anchorOffset`. */
  readonly anchor?: EmailId
  readonly anchorOffset?: number
  /** At most so many ids; default: all. */
  readonly limit?: number
  readonly calculateTotal?: boolean
  /** Only these of the results, each with its index. Not with a window. */
  readonly among?: ReadonlySet<EmailId>
}

export interface QueryResult {
  readonly ids: readonly EmailId[]
  readonly position: number
  /** Only with `among`: where each of `ids` is in the results. */
  readonly indexes?: readonly number[]
  /** Only with `calculateTotal`. */
  readonly total: number | undefined
  readonly queryState: ModSeq
  /** Always false for now: RFC 8620 §5.6 lets a server say so. */
  readonly canCalculateChanges: boolean
}

export class Results {
  readonly #columns: Columns
  readonly #query: Query
  readonly #threads: Bitmap | undefined
  readonly #among: Bitmap | undefined
  readonly #enough: number
  readonly #rows: number[] = []
  readonly #indexes: number[] = []
  #count = 0

  /** `highest`: above all ids. */
  constructor(columns: Columns, query: Query, highest: number) {
    this.#columns = columns
    this.#query = query
    this.#threads = query.collapseThreads === true ? new Bitmap(highest) : undefined
    this.#enough = windowEnd(query)
    if (query.among === undefined) return
    this.#among = new Bitmap(highest)
    for (const id of query.among) if (id <= highest) this.#among.add(id)
  }

  /** Whether every match has to be known. */
  get needsAll(): boolean {
    return this.#enough === Infinity
  }

  /** The next row in order; false: no more are needed. */
  add(row: number): boolean {
    if (this.#count >= this.#enough) return false
    if (this.#threads !== undefined && !this.#threads.addNew(this.#columns.threads[row] as number)) return true
    const index = this.#count++
    if (this.#among === undefined) this.#rows.push(row)
    else if (this.#among.has(this.#columns.emails[row] as number)) {
      this.#rows.push(row)
      this.#indexes.push(index)
    }
    return this.#count < this.#enough
  }

  /** Throws `anchorNotFound`. */
  answer(): Pick<QueryResult, 'ids' | 'position' | 'indexes' | 'total'> {
    const total = this.#query.calculateTotal === true ? this.#count : undefined
    if (this.#among !== undefined) return { ids: this.#idsOf(this.#rows), position: 0, indexes: this.#indexes, total }
    const start = this.#start()
    return {
      ids: this.#idsOf(this.#rows.slice(start, start + (this.#query.limit ?? Infinity))),
      position: start,
      total,
    }
  }

  #start(): number {
    const { anchor, anchorOffset = 0, position = 0 } = this.#query
    if (anchor === undefined) return Math.max(0, position < 0 ? this.#count + position : position)
    const at = this.#rows.findIndex((row) => this.#columns.emails[row] === anchor)
    if (at < 0) throw new StoreError('anchorNotFound', 'the anchor is not in the results')
    return Math.max(0, at + anchorOffset)
  }

  #idsOf(rows: readonly number[]): EmailId[] {
    return rows.map((row) => this.#columns.emails[row] as EmailId)
  }
}

/** How many results must be known: all of them when something counts from elsewhere than the start. */
function windowEnd({ anchor, among, position = 0, limit = Infinity, calculateTotal }: Query): number {
  if (anchor !== undefined || among !== undefined || position < 0 || calculateTotal === true) return Infinity
  return position + limit
}
