/**
 * `STATUS`: figures of a mailbox that is not selected.
 *
 * Standards: RFC 9051 §6.3.11, RFC 7162 §3.1.7 (HIGHESTMODSEQ), RFC 8438 (SIZE), RFC 8474 §4.3 (MAILBOXID), RFC 7889
 * (APPENDLIMIT), RFC 9208 §4.1.4 (DELETED-STORAGE).
 */
import type { Decoder } from '../decoder.ts'
import { bad } from '../error.ts'

const statusItems = [
  'MESSAGES',
  'RECENT',
  'UIDNEXT',
  'UIDVALIDITY',
  'UNSEEN',
  'DELETED',
  'DELETED-STORAGE',
  'SIZE',
  'HIGHESTMODSEQ',
  'MAILBOXID',
  'APPENDLIMIT',
] as const

export type StatusItem = (typeof statusItems)[number]

export interface StatusCommand {
  name: 'STATUS'
  mailbox: string
  items: StatusItem[]
}

export function parseStatus(decoder: Decoder): StatusCommand {
  decoder.expectSp()
  const mailbox = decoder.expectMailbox()
  decoder.expectSp()
  return { name: 'STATUS', mailbox, items: parseStatusItems(decoder) }
}

export function parseStatusItems(decoder: Decoder): StatusItem[] {
  const items = decoder.expectList(() => decoder.expectAtom('a STATUS item').toUpperCase() as StatusItem)
  if (items.length === 0) throw bad('STATUS needs at least one item')
  for (const item of items) if (!statusItems.includes(item)) throw bad('Unknown STATUS item')
  return [...new Set(items)]
}
