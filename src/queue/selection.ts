/**
 * Which entries an operator means.
 */
import type { EntryStatus } from './entry.ts'
import type { SpooledEntry } from './spool-row.ts'

/** What is named must be so; nothing named means every entry. */
export interface QueueSelection {
  /** An address, `@domain`, or `<>` for reports. */
  readonly sender?: string
  /** An address or `@domain`: of one that still waits, or of any where none waits any more. */
  readonly recipient?: string
  /** Unset: any but `kept`, which is not mail that waits. */
  readonly status?: EntryStatus
  /** Milliseconds since the epoch: came in before. */
  readonly before?: number
}

export function isSelected(entry: SpooledEntry, { sender, recipient, status, before }: QueueSelection): boolean {
  if (status === undefined ? entry.status === 'kept' : entry.status !== status) return false
  if (before !== undefined && entry.received >= before) return false
  if (sender !== undefined && !isMeant(entry.envelope.reversePath, sender)) return false
  if (recipient === undefined) return true
  const waiting = entry.recipients.filter(({ state }) => state === 'waiting')
  return (waiting.length > 0 ? waiting : entry.recipients).some(({ address }) => isMeant(address, recipient))
}

function isMeant(address: string, wanted: string): boolean {
  if (wanted === '<>') return address === ''
  const given = address.toLowerCase()
  const sought = wanted.toLowerCase()
  return sought.startsWith('@') ? given.endsWith(sought) : given === sought
}
