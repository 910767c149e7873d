/**
 * `STORE`: flags added to, removed from or put in place of those of messages.
 *
 * Standards: RFC 9051 §6.4.6, RFC 7162 §3.1.3 (UNCHANGEDSINCE).
 */
import type { Decoder } from '../decoder.ts'
import { bad } from '../error.ts'
import type { SequenceSet } from '../sequence-set.ts'

export interface StoreCommand {
  name: 'STORE'
  uid: boolean
  set: SequenceSet
  unchangedSince?: number
  action: 'add' | 'remove' | 'replace'
  silent: boolean
  flags: string[]
}

export function parseStore(decoder: Decoder, uid: boolean): StoreCommand {
  decoder.expectSp()
  const set = decoder.expectSequenceSet()
  decoder.expectSp()
  let unchangedSince: number | undefined
  if (decoder.special('(')) {
    if (!decoder.word('UNCHANGEDSINCE')) throw bad('Unknown STORE modifier')
    decoder.expectSp()
    unchangedSince = decoder.expectModSeq()
    decoder.expectSpecial(')')
    decoder.expectSp()
  }
  const action = decoder.special('+') ? 'add' : decoder.special('-') ? 'remove' : 'replace'
  const silent = decoder.word('FLAGS.SILENT')
  if (!silent && !decoder.word('FLAGS')) throw bad('Expected FLAGS')
  decoder.expectSp()
  const flags = parseFlags(decoder)
  return { name: 'STORE', uid, set, ...(unchangedSince !== undefined && { unchangedSince }), action, silent, flags }
}

/** `flag-list`, or flags without parentheses. */
function parseFlags(decoder: Decoder): string[] {
  const list = decoder.list(() => decoder.expectFlag())
  if (list !== undefined) return list
  const flags = [decoder.expectFlag()]
  while (decoder.sp() && !decoder.atEnd) flags.push(decoder.expectFlag())
  return flags
}
