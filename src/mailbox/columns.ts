/**
 * Messages as columns: one typed array per property, so that scans of 100,000 take less than a millisecond.
 */
import type { EmailId } from './ids.ts'
import { deletedBit } from './keyword-table.ts'

/** One message as the columns take it. */
export interface ColumnRow {
  readonly email: number
  readonly thread: number
  readonly received: number
  readonly size: number
  readonly flags: number
  readonly extra: readonly string[]
}

export class Columns {
  #length = 0
  #capacity: number
  emails: Uint32Array
  threads: Uint32Array
  received: Float64Array
  sizes: Uint32Array
  /** Keyword bits, see keyword-table.ts. */
  flags: Int32Array
  /** Keywords without a bit, by email id. */
  readonly extra = new Map<number, readonly string[]>()
  #order: Uint32Array | undefined

  constructor(capacity: number) {
    this.#capacity = Math.max(16, capacity)
    this.emails = new Uint32Array(this.#capacity)
    this.threads = new Uint32Array(this.#capacity)
    this.received = new Float64Array(this.#capacity)
    this.sizes = new Uint32Array(this.#capacity)
    this.flags = new Int32Array(this.#capacity)
  }

  get length(): number {
    return this.#length
  }

  extraAt(row: number): readonly string[] {
    return this.extra.size === 0 ? noNames : (this.extra.get(this.emails[row] as number) ?? noNames)
  }

  /** Row numbers by receivedAt, then email id, ascending. Kept up to date by appends and removals; do not write to it. */
  order(): Uint32Array {
    this.#order ??= this.#sorted()
    return this.#order.subarray(0, this.#length)
  }

  /** Rows of those of these emails that are here, in any order: one search by the runtime for each. */
  rowsOfEmails(emails: Iterable<number>): number[] {
    const column = this.emails.subarray(0, this.#length)
    return Array.from(emails, (email) => column.indexOf(email)).filter((row) => row >= 0)
  }

  /** Where a row is in `order()`. */
  positionOf(row: number): number {
    const order = this.order()
    let low = 0
    let high = order.length - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#before(order[middle] as number, row)) low = middle + 1
      else high = middle
    }
    return low
  }

  append(row: ColumnRow): number {
    if (this.#length === this.#capacity) this.grow(Math.ceil(this.#capacity * 1.5))
    const at = this.#length++
    this.emails[at] = row.email
    this.threads[at] = row.thread
    this.received[at] = row.received
    this.sizes[at] = row.size
    this.flags[at] = row.flags
    if (row.extra.length > 0) this.extra.set(row.email, row.extra)
    if (this.#order !== undefined) this.#insertOrdered(this.#order, at)
    return at
  }

  /** Makes room for rows that the caller then fills; the index of the first. */
  extend(count: number): number {
    const from = this.#length
    if (from + count > this.#capacity) this.grow(from + count)
    this.#length += count
    this.#order = undefined
    return from
  }

  /** Marked `\Deleted`: JMAP does not see the row (RFC 8621 §4.1.1). */
  isDeletedAt(row: number): boolean {
    return ((this.flags[row] as number) & deletedBit) !== 0
  }

  setFlags(row: number, flags: number, extra: readonly string[]): void {
    this.flags[row] = flags
    const email = this.emails[row] as number
    if (extra.length > 0) this.extra.set(email, extra)
    else if (this.extra.size > 0) this.extra.delete(email)
  }

  /** Takes out rows, given ascending. One pass, whatever their number. */
  remove(rows: readonly number[]): void {
    const first = rows[0]
    if (first === undefined) return
    for (const row of rows) this.extra.delete(this.emails[row] as number)
    if (this.#order !== undefined) this.#removeOrdered(this.#order, rows)
    for (const column of this.columns()) compact(column, rows, this.#length)
    this.#length -= rows.length
  }

  /** Every column, for growing and compacting; a subclass adds its own. */
  protected columns(): (Uint32Array | Int32Array | Float64Array)[] {
    return [this.emails, this.threads, this.received, this.sizes, this.flags]
  }

  protected grow(capacity: number): void {
    this.#capacity = capacity
    this.emails = widened(this.emails, new Uint32Array(capacity))
    this.threads = widened(this.threads, new Uint32Array(capacity))
    this.received = widened(this.received, new Float64Array(capacity))
    this.sizes = widened(this.sizes, new Uint32Array(capacity))
    this.flags = widened(this.flags, new Int32Array(capacity))
    if (this.#order !== undefined) this.#order = widened(this.#order, new Uint32Array(capacity))
  }

  #before(a: number, b: number): boolean {
    const difference = (this.received[a] as number) - (this.received[b] as number)
    return difference < 0 || (difference === 0 && (this.emails[a] as number) < (this.emails[b] as number))
  }

  #sorted(): Uint32Array {
    const order = new Uint32Array(this.#capacity)
    let ascending = true
    for (let row = 0; row < this.#length; row++) {
      order[row] = row
      if (row > 0 && ascending) ascending = this.#before(row - 1, row)
    }
    if (!ascending) order.subarray(0, this.#length).sort((a, b) => (this.#before(a, b) ? -1 : 1))
    return order
  }

  #insertOrdered(order: Uint32Array, row: number): void {
    let low = 0
    let high = this.#length - 1
    if (high > 0 && this.#before(order[high - 1] as number, row)) low = high
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#before(order[middle] as number, row)) low = middle + 1
      else high = middle
    }
    order.copyWithin(low + 1, low, this.#length - 1)
    order[low] = row
  }

  #removeOrdered(order: Uint32Array, rows: readonly number[]): void {
    const moved = new Int32Array(this.#length)
    let next = 0
    for (let row = 0, removed = 0; row < this.#length; row++) {
      if (rows[removed] === row) {
        moved[row] = -1
        removed++
      } else moved[row] = next++
    }
    let kept = 0
    for (let at = 0; at < this.#length; at++) {
      const row = moved[order[at] as number] as number
      if (row >= 0) order[kept++] = row
    }
  }
}

const noNames: readonly string[] = []

/** The columns of a whole account: each email once, ascending by id. */
export class AccountColumns extends Columns {
  /** The row of an email, or -1. */
  rowOf(email: EmailId | number): number {
    return findAscending(this.emails, this.length, email)
  }
}

/** The index of `value` in the first `length` elements, which ascend; -1 when absent. */
export function findAscending(column: Uint32Array, length: number, value: number): number {
  const at = lowerBound(column, length, value)
  return at < length && column[at] === value ? at : -1
}

/** The index of the first of the first `length` ascending elements that is not below `value`. */
export function lowerBound(column: Uint32Array, length: number, value: number): number {
  let low = 0
  let high = length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((column[middle] as number) < value) low = middle + 1
    else high = middle
  }
  return low
}

function widened<Column extends Uint32Array | Int32Array | Float64Array>(from: Column, to: Column): Column {
  to.set(from)
  return to
}

export const widenedUint32 = (from: Uint32Array, capacity: number): Uint32Array =>
  widened(from, new Uint32Array(capacity))

function compact(column: Uint32Array | Int32Array | Float64Array, rows: readonly number[], length: number): void {
  let target = rows[0] as number
  for (const [index, row] of rows.entries()) {
    const end = rows[index + 1] ?? length
    column.copyWithin(target, row + 1, end)
    target += end - row - 1
  }
}
