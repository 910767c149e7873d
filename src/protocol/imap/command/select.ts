/**
 * `SELECT` and `EXAMINE`.
 *
 * Standards: RFC 9051 §6.3.2–6.3.3, RFC 7162 §3.1.8 (CONDSTORE parameter).
 */
import type { Decoder } from '../decoder.ts'
import { bad } from '../error.ts'

export interface SelectCommand {
  name: 'SELECT' | 'EXAMINE'
  mailbox: string
  condstore: boolean
}

export function parseSelect(decoder: Decoder, name: 'SELECT' | 'EXAMINE'): SelectCommand {
  decoder.expectSp()
  const mailbox = decoder.expectMailbox()
  if (!decoder.sp() || decoder.atEnd) return { name, mailbox, condstore: false }
  decoder.expectList(() => {
    if (!decoder.word('CONDSTORE')) throw bad('Unknown SELECT parameter')
  })
  return { name, mailbox, condstore: true }
}
