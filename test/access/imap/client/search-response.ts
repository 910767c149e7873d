/**
 * SEARCH, SORT, THREAD and ESEARCH responses.
 *
 * Standards: RFC 9051 §7.3.4, RFC 3501 §7.2.5, RFC 5256 §5, RFC 4731, RFC 5267, RFC 9394, RFC 7377, RFC 6203.
 */
import type { Cursor, Ranges } from './cursor.ts'

export interface ExtendedSearch {
  readonly kind: 'esearch'
  readonly tag?: string
  readonly uid: boolean
  readonly mailbox?: string
  readonly sets: readonly Ranges[]
  /** What ADDTO and REMOVEFROM say, in their order; what else is told are results. */
  readonly updates: readonly SearchUpdate[]
}

export interface SearchUpdate {
  readonly adds: boolean
  /** From 1; 0 where there is no order (RFC 5267 §4.3). */
  readonly position: number
  readonly set: Ranges
}

export function found(cursor: Cursor): number[] {
  const numbers: number[] = []
  while (cursor.take(' ')) {
    if (cursor.take('(MODSEQ ')) {
      cursor.number64()
      cursor.expect(')')
      break
    }
    numbers.push(cursor.nzNumber())
  }
  if (new Set(numbers).size < numbers.length) cursor.fail('a result twice')
  return numbers
}

/** `"THREAD" [SP 1*thread-list]`. */
export function threads(cursor: Cursor): number[] {
  const numbers: number[] = []
  if (cursor.atEnd) return numbers
  cursor.sp()
  do thread(cursor, numbers)
  while (!cursor.atEnd)
  if (new Set(numbers).size < numbers.length) cursor.fail('a message in two places')
  return numbers
}

/** `"(" (thread-members / thread-nested) ")"`. */
function thread(cursor: Cursor, numbers: number[]): void {
  cursor.expect('(')
  if (!cursor.sees('(')) {
    numbers.push(cursor.nzNumber())
    while (cursor.take(' ')) {
      if (cursor.sees('(')) break
      numbers.push(cursor.nzNumber())
    }
  }
  if (cursor.sees('(')) {
    let nested = 0
    for (; cursor.sees('('); nested++) thread(cursor, numbers)
    if (nested < 2) cursor.fail('one thread nested alone')
  }
  cursor.expect(')')
}

export function esearch(cursor: Cursor): ExtendedSearch {
  let tag: string | undefined
  let mailbox: string | undefined
  if (cursor.take(' (')) {
    do {
      const name = cursor.word()
      cursor.sp()
      if (name === 'TAG') tag = cursor.string()
      else if (name === 'MAILBOX') mailbox = cursor.astring()
      else if (name === 'UIDVALIDITY') cursor.nzNumber()
      else cursor.fail(`${name} is no correlator`)
    } while (cursor.take(' '))
    cursor.expect(')')
  }
  const uid = cursor.take(' UID')
  const sets: Ranges[] = []
  const updates: SearchUpdate[] = []
  const seen = new Set<string>()
  while (cursor.take(' ')) {
    const name = cursor.word()
    const isUpdate = name === 'ADDTO' || name === 'REMOVEFROM'
    if (seen.has(name) && !isUpdate) cursor.fail(`${name} twice`)
    seen.add(name)
    cursor.sp()
    if (name === 'MIN' || name === 'MAX') {
      const number = cursor.nzNumber()
      sets.push([[number, number]])
    } else if (name === 'ALL') sets.push(cursor.set())
    else if (isUpdate) {
      const pair = (): void => {
        const position = cursor.number()
        cursor.sp()
        const set = cursor.set()
        sets.push(set)
        updates.push({ adds: name === 'ADDTO', position, set })
      }
      cursor.list(pair, false)
    } else if (name === 'COUNT') cursor.number()
    else if (name === 'MODSEQ') cursor.number64()
    else if (name === 'RELEVANCY') {
      for (const score of cursor.list(() => cursor.nzNumber(), false)) if (score > 100) cursor.fail('a score above 100')
    } else if (name === 'PARTIAL') {
      cursor.expect('(')
      if (!/^-?[1-9]\d*:-?[1-9]\d*/.test(cursor.text.slice(cursor.at))) cursor.fail('expected a partial range')
      cursor.at = cursor.text.indexOf(' ', cursor.at)
      cursor.sp()
      if (!cursor.take('NIL')) sets.push(cursor.set())
      cursor.expect(')')
    } else cursor.fail(`${name} is not returned`)
  }
  return {
    kind: 'esearch',
    uid,
    sets,
    updates,
    ...(tag !== undefined && { tag }),
    ...(mailbox !== undefined && { mailbox }),
  }
}
