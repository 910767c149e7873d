/**
 * When a message may leave: now, or as its envelope asks.
 *
 * Standards: RFC 4865 §4 (FUTURERELEASE: HOLDFOR and HOLDUNTIL), RFC 8621 §7 (sendAt), §1.3.2 (maxDelayedSend).
 */
import { invalidProperties, parseUtcDate } from '../../../protocol/jmap/index.ts'
import type { JmapEnvelope } from './envelope.ts'

/** Milliseconds since the epoch. Throws `invalidProperties` when it asks twice or for longer than `maxDelayedSend` seconds. */
export function releaseTime(envelope: JmapEnvelope, now: number, maxDelayedSend: number): number {
  const parameters = Object.entries(envelope.mailFrom.parameters ?? {})
  const valueOf = (wanted: string) => parameters.find(([name]) => name.toUpperCase() === wanted)?.[1] ?? undefined
  const holdFor = valueOf('HOLDFOR')
  const holdUntil = valueOf('HOLDUNTIL')
  if (holdFor === undefined && holdUntil === undefined) return now
  if (holdFor !== undefined && holdUntil !== undefined) {
    throw invalidProperties('envelope', 'HOLDFOR and HOLDUNTIL exclude each other.')
  }
  const until = holdFor === undefined ? (parseUtcDate(holdUntil) ?? Infinity) : now + Number(holdFor) * 1000
  if (until > now + maxDelayedSend * 1000) {
    throw invalidProperties('envelope', `A message is held for at most ${maxDelayedSend} seconds.`)
  }
  // RFC 4865 §4.2: what was to be released already is released now.
  return Math.max(now, until)
}
