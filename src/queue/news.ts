/**
 * What came of attempts, for programs that watch the message: noted with the outcome, in the same write, and kept until whoever
 * brings it to them has it.
 */
import type { Envelope, Recipient } from '../protocol/smtp/index.ts'
import type { OutcomeNews, QueuedRecipient } from './entry.ts'
import type { RecipientOutcome } from './outcome.ts'
import type { SpooledEntry } from './spool-row.ts'
import { lastOutcome } from './verdict.ts'

/** News of one message, in the order in which things happened. */
export interface Announcement {
  readonly domain: string
  readonly envelope: SpooledEntry['envelope']
  readonly news: readonly OutcomeNews[]
}

/**
 * What programs are to hear of this outcome; undefined where nobody wants to. `isOld`: it was known when the entry came, and has
 * the same mark whoever tells of it.
 */
export function newsOf(
  entry: Pick<SpooledEntry, 'key' | 'envelope'>,
  recipient: QueuedRecipient,
  isOld = false,
): OutcomeNews | undefined {
  const { last, state, attempts, address, orcpt, submitted = [nameOf(address, orcpt)], next } = recipient
  const { webhooks = [] } = entry.envelope.watch ?? {}
  // A rule's copy stands for no recipient of the sender's; of what went on within the house another queue tells.
  if (last === undefined || submitted.length === 0 || last.isOnward === true) return undefined
  const status = state === 'waiting' ? 'deferred' : state
  if (!webhooks.some(({ events }) => events.includes(status))) return undefined
  const { transactionId } = entry.envelope
  const isShared = isOld && status === 'delivered' && transactionId !== undefined
  const mark = `${isShared ? transactionId : entry.key.toString(36)} ${attempts} ${status} ${address}`
  return {
    recipients: submitted,
    address,
    status,
    attempts,
    outcome: last,
    mark,
    ...(status === 'deferred' ? { next } : {}),
  }
}

/** Of what was delivered before any queue had it: what one would tell if it were given this outcome. */
export function newsAtOnce(
  envelope: Envelope,
  recipient: Recipient,
  outcome: RecipientOutcome,
): OutcomeNews | undefined {
  const delivered: QueuedRecipient = {
    ...recipient,
    state: 'delivered',
    attempts: 1,
    next: 0,
    last: lastOutcome(outcome),
  }
  return newsOf({ key: 0, envelope }, delivered, true)
}

export function announcementOf({ domain, envelope, news = [] }: SpooledEntry): Announcement | undefined {
  return news.length === 0 ? undefined : { domain, envelope, news }
}

/** The entry without what is told. News that came meanwhile stays. */
export function announced(entry: SpooledEntry, { news }: Announcement): SpooledEntry {
  const marks = new Set(news.map(({ mark }) => mark))
  const { news: all = [], ...rest } = entry
  const left = all.filter(({ mark }) => !marks.has(mark))
  return left.length === 0 ? rest : { ...rest, news: left }
}

/** As the sender wrote it, where an alias changed it (RFC 3461 §4.2). */
function nameOf(address: string, orcpt: string | undefined): string {
  return /^(?:rfc822|utf-8);(.+@.+)$/i.exec(orcpt ?? '')?.[1] ?? address
}
