/**
 * `UIDBATCHES`.
 *
 * Standards: RFC 10022 §3.1.
 */
import type { Decoder } from '../decoder.ts'
import { bad } from '../error.ts'

export interface UidBatchesCommand {
  name: 'UIDBATCHES'
  /** Messages in a batch. */
  size: number
  /** Which batches, counted from 1 for the newest messages; all when none are named. */
  from: number
  to: number
}

export function parseUidBatches(decoder: Decoder): UidBatchesCommand {
  decoder.expectSp()
  const size = decoder.expectNzNumber()
  if (decoder.blankTail) return { name: 'UIDBATCHES', size, from: 1, to: Infinity }
  decoder.expectSp()
  const from = decoder.expectNzNumber()
  decoder.expectSpecial(':')
  const to = decoder.expectNzNumber()
  if (to < from) throw bad('The range of batches is reversed', 'CLIENTBUG')
  return { name: 'UIDBATCHES', size, from, to }
}
