/**
 * What an operator may set about a queue, and why the defaults are what they are. All times in milliseconds.
 */
import { defaultRetrySchedule, type RetrySchedule } from './retry-schedule.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

export interface QueueOptions {
  /** Our name: Reporting-MTA, and the domain of reports' Message-IDs. */
  hostname: string
  /** From of reports. */
  reportFrom: { name?: string; address: string }
  schedule: RetrySchedule
  /** RFC 5321 §4.5.4.1: give up after 4-5 days at the earliest. */
  life: number
  /** For messages with the null reverse-path: the same section allows fewer tries; stale bounces help nobody. */
  reportLife: number
  /** After so long without success the sender is told once that the message is late; 0: never (RFC 3461 §5.2.5). */
  delayNoticeAfter: number
  /** Reports to one address in an hour; more of them wait, since the address may be that of somebody who sent nothing. */
  reportsPerHour: number
  /** How long a bounce that bounced is kept for the operator. */
  frozenLife: number
  /**
   * Octets of messages that went and are kept for a while: a Durable Object holds 10 GB, and what waits needs it more. The
   * oldest make room.
   */
  maxKept: number
  /** Entries attempted at once to a destination that is new or back: what any server puts up with from one client. */
  initialConcurrency: number
  /** … and at most, to one that answers well. */
  concurrency: number
  /** Octets of messages in memory at once, beyond the first: a Durable Object has 128 MB for everything. */
  maxBytesInFlight: number
  /** Entries one `run` takes on, so that a backlog of any size cannot outlast the time of one event. */
  maxPerRun: number
  /** Recipients in one SMTP transaction: what every server must take (RFC 5321 §4.5.3.1.8). */
  maxRecipients: number
  /** How long a destination that cannot be reached is left alone at first; then a single message probes it. */
  firstPause: number
  /** The pause doubles with every failed probe, up to here: new mail should not wait longer for a host that is back. */
  longestPause: number
  /**
   * When the alarm looks again whether attempts under way came to an end. After a crash nothing else takes them up, so this
   * is how long a message then waits; looking costs one row.
   */
  watchdog: number
  /**
   * How long the end of a message may wait for the next write, to share its commit: as long as two messages of a busy
   * destination are apart. A crash within that time sends the message again.
   */
  linger: number
}

/** Everything but the two names, which only the host knows. */
export const defaultQueueOptions: Omit<QueueOptions, 'hostname' | 'reportFrom'> = {
  schedule: defaultRetrySchedule,
  life: 5 * day,
  reportLife: 2 * day,
  delayNoticeAfter: 4 * hour,
  reportsPerHour: 100,
  frozenLife: 7 * day,
  maxKept: 1024 * 1024 * 1024,
  initialConcurrency: 5,
  concurrency: 20,
  maxBytesInFlight: 32 * 1024 * 1024,
  maxPerRun: 200,
  maxRecipients: 100,
  firstPause: minute,
  longestPause: 15 * minute,
  watchdog: minute,
  linger: 250,
}
