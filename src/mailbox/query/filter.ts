/**
 * Filters: which emails a query wants. Compiled to a predicate over the rows of columns.
 *
 * Standards: RFC 8621 §4.4.1, RFC 8620 §5.5 (FilterOperator).
 * Security: filters come from clients; depth and number of conditions are bounded.
 */
import { Bitmap } from '../bitmap.ts'
import type { Columns } from '../columns.ts'
import { StoreError } from '../errors.ts'
import type { EmailId, MailboxId } from '../ids.ts'
import { attachmentBit, type KeywordTable } from '../keyword-table.ts'
import { normaliseKeyword } from '../keyword-name.ts'
import type { StoreLimits } from '../limits.ts'
import type { Views } from '../views.ts'
import type { Reach, TextCondition, TextField, TextSearch } from './text-search.ts'

export interface FilterOperator {
  readonly operator: 'AND' | 'OR' | 'NOT'
  readonly conditions: readonly Filter[]
}

/** All given properties must hold; none: every email. Times in milliseconds. */
export interface FilterCondition {
  readonly inMailbox?: MailboxId
  readonly inMailboxOtherThan?: readonly MailboxId[]
  /** receivedAt strictly before. */
  readonly before?: number
  /** receivedAt at or after. */
  readonly after?: number
  /** At least. */
  readonly minSize?: number
  /** Less than. */
  readonly maxSize?: number
  readonly allInThreadHaveKeyword?: string
  readonly someInThreadHaveKeyword?: string
  readonly noneInThreadHaveKeyword?: string
  readonly hasKeyword?: string
  readonly notKeyword?: string
  readonly hasAttachment?: boolean
  readonly text?: string
  readonly from?: string
  readonly to?: string
  readonly cc?: string
  readonly bcc?: string
  readonly subject?: string
  readonly body?: string
  /** Field name, and text in its value. */
  readonly header?: readonly [string] | readonly [string, string]
}

export type Filter = FilterOperator | FilterCondition

/** What compiling needs to know beside the columns. */
export interface FilterContext {
  readonly views: Views
  readonly keywords: KeywordTable
  readonly mailboxIds: () => readonly MailboxId[]
  readonly highest: number
  readonly search: TextSearch
  /** Of the query; without it, all. */
  readonly reach?: Reach
  /** The emails that the one who asks may see; undefined: all. */
  readonly seen?: Bitmap | undefined
}

export type Predicate = (row: number) => boolean

interface Compiled {
  readonly test: Predicate
  /** Reads messages: to be asked last. */
  readonly slow: boolean
}

const textFields: readonly TextField[] = ['subject', 'from', 'to', 'cc', 'bcc', 'body', 'text']

/** Throws `unsupportedFilter` when the filter is beyond the limits or malformed. */
export function checkFilter(filter: Filter, limits: StoreLimits): void {
  let conditions = 0
  const visit = (node: Filter, depth: number): void => {
    if (depth > limits.maxFilterDepth) throw new StoreError('unsupportedFilter', 'the filter is nested too deeply')
    if (++conditions > limits.maxFilterConditions) {
      throw new StoreError('unsupportedFilter', 'the filter has too many conditions')
    }
    if (!('operator' in node)) return
    if (!['AND', 'OR', 'NOT'].includes(node.operator)) throw new StoreError('unsupportedFilter', 'unknown operator')
    for (const child of node.conditions) visit(child, depth + 1)
  }
  visit(filter, 1)
}

/** The mailbox that every match must be in, when the filter says so at its top: then its view is all there is to scan. */
export function requiredMailbox(filter: Filter | undefined): MailboxId | undefined {
  if (filter === undefined) return undefined
  if (!('operator' in filter)) return filter.inMailbox
  if (filter.operator !== 'AND') return undefined
  for (const condition of filter.conditions) {
    const mailbox = requiredMailbox(condition)
    if (mailbox !== undefined) return mailbox
  }
  return undefined
}

/** A predicate over the rows of `columns`; undefined when all rows match. `mailbox`: whose view the columns are. */
export function compileFilter(
  filter: Filter,
  columns: Columns,
  context: FilterContext,
  mailbox: MailboxId | undefined,
): Predicate | undefined {
  return compile(filter)?.test

  function compile(node: Filter): Compiled | undefined {
    if (!('operator' in node)) return all(compileCondition(node, columns, context, mailbox))
    const children = node.conditions.map(compile)
    if (node.operator === 'AND') return all(children.filter((child) => child !== undefined))
    // An undefined child matches everything: OR is true, and so NOT (none of them) is false.
    const always = children.some((child) => child === undefined)
    const tests = cheapFirst(children.filter((child) => child !== undefined))
    const slow = tests.some((child) => child.slow)
    if (node.operator === 'OR') {
      return always ? undefined : { slow, test: (row) => tests.some((child) => child.test(row)) }
    }
    return { slow, test: (row) => !always && !tests.some((child) => child.test(row)) }
  }
}

