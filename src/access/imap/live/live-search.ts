/**
 * A search whose results the client follows: what it knows of them, and what has to be said when they change.
 *
 * Standards: RFC 5267 §4.3.2–4.3.4 (ADDTO, REMOVEFROM).
 */
import {
  formatUidSet,
  SequenceSet,
  type FetchItem,
  type SearchKey,
  type SortCriterion,
} from '../../../protocol/imap/index.ts'
import type { SequenceMap } from '../sequence-map.ts'

export interface LiveSearchTerms {
  readonly tag: string
  /** Results are UIDs. */
  readonly uid: boolean
  /** Without message sequence numbers and `$`, which mean what they did when the search was made (RFC 5267 §4.3). */
  readonly key: SearchKey
  /** Of SORT: results have an order of their own. */
  readonly criteria?: readonly SortCriterion[]
  /** Sent of new messages among the results (RFC 5465 §7). */
  readonly fetch?: readonly FetchItem[]
}

export class LiveSearch {
  readonly terms: LiveSearchTerms
  /** As text: what is kept of the terms. */
  readonly written: string
  #results: readonly number[]
  #members: Set<number>

  /** `results`: UIDs, in the order of the search. */
  constructor(terms: LiveSearchTerms, results: readonly number[]) {
    this.terms = terms
    this.written = writeTerms(terms)
    this.#results = results
    this.#members = new Set(results)
  }

  get results(): readonly number[] {
    return this.#results
  }

  has(uid: number): boolean {
    return this.#members.has(uid)
  }

  /** The results are these from now on; the response that says so, '' when nothing changes. */
  become(results: readonly number[], map: SequenceMap): string {
    const members = new Set(results)
    const removed = places(this.#results, (uid) => !members.has(uid))
    const added = places(results, (uid) => !this.#members.has(uid))
    this.#results = results
    this.#members = members
    if (removed.length + added.length === 0) return ''
    const { tag, uid, criteria } = this.terms
    const number = (of: number): number => (uid ? of : map.sequenceOf(of))
    // From the end, so that what is removed first moves nothing that is removed later.
    const without = criteria === undefined ? together(removed, number) : runs(removed, number).reverse().join(' ')
    const within = criteria === undefined ? together(added, number) : runs(added, number).join(' ')
    const leaving = without === '' ? '' : ` REMOVEFROM (${without})`
    const joining = within === '' ? '' : ` ADDTO (${within})`
    return `* ESEARCH (TAG "${tag}")${uid ? ' UID' : ''}${leaving}${joining}\r\n`
  }
}

type Place = readonly [position: number, uid: number]

function places(results: readonly number[], chosen: (uid: number) => boolean): Place[] {
  return results.flatMap((uid, index): Place[] => (chosen(uid) ? [[index + 1, uid]] : []))
}

/** Wherever they belong in the order of the mailbox (RFC 5267 §4.3.3). */
function together(some: readonly Place[], number: (uid: number) => number): string {
  return some.length === 0 ? '' : `0 ${formatUidSet(some.map(([, uid]) => number(uid)))}`
}

/** What stands side by side goes together: the position of the first, and all in their order. */
function runs(some: readonly Place[], number: (uid: number) => number): string[] {
  const pairs: string[] = []
  for (let from = 0; from < some.length;) {
    const [position] = some[from] as Place
    let to = from
    while (to < some.length && some[to]?.[0] === position + to - from) to++
    pairs.push(`${position} ${formatUidSet(some.slice(from, to).map(([, uid]) => number(uid)))}`)
    from = to
  }
  return pairs
}

/** Sets are kept as they are written. */
function writeTerms(terms: LiveSearchTerms): string {
  return JSON.stringify(terms, (_, value: unknown) =>
    value instanceof SequenceSet ? { set: value.toString() } : value,
  )
}

export function readTerms(written: string): LiveSearchTerms {
  return JSON.parse(written, (_, value: unknown) => {
    if (typeof value !== 'object' || value === null || !('set' in value) || typeof value.set !== 'string') return value
    return value.set === '' ? new SequenceSet([]) : SequenceSet.parse(value.set)
  }) as LiveSearchTerms
}
