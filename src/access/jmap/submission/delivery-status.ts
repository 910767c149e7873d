/**
 * What is known of each recipient of a submission, and how news is merged into it.
 *
 * Standards: RFC 8621 §7 (DeliveryStatus).
 */
import type { TrackedStatus } from '../../../queue/index.ts'
import { normaliseAddress, type ParsedMdn } from '../../../format/index.ts'
import { replyText, type Reply } from '../../../protocol/smtp/index.ts'
import type { JmapEnvelope } from './envelope.ts'

export interface DeliveryStatus {
  readonly smtpReply: string
  readonly delivered: TrackedStatus['delivered']
  readonly displayed: 'unknown' | 'yes'
}

/** By the recipient as the envelope names it. */
export type DeliveryStatuses = Readonly<Record<string, DeliveryStatus>>

/** Replies are kept whole as a rule; those of many recipients share one row, so that each is cut there. */
const maxReply = 1000
const maxReplies = 300_000

function cutReply(text: string, recipients: number): string {
  return text.slice(0, Math.min(maxReply, Math.floor(maxReplies / Math.max(1, recipients))))
}

/** After the hand-over: in the mailbox, or with our queues. */
export function statusesAfter(envelope: JmapEnvelope, reply: Reply, delivered: readonly string[]): DeliveryStatuses {
  const there = new Set(delivered)
  return statusesOf(envelope, reply, (email) => (there.has(email) ? 'yes' : 'queued'))
}

export function statusesOf(
  envelope: JmapEnvelope,
  reply: Reply,
  delivered: (email: string) => DeliveryStatus['delivered'],
): DeliveryStatuses {
  const smtpReply = cutReply(statusText(reply), envelope.rcptTo.length)
  return Object.fromEntries(
    envelope.rcptTo.map(({ email }) => [email, { smtpReply, delivered: delivered(email), displayed: 'unknown' }]),
  )
}

/** Reports often change the case of a local part; two recipients who differ in it alone are hardly two. */
function keyOf(address: string): string {
  return normaliseAddress(address).toLowerCase()
}

/**
 * News never undoes what is known better: an alias may report from several places and in any order, and what has failed for
 * one of them has failed.
 */
const rank = { queued: 0, unknown: 1, yes: 2, no: 3 } as const

/** The statuses after the news; undefined when nothing changed. Only `open` ones change: those about which the news may know. */
export function merged(
  known: DeliveryStatuses,
  news: readonly TrackedStatus[],
  open: readonly DeliveryStatus['delivered'][] = ['queued', 'unknown', 'yes', 'no'],
): DeliveryStatuses | undefined {
  const names = new Map(Object.keys(known).map((email) => [keyOf(email), email]))
  const result: Record<string, DeliveryStatus> = { ...known }
  let changed = false
  for (const piece of news) {
    const { delivered } = piece
    const smtpReply = cutReply(piece.smtpReply, names.size)
    for (const email of concerned(piece, names)) {
      const before = result[email]
      if (before === undefined || !open.includes(before.delivered)) continue
      if (rank[delivered] < rank[before.delivered]) continue
      if (before.delivered === delivered && before.smtpReply === smtpReply) continue
      result[email] = { ...before, delivered, smtpReply }
      changed = true
    }
  }
  return changed ? result : undefined
}

/** The recipients that a piece of news is about, as the envelope names them; `names`: by what they are compared by. */
function concerned({ recipient, orcpt, submitted }: TrackedStatus, names: ReadonlyMap<string, string>): string[] {
  if (submitted !== undefined) return submitted.flatMap((email) => names.get(keyOf(email)) ?? [])
  const original = orcpt === undefined ? undefined : names.get(keyOf(orcpt.replace(/^[^;]*;/, '')))
  const email = names.get(keyOf(recipient)) ?? original
  return email === undefined ? [] : [email]
}

/** After the reader named in a notification has seen the message. */
export function displayed(known: DeliveryStatuses, { finalRecipient, originalRecipient }: ParsedMdn): DeliveryStatuses {
  const readers = [finalRecipient, originalRecipient].map((text) => keyOf((text ?? '').replace(/^[^;]*;\s*/, '')))
  return Object.fromEntries(
    Object.entries(known).map(([email, status]) => [
      email,
      readers.includes(keyOf(email)) ? { ...status, displayed: 'yes' as const } : status,
    ]),
  )
}

/** `250 2.0.0 text`: a synthetic reply always has an enhanced code (RFC 8621 §7). */
function statusText(reply: Reply): string {
  return replyText(reply.enhanced === undefined ? { ...reply, enhanced: `${Math.floor(reply.code / 100)}.0.0` } : reply)
}
