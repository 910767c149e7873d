/**
 * A search key that goes on meaning the same messages.
 *
 * Standards: RFC 5267 §4.3 (message sequence numbers are read when the command is received).
 */
import { SequenceSet, type NumberRange, type SearchKey } from '../../../protocol/imap/index.ts'
import type { Selected } from '../selected.ts'

const largestUid = 0xffff_ffff

/** Numbers and `$` as UIDs; `*` at the end of a range as no end, and by itself as the UID it stands for now. */
export function closedKey(key: SearchKey, selected: Selected): SearchKey {
  switch (key.key) {
    case 'AND':
      return { key: 'AND', keys: key.keys.map((inner) => closedKey(inner, selected)) }
    case 'OR':
      return { key: 'OR', keys: [closedKey(key.keys[0], selected), closedKey(key.keys[1], selected)] }
    case 'NOT':
    case 'FUZZY':
      return { key: key.key, of: closedKey(key.of, selected) }
    case 'SEQUENCE':
      return { key: 'UID', set: uidsOf(key.set, selected) }
    case 'UID':
      return { key: 'UID', set: key.set.saved ? uidsOf(key.set, selected) : endless(key.set, selected) }
    default:
      return key
  }
}

function uidsOf(set: SequenceSet, selected: Selected): SequenceSet {
  const uids = selected.resolve(set, false).map((sequence) => selected.map.uidAt(sequence))
  const written = selected.map.compactSet(uids)
  return written === '' ? new SequenceSet([]) : SequenceSet.parse(written)
}

function endless(set: SequenceSet, { map }: Selected): SequenceSet {
  if (!set.open) return set
  const last = map.length === 0 ? 1 : map.uidAt(map.length)
  return new SequenceSet(
    set.ranges.map(([first, second]): NumberRange => {
      if (first === Infinity && second === Infinity) return [last, last]
      return [Math.min(first, second), largestUid]
    }),
  )
}
