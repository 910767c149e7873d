/**
 * What a search says: the ESEARCH response, and what `$` stands for afterwards.
 *
 * Standards: RFC 9051 §7.3.4, RFC 4731 §3, RFC 5182 §2, RFC 5267 §3.1 (sorted results), RFC 9394 §3.1 (PARTIAL), RFC 7162 §3.1.6,
 * RFC 6203 §4 (RELEVANCY).
 */
import { formatUidSet, type PartialResult, type SearchReturnOptions } from '../../../protocol/imap/index.ts'
import type { Context } from '../context.ts'
import type { Found } from './find.ts'

/** The returned values behind `* ESEARCH (TAG "…")`. `found` is in the order of the answer: MIN is its first, MAX its last. Scores are for ALL, or for the part. */
export function returnedValues(
  { options, partial }: SearchReturnOptions,
  found: readonly Found[],
  number: (found: Found) => number,
  relevancy?: (found: Found) => number,
): string {
  let text = ''
  const first = found[0]
  const last = found.at(-1)
  if (first !== undefined && last !== undefined) {
    if (options.has('MIN')) text += ` MIN ${number(first)}`
    if (options.has('MAX')) text += ` MAX ${number(last)}`
    if (options.has('ALL')) text += ` ALL ${formatUidSet(found.map(number))}`
  }
  if (partial !== undefined) {
    const set = formatUidSet(partOf(found, partial).map(number))
    text += ` PARTIAL (${partial.from}:${partial.to} ${set === '' ? 'NIL' : set})`
  }
  if (options.has('RELEVANCY') && relevancy !== undefined && found.length > 0) {
    const named = partial === undefined ? found : partOf(found, partial)
    text += ` RELEVANCY (${named.map(relevancy).join(' ')})`
  }
  if (options.has('COUNT')) text += ` COUNT ${found.length}`
  return text
}

/** The results that a PARTIAL range names, in their order. */
export function partOf<T>(results: readonly T[], { from, to }: PartialResult): readonly T[] {
  if (from > 0) return results.slice(from - 1, to)
  return results.slice(Math.max(0, results.length + to), Math.max(0, results.length + from + 1))
}

/** RFC 5182 §2.4, RFC 9394 §3.1: MIN, MAX and PARTIAL alone save what they return, anything else saves all. */
export function toSave({ options, partial }: SearchReturnOptions, found: readonly Found[]): number[] {
  if (options.has('ALL') || options.has('COUNT')) return uidsOf(found)
  return uidsOf(namedBy({ options, ...(partial && { partial }) }, found) ?? found)
}

/** The highest mod-sequence of the messages that the answer names (RFC 7162 §3.1.6); undefined when it names none. */
export function highestModSeq(
  context: Context,
  returns: SearchReturnOptions | undefined,
  found: readonly Found[],
): number | undefined {
  const all = returns === undefined || returns.options.has('ALL') || returns.options.has('COUNT')
  const named = all ? found : (namedBy(returns, found) ?? found)
  if (named.length === 0) return undefined
  const { view } = context.mailbox
  let highest = 0
  for (const { uid } of named) {
    const row = view.indexOf(uid)
    if (row >= 0) highest = Math.max(highest, view.modseqAt(row))
  }
  return highest
}

/** What MIN, MAX and PARTIAL name; undefined when none of them was asked for. */
function namedBy({ options, partial }: SearchReturnOptions, found: readonly Found[]): Found[] | undefined {
  if (!options.has('MIN') && !options.has('MAX') && partial === undefined) return undefined
  const named = new Set<Found>(partial === undefined ? [] : partOf(found, partial))
  const [first, last] = [found[0], found.at(-1)]
  if (options.has('MIN') && first !== undefined) named.add(first)
  if (options.has('MAX') && last !== undefined) named.add(last)
  return [...named]
}

function uidsOf(found: readonly Found[]): number[] {
  return found.map(({ uid }) => uid).sort((a, b) => a - b)
}
