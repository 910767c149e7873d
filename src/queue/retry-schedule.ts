/**
 * When to try again.
 *
 * Standards: RFC 5321 §4.5.4.1 (retry strategy). It wants at least 30 minutes between attempts "in general" and welcomes
 * "more sophisticated and variable strategies": like every large mail server we come back sooner at first, since most
 * first refusals are greylisting (RFC 6647) that opens within minutes, and rarely later.
 *
 * | attempt failed | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 and later |
 * |---|---|---|---|---|---|---|---|---|
 * | wait (default, ±20 %) | 2.5 min | 5 min | 10 min | 20 min | 40 min | 80 min | 2 h 40 | 3 h |
 * | after arrival, about | 2.5 min | 7.5 min | 17.5 min | 37.5 min | 1 h 18 | 2 h 38 | 5 h 18 | every 3 h until 5 days |
 */

export interface RetrySchedule {
  /** Milliseconds after the first failed attempt. */
  first: number
  /** Each wait is so many times the one before. */
  factor: number
  /** The longest wait, in milliseconds. */
  longest: number
  /** 0 to 1: the part of a wait that chance decides, so that what failed together does not come back together. */
  jitter: number
}

export const defaultRetrySchedule: RetrySchedule = { first: 150_000, factor: 2, longest: 3 * 3_600_000, jitter: 0.2 }

/** Milliseconds to wait after the `attempts`-th failed attempt (1 …); `chance` is 0 ≤ n < 1. */
export function retryDelay(schedule: RetrySchedule, attempts: number, chance: number): number {
  const steps = Math.max(0, attempts - 1)
  const plain = Math.min(schedule.longest, schedule.first * schedule.factor ** steps)
  return Math.max(1, Math.round(plain * (1 + schedule.jitter * (2 * chance - 1))))
}
