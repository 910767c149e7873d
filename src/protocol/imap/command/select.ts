/**
 * `SELECT` and `EXAMINE`.
 *
 * Standards: RFC 9051 §6.3.2–6.3.3, RFC 7162 §3.1.8 (CONDSTORE parameter), §3.2.5 (QRESYNC parameter).
 */
import type { Decoder } from '../decoder.ts'
import { bad } from '../error.ts'
import type { SequenceSet } from '../sequence-set.ts'

/** What a client kept of the mailbox, to be told only what is different now. */
export interface QresyncParameter {
  uidValidity: number
  modSeq: number
  /** Undefined: all UIDs. */
  knownUids?: SequenceSet
  /** Some sequence numbers and the UIDs that had them. */
  match?: { sequences: SequenceSet; uids: SequenceSet }
}

export interface SelectCommand {
  name: 'SELECT' | 'EXAMINE'
  mailbox: string
  condstore: boolean
  qresync?: QresyncParameter
}

export function parseSelect(decoder: Decoder, name: 'SELECT' | 'EXAMINE'): SelectCommand {
  decoder.expectSp()
  const command: SelectCommand = { name, mailbox: decoder.expectMailbox(), condstore: false }
  if (!decoder.sp() || decoder.atEnd) return command
  decoder.expectList(() => {
    if (decoder.word('CONDSTORE')) command.condstore = true
    else if (decoder.word('QRESYNC')) {
      decoder.expectSp()
      command.qresync = parseQresync(decoder)
    } else throw bad('Unknown SELECT parameter')
  })
  return command
}

function parseQresync(decoder: Decoder): QresyncParameter {
  decoder.expectSpecial('(')
  const uidValidity = decoder.expectNzNumber()
  decoder.expectSp()
  const parameter: QresyncParameter = { uidValidity, modSeq: decoder.expectModSeq() }
  if (parameter.modSeq === 0) throw bad('A mod-sequence of zero')
  if (decoder.sp()) {
    const known = decoder.sequenceSet()
    if (known !== undefined) parameter.knownUids = closed(known)
    if (known === undefined || decoder.sp()) parameter.match = parseMatch(decoder)
  }
  decoder.expectSpecial(')')
  return parameter
}

function parseMatch(decoder: Decoder): { sequences: SequenceSet; uids: SequenceSet } {
  decoder.expectSpecial('(')
  const sequences = closed(decoder.expectSequenceSet())
  decoder.expectSp()
  const uids = closed(decoder.expectSequenceSet())
  decoder.expectSpecial(')')
  return { sequences, uids }
}

/** RFC 7162 §7: neither `*` nor `$`, which stand for what the server has and not for what the client knew. */
function closed(set: SequenceSet): SequenceSet {
  if (set.saved || set.open) throw bad('Neither * nor $ is known to anybody before')
  return set
}
