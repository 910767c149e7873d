/**
 * What a returning client is told of the time it was away.
 *
 * Standards: RFC 7162 §3.2.5–3.2.6, §3.2.10.1 (VANISHED (EARLIER)).
 */
import {
  formatUidSet,
  inRanges,
  SequenceSet,
  type NumberRange,
  type QresyncParameter,
} from '../../protocol/imap/index.ts'
import type { Context } from './context.ts'
import type { Selected } from './selected.ts'

/** The UIDs a set names that have gone since `modSeq`. When the history does not reach back, all that are not there. */
export function tellVanished(context: Context, selected: Selected, modSeq: number, set: SequenceSet): void {
  const { uidNext } = context.store.counts(selected.mailbox)
  const ranges = set.saved ? rangesOf(selected.savedUids()) : set.resolve(uidNext - 1)
  const gone = context.store.vanishedSince(selected.mailbox, modSeq)
  const text =
    gone === undefined
      ? formatRanges(absent(selected.view.uidList(), ranges, uidNext - 1))
      : formatUidSet(withoutRepeats(gone).filter((uid) => inRanges(ranges, uid)))
  if (text !== '') context.output.text(`* VANISHED (EARLIER) ${text}\r\n`)
}

/** After SELECT (QRESYNC …) of the same UIDVALIDITY: what has gone, then what has come or changed. */
export function resynchronise(context: Context, selected: Selected, parameter: QresyncParameter): void {
  const { modSeq, knownUids, match } = parameter
  const known = knownUids ?? new SequenceSet([[1, Infinity]])
  tellVanished(context, selected, modSeq, beyondMatch(selected, known, match))
  const ranges = known.resolve(Infinity)
  const changed = selected.view.changedSince(modSeq).filter((uid) => inRanges(ranges, uid))
  selected.tellFlags(context.output, changed, context.style)
}

/**
 * Where a sequence number still belongs to the UID it had, nothing before it has gone (RFC 7162 §3.2.5.2): only what is
 * known beyond the last such pair.
 */
function beyondMatch(selected: Selected, known: SequenceSet, match: QresyncParameter['match']): SequenceSet {
  if (match === undefined) return known
  const sequences = match.sequences.numbers(maxPairs)
  const uids = match.uids.numbers(maxPairs)
  let same = 0
  for (const [index, sequence] of sequences.entries()) {
    const uid = uids[index]
    if (uid === undefined || sequence > selected.map.length || selected.map.uidAt(sequence) !== uid) break
    same = uid
  }
  if (same === 0) return known
  const beyond = known.resolve(Infinity).flatMap(([first, last]): NumberRange[] => {
    return last <= same ? [] : [[Math.max(first, same + 1), last]]
  })
  return new SequenceSet(beyond)
}

/** Pairs looked at: clients send a few dozen. */
const maxPairs = 10_000

/** The parts of these ranges, up to `most`, in which there is no message. */
function absent(uids: Uint32Array, ranges: readonly NumberRange[], most: number): NumberRange[] {
  const holes: [number, number][] = []
  let at = 0
  for (const [first, last] of ranges) {
    let next = first
    const end = Math.min(last, most)
    while (at < uids.length && (uids[at] as number) < first) at++
    for (; at < uids.length && (uids[at] as number) <= end; at++) {
      const uid = uids[at] as number
      if (uid > next) holes.push([next, uid - 1])
      next = uid + 1
    }
    if (next <= end) holes.push([next, end])
  }
  return holes
}

function rangesOf(uids: readonly number[]): NumberRange[] {
  return uids.map((uid) => [uid, uid])
}

function withoutRepeats(ascending: readonly number[]): number[] {
  return ascending.filter((uid, index) => uid !== ascending[index - 1])
}

function formatRanges(ranges: readonly NumberRange[]): string {
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}:${last}`)).join(',')
}
