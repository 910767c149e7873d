/**
 * Searches that the client follows, behind a session's sleep.
 */
import { SequenceSet } from '../../../protocol/imap/index.ts'
import type { Context } from '../context.ts'
import type { Selected } from '../selected.ts'
import type { KeptSearch } from '../session-state.ts'
import { sorted } from '../sort/sort.ts'
import { LiveSearch, readTerms } from './live-search.ts'

/** Goes on where the results are known; the client is told of those where they are not (NOUPDATE). */
export function keepFollowing(context: Context, selected: Selected, kept: readonly KeptSearch[]): void {
  for (const { tag, terms, results } of kept) {
    const search = results === undefined ? undefined : resumed(context, selected, terms, results)
    if (search === undefined || !selected.live.add(search)) selected.live.lose(tag)
  }
}

function resumed(context: Context, { map }: Selected, written: string, results: string): LiveSearch | undefined {
  const terms = readTerms(written)
  const uids = results === '' ? [] : map.uidsIn(SequenceSet.parse(results))
  if (terms.criteria === undefined) return new LiveSearch(terms, uids)
  const found = uids.map((uid) => ({ uid, sequence: map.sequenceOf(uid) }))
  const order = sorted(context, found, terms.criteria).map(({ uid }) => uid)
  // Where a message stood that is gone by now, nobody can say.
  return order.length < uids.length ? undefined : new LiveSearch(terms, order)
}
