/**
 * What came back from a member's server, told by the address that it came back to (VERP).
 *
 * Standards: RFC 3464 (reports), RFC 3463 (5.X.X is for good).
 * Security: anybody can write a report; only the member's own servers know the address.
 */
import { parseReport } from '../format/index.ts'
import type { Member } from './member.ts'

const day = 24 * 3_600_000
/** Mail that goes well tells us nothing: who did not bounce for so long is taken to be well. */
const forgivenAfter = 14 * day
/** On so many days: one bad day of a server costs nobody their membership. */
const mostBounces = 3
const longestCause = 200
/** It came there before, by another way: two lists may well be members of each other (RFC 3463 §3.5). */
export const loop = '5.4.6'

/** Why it came back for good; undefined for a delay, a success, and anything that is no report. `'report'`: one of those. */
export function readBounce(raw: Uint8Array): { kind: 'none' | 'report' } | { kind: 'failed'; cause: string } {
  const report = parseReport(raw)
  if (report === undefined) return { kind: 'none' }
  const failed = report.recipients.find(
    ({ action, status = '5.0.0' }) => action === 'failed' && status.startsWith('5') && status !== loop,
  )
  if (failed === undefined) return { kind: 'report' }
  const cause = failed.diagnostic ?? failed.status ?? 'returned'
  return { kind: 'failed', cause: cause.replace(/\s+/g, ' ').slice(0, longestCause) }
}

/** The member after that. */
export function afterBounce(member: Member, cause: string, now: number): Member {
  const { bounced = 0 } = member
  const isNew = now - bounced > forgivenAfter
  if (!isNew && now - bounced < day) return { ...member, cause }
  const bounces = isNew ? 1 : member.bounces + 1
  return { ...member, bounces, bounced: now, cause, state: bounces >= mostBounces ? 'bouncing' : member.state }
}