function all(children: readonly Compiled[]): Compiled | undefined {
  if (children.length <= 1) return children[0]
  const tests = cheapFirst(children)
  return { slow: tests.some((child) => child.slow), test: (row) => tests.every((child) => child.test(row)) }
}

function cheapFirst(children: readonly Compiled[]): readonly Compiled[] {
  return [...children.filter((child) => !child.slow), ...children.filter((child) => child.slow)]
}

function compileCondition(
  condition: FilterCondition,
  columns: Columns,
  context: FilterContext,
  mailbox: MailboxId | undefined,
): Compiled[] {
  const fast: Predicate[] = []
  const { inMailbox, inMailboxOtherThan, before, after, minSize, maxSize } = condition
  if (inMailbox !== undefined && inMailbox !== mailbox) fast.push(emailsIn(columns, context, [inMailbox]))
  if (inMailboxOtherThan !== undefined) {
    const others = context.mailboxIds().filter((id) => !inMailboxOtherThan.includes(id))
    fast.push(emailsIn(columns, context, others))
  }
  if (before !== undefined) fast.push((row) => (columns.received[row] as number) < before)
  if (after !== undefined) fast.push((row) => (columns.received[row] as number) >= after)
  if (minSize !== undefined) fast.push((row) => (columns.sizes[row] as number) >= minSize)
  if (maxSize !== undefined) fast.push((row) => (columns.sizes[row] as number) < maxSize)
  if (condition.hasAttachment !== undefined) {
    const wanted = condition.hasAttachment
    fast.push((row) => (((columns.flags[row] as number) & attachmentBit) !== 0) === wanted)
  }
  fast.push(...keywordConditions(condition, columns, context))
  const slow = textConditions(condition).map((text) => {
    const matches = context.search.prepare(text, context.reach ?? 'all')
    return (row: number): boolean => matches(columns.emails[row] as EmailId)
  })
  return [...fast.map((test) => ({ test, slow: false })), ...slow.map((test) => ({ test, slow: true }))]
}

function keywordConditions(condition: FilterCondition, columns: Columns, context: FilterContext): Predicate[] {
  const tests: Predicate[] = []
  const { hasKeyword, notKeyword } = condition
  if (hasKeyword !== undefined) tests.push(keywordTest(columns, context.keywords, hasKeyword))
  if (notKeyword !== undefined) {
    const has = keywordTest(columns, context.keywords, notKeyword)
    tests.push((row) => !has(row))
  }
  const inThread = (keyword: string, counted: boolean, wanted: boolean): void => {
    const threads = threadsWhere(context, keyword, counted)
    tests.push((row) => threads.has(columns.threads[row] as number) === wanted)
  }
  const { allInThreadHaveKeyword: every, someInThreadHaveKeyword: some, noneInThreadHaveKeyword: none } = condition
  if (every !== undefined) inThread(every, false, false)
  if (some !== undefined) inThread(some, true, true)
  if (none !== undefined) inThread(none, true, false)
  return tests
}

function textConditions(condition: FilterCondition): TextCondition[] {
  const texts: TextCondition[] = []
  if (condition.header !== undefined) {
    texts.push({ field: 'header', name: condition.header[0], value: condition.header[1] })
  }
  for (const field of textFields) {
    const value = condition[field]
    if (value !== undefined) texts.push({ field, value })
  }
  return texts
}

/** Whether the email at a row has a keyword. */
export function keywordTest(columns: Columns, keywords: KeywordTable, keyword: string): Predicate {
  const name = normaliseKeyword(keyword)
  if (name === undefined) throw new StoreError('unsupportedFilter', 'not a keyword')
  const bit = keywords.bitOf(name)
  if (bit !== undefined) return (row) => ((columns.flags[row] as number) & (1 << bit)) !== 0
  return (row) => columns.extraAt(row).includes(name)
}

/** Threads with at least one email that has the keyword (`has`), or that lacks it. */
export function threadsWhere(context: FilterContext, keyword: string, has: boolean): Bitmap {
  const account = context.views.account()
  const test = keywordTest(account, context.keywords, keyword)
  const threads = new Bitmap(context.highest)
  const { seen } = context
  for (let row = 0; row < account.length; row++) {
    if (seen !== undefined && !seen.has(account.emails[row] as number)) continue
    if (!account.isDeletedAt(row) && test(row) === has) threads.add(account.threads[row] as number)
  }
  return threads
}

/** Whether the email at a row has a place that JMAP sees in one of the mailboxes. */
function emailsIn(columns: Columns, context: FilterContext, mailboxes: readonly MailboxId[]): Predicate {
  const emails = new Bitmap(context.highest)
  const existing = new Set(context.mailboxIds())
  for (const id of mailboxes) {
    if (!existing.has(id)) continue
    const view = context.views.of(id)
    for (let row = 0; row < view.length; row++) {
      if (!view.isDeletedAt(row)) emails.add(view.emails[row] as number)
    }
  }
  return (row) => emails.has(columns.emails[row] as number)
}
