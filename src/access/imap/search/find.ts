/**
 * Asks a criterion of every message the client knows, reading no more than it must.
 */
import type { Context } from '../context.ts'
import type { Criterion } from './criterion.ts'
import { ReadAhead } from '../fetch/read-ahead.ts'
import { SearchMessage, wholeBelow } from './message.ts'

export interface Found {
  sequence: number
  uid: number
}

/**
 * The messages for which the criterion holds, ascending: of all of them, or of the sequence numbers given. Expunged ones do
 * not match, told or not.
 */
export async function find(context: Context, criterion: Criterion, candidates?: readonly number[]): Promise<Found[]> {
  const selected = context.mailbox
  const { map } = selected
  const view = selected.view
  const found: Found[] = []
  const there: number[] = []
  const count = candidates?.length ?? map.length
  const { ofRow } = criterion
  for (let at = 0, next = 0; at < count; at++) {
    const sequence = candidates === undefined ? at + 1 : (candidates[at] as number)
    const uid = map.uidAt(sequence)
    // Mostly the row behind the last one.
    const row = next < view.length && view.uids[next] === uid ? next : view.indexOf(uid)
    if (row < 0) continue
    next = row + 1
    if (ofRow === undefined) there.push(uid)
    else if (ofRow(view, row, uid, sequence)) found.push({ sequence, uid })
  }
  if (there.length === 0) return found
  // Texts are looked for in what the index lets pass: mostly a few messages, read a handful at a time.
  const readsTexts = criterion.cost === 'octets' && criterion.columns.includes('parts')
  const sequences = readsTexts ? there.map((uid) => map.sequenceOf(uid)) : []
  const ahead = readsTexts ? new ReadAhead(context, sequences, wholeBelow) : undefined
  for (const columns of context.store.envelopes(selected.mailbox, there, criterion.columns)) {
    context.progress?.advance()
    const { uid } = columns
    const test = (): boolean => {
      // The last message may have been waited for, and the mailbox changed meanwhile.
      const now = selected.view
      const place = { sequence: map.sequenceOf(uid), uid, view: now, row: now.indexOf(uid) }
      if (place.row < 0) return false
      const whole = ahead?.octets(place.sequence, now, place.row)
      return criterion.test(new SearchMessage(context.store, place, columns, whole))
    }
    const matches = criterion.cost === 'octets' ? await context.store.reading(test) : test()
    if (matches) found.push({ sequence: map.sequenceOf(uid), uid })
    if (context.closed) break
  }
  return found
}
