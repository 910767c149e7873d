/**
 * Which figures of a mailbox go with which event.
 *
 * Standards: RFC 5465 §3.1 (STATUS indicator), §5.1–5.3.
 */
import type { NotifyEvent, StatusItem } from '../../../protocol/imap/index.ts'

/** When something has happened that is wanted. Empty: nothing of that is. */
export function figuresFor(
  wanted: ReadonlySet<NotifyEvent>,
  happened: ReadonlySet<NotifyEvent>,
  modSeq: boolean,
): StatusItem[] {
  const items: StatusItem[] = []
  const told = [...happened].filter((event) => wanted.has(event))
  if (told.length === 0) return items
  if (told.includes('MessageNew') || told.includes('MessageExpunge')) items.push('UIDNEXT', 'MESSAGES')
  if (wanted.has('FlagChange')) items.push('UNSEEN', 'UIDVALIDITY')
  if (modSeq) items.push('HIGHESTMODSEQ')
  return items
}

/** To begin with. Empty: messages there are not watched. */
export function firstFigures(wanted: ReadonlySet<NotifyEvent>): StatusItem[] {
  if (!wanted.has('MessageNew')) return []
  const items: StatusItem[] = ['MESSAGES', 'UIDNEXT', 'UIDVALIDITY']
  return wanted.has('FlagChange') ? [...items, 'UNSEEN', 'HIGHESTMODSEQ'] : items
}
