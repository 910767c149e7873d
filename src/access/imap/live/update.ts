/**
 * Looks at what has changed in a selected mailbox, and says what that means for the searches that the client follows.
 *
 * Standards: RFC 5267 §4.3, RFC 5465 §5.2, §7 (order of EXISTS, FETCH and ESEARCH).
 */
import { StoreError } from '../../../mailbox/index.ts'
import type { FetchItem, SearchKey } from '../../../protocol/imap/index.ts'
import type { Context } from '../context.ts'
import { tellArrivals } from '../notify/arrivals.ts'
import { compile } from '../search/criterion.ts'
import { find } from '../search/find.ts'
import { FuzzyMatches } from '../search/fuzzy.ts'
import type { Selected } from '../selected.ts'
import { sorted } from '../sort/sort.ts'
import type { LiveSearch } from './live-search.ts'

/** Tells what there is to be told of `arrived` messages and of results. Undefined: nothing. */
export function tellUpdates(context: Context): Promise<void> | undefined {
  const { selected, watch } = context
  if (selected === undefined) return undefined
  const arrived = context.arrived.splice(0)
  const fetch = watch?.wishes.selected?.fetch
  if (!selected.live.hasNews && (arrived.length === 0 || fetch === undefined)) return undefined
  return tell(context, selected, arrived, fetch ?? [])
}

async function tell(
  context: Context,
  selected: Selected,
  arrived: readonly number[],
  always: readonly FetchItem[],
): Promise<void> {
  const { live, map } = selected
  const touched = live.takeTouched()
  const changes: { search: LiveSearch; results: readonly number[] }[] = []
  for (const search of live.all) {
    try {
      const results = await changedResults(context, search, touched)
      if (results !== undefined) changes.push({ search, results })
    } catch (error) {
      // Octets are out of reach, or the mailbox is gone: what matches now, nobody can say.
      if (!(error instanceof StoreError)) throw error
      live.lose(search.terms.tag)
    }
    if (context.closed) return
  }
  for (const tag of live.takeLost()) {
    context.output.text(`* NO [NOUPDATE "${tag}"] The results are not known any more\r\n`)
  }
  const rest: number[] = []
  for (const uid of arrived) {
    const more = changes.filter(({ search, results }) => !search.has(uid) && results.includes(uid))
    const wanted = more.flatMap(({ search }) => search.terms.fetch ?? [])
    if (wanted.length === 0) rest.push(uid)
    else await tellArrivals(context, [uid], distinct([...always, ...wanted]))
  }
  for (const { search, results } of changes) context.output.text(search.become(results, map))
  if (always.length > 0) await tellArrivals(context, rest, always)
}

/** Undefined: the results are as they were. */
async function changedResults(
  context: Context,
  search: LiveSearch,
  touched: readonly number[],
): Promise<readonly number[] | undefined> {
  const { criteria, key } = search.terms
  const matching = new Set(await matchesAmong(context, key, touched))
  const removed = new Set(touched.filter((uid) => search.has(uid) && !matching.has(uid)))
  const added = touched.filter((uid) => !search.has(uid) && matching.has(uid))
  if (removed.size + added.length === 0) return undefined
  const left = search.results.filter((uid) => !removed.has(uid))
  if (added.length === 0) return left
  const all = [...left, ...added].sort((a, b) => a - b)
  if (criteria === undefined) return all
  const { map } = context.mailbox
  const found = all.map((uid) => ({ uid, sequence: map.sequenceOf(uid) }))
  return sorted(context, found, criteria).map(({ uid }) => uid)
}

async function matchesAmong(context: Context, key: SearchKey, uids: readonly number[]): Promise<number[]> {
  const { map } = context.mailbox
  const sequences = uids.map((uid) => map.sequenceOf(uid)).filter((sequence) => sequence > 0)
  const found = await find(context, compile(context, key, new FuzzyMatches()), sequences)
  return found.map(({ uid }) => uid)
}

function distinct(items: readonly FetchItem[]): FetchItem[] {
  return [...new Map(items.map((item) => ['label' in item ? item.label : item.item, item])).values()]
}
