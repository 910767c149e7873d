/**
 * What is asked of an entry in its turn, and how events name it.
 */
import { newsOf } from './news.ts'
import type { QueuedRecipient } from './entry.ts'
import type { RecipientOutcome } from './outcome.ts'
import { deadline, type SpooledEntry } from './spool-row.ts'

/** Its sender wants it back rather than late (RFC 2852 §4.1.3). */
export function isTooLate(entry: SpooledEntry, now: number): boolean {
  return entry.envelope.by?.mode === 'return' && deadline(entry) <= now
}

export function tooLate(due: readonly QueuedRecipient[], at: number): Map<string, RecipientOutcome> {
  const diagnostic = 'The time by which the message was to be delivered is over'
  return new Map(
    due.map(({ address }) => [address, { recipient: address, status: 'bounced', enhanced: '5.4.7', diagnostic, at }]),
  )
}

/** The operator asked for another try while one was under way: that one may have begun before whatever was put right. */
export function wasHurried(before: SpooledEntry, now: SpooledEntry): boolean {
  return now.recipients.some(({ next }, index) => next !== before.recipients[index]?.next)
}

export function hurried(entry: SpooledEntry, now: number): SpooledEntry {
  const recipients = entry.recipients.map((recipient) =>
    recipient.state === 'waiting' ? { ...recipient, next: now } : recipient,
  )
  return { ...entry, recipients }
}

/** How events name the message. */
export function named({ key, envelope }: SpooledEntry): { id: string; transactionId?: string; tells?: string } {
  const { transactionId, event } = envelope
  return {
    id: key.toString(36),
    ...(transactionId === undefined ? {} : { transactionId }),
    ...(event === undefined ? {} : { tells: event.type }),
  }
}

/** The entry after the operator has dropped it: nothing is left to deliver or to report. */
export function droppedEntry(entry: SpooledEntry, now: number, isAnnounced: boolean): SpooledEntry {
  const { news: before = [], ...rest } = entry
  const news = [...before]
  const cause = 'The operator removed it from the queue'
  const last = { status: 'bounced', enhanced: '5.0.0', cause, at: now } as const
  const recipients = entry.recipients.map(({ owed: _owed, ...recipient }): QueuedRecipient => {
    if (recipient.state !== 'waiting') return recipient
    const dropped: QueuedRecipient = { ...recipient, state: 'bounced', last }
    const told = isAnnounced ? newsOf(entry, dropped) : undefined
    if (told !== undefined) news.push(told)
    return dropped
  })
  return { ...rest, recipients, ...(news.length === 0 ? {} : { news }), status: 'waiting', next: now }
}

export function bouncedOf(entry: SpooledEntry): string[] {
  return entry.recipients.filter(({ state }) => state === 'bounced').map(({ address }) => address)
}
