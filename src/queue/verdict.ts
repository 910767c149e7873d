/**
 * From an attempt's outcome to a recipient's new state, and to what the sender is owed for it.
 *
 * Standards: RFC 5321 §4.5.4.1 (give-up time), RFC 3461 §4.1, §5.2 (NOTIFY), RFC 3463 (4.4.7), RFC 3464 §2.3.
 */
import { replyText } from '../protocol/smtp/index.ts'
import type { LastOutcome, QueuedRecipient } from './entry.ts'
import type { RecipientOutcome } from './outcome.ts'
import { retryDelay, type RetrySchedule } from './retry-schedule.ts'

/** A peer's text is kept up to here: enough to understand it, too little to fill a queue with. */
const maxText = 1_000
/** The same for all recipients of an entry together, which are one row: it may hold 2 MB, and holds what is news twice. */
const maxTexts = 100_000

export interface VerdictContext {
  now: number
  expires: number
  schedule: RetrySchedule
  /** 0 ≤ n < 1 */
  chance: number
  /** The sender wants to hear of every relay (RFC 2852 §4.1.4). */
  trace?: boolean
  /** Recipients of the entry. */
  recipients?: number
}

/** The recipient after this outcome. A deferral at or after `expires` is final. */
export function applyOutcome(
  recipient: QueuedRecipient,
  outcome: RecipientOutcome,
  context: VerdictContext,
): QueuedRecipient {
  const attempts = recipient.attempts + 1
  const last = lastOutcome(outcome, Math.min(maxText, Math.floor(maxTexts / (context.recipients ?? 1))))
  if (outcome.status === 'delivered') {
    const success = outcome.success ?? 'relayed'
    const isRelay = success === 'passed' || success === 'relayed'
    const traced = isRelay && (context.trace === true || outcome.untimed === true)
    const after: QueuedRecipient = { ...recipient, state: 'delivered', attempts, last }
    return traced && recipient.notify?.includes('NEVER') !== true
      ? { ...after, owed: 'relayed' }
      : owing(after, success)
  }
  if (outcome.status === 'bounced') return owing({ ...recipient, state: 'bounced', attempts, last }, 'failed')
  if (context.now >= context.expires) return expired({ ...recipient, attempts, last })
  const next = Math.min(context.now + retryDelay(context.schedule, attempts, context.chance), context.expires)
  return { ...recipient, attempts, last, next }
}

/** Given up on because its time is over: X.4.7, and the last answer stays as the diagnostic. */
function expired(recipient: QueuedRecipient): QueuedRecipient {
  const last = recipient.last as LastOutcome
  const cause = last.cause ?? last.reply
  return owing(
    {
      ...recipient,
      state: 'bounced',
      last: {
        ...last,
        status: 'bounced',
        enhanced: '4.4.7',
        lastStatus: last.enhanced,
        cause: `The message could not be delivered in time${cause === undefined ? '' : `; the last attempt said: ${cause}`}`,
      },
    },
    'failed',
  )
}

/** True when the sender wants to hear of it: without NOTIFY, of failures and delays only (RFC 3461 §4.1). */
export function wants(recipient: QueuedRecipient, condition: 'SUCCESS' | 'FAILURE' | 'DELAY'): boolean {
  return recipient.notify === undefined ? condition !== 'SUCCESS' : recipient.notify.includes(condition)
}

function owing(
  recipient: QueuedRecipient,
  event: 'final' | 'relayed' | 'passed' | 'expanded' | 'failed',
): QueuedRecipient {
  if (event === 'passed' || !wants(recipient, event === 'failed' ? 'FAILURE' : 'SUCCESS')) return recipient
  return { ...recipient, owed: event === 'final' ? 'delivered' : event }
}

/** `longest`: characters that are kept of each text. */
export function lastOutcome(outcome: RecipientOutcome, longest = maxText): LastOutcome {
  const digit = { delivered: '2', deferred: '4', bounced: '5' }[outcome.status]
  const given = outcome.enhanced ?? outcome.reply?.enhanced
  const sound = given !== undefined && /^[245]\.\d{1,3}\.\d{1,3}$/.test(given) && given.startsWith(digit)
  const last: LastOutcome = {
    status: outcome.status,
    enhanced: sound ? given : `${digit}.0.0`,
    at: outcome.at,
  }
  if (outcome.reply !== undefined) last.reply = replyText(outcome.reply).slice(0, longest)
  if (outcome.diagnostic !== undefined) last.cause = outcome.diagnostic.slice(0, longest)
  if (outcome.remoteMta !== undefined) last.remoteMta = outcome.remoteMta.slice(0, 255)
  if (outcome.tls !== undefined) last.tls = outcome.tls
  if (outcome.success !== undefined) last.success = outcome.success
  if (outcome.isOnward !== undefined) last.isOnward = outcome.isOnward
  if (outcome.keepUntil !== undefined) last.keepUntil = outcome.keepUntil
  if (outcome.agent !== undefined) last.agent = outcome.agent
  if (outcome.earlier !== undefined) {
    last.earlier = outcome.earlier.map(({ agent, answer }) => ({ agent, answer: answer.slice(0, longest) }))
  }
  return last
}
