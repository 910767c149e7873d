/**
 * What an operator allows for one destination, beside what the destination itself can take.
 */
import { Rate, type RateState } from './rate.ts'

export interface QueueLimits {
  /** Messages a minute. */
  readonly perMinute?: number
  /** Attempts at once. */
  readonly concurrency?: number
}

/** The rate of these limits, and how much of it is used up already. */
export function rateOf({ perMinute }: QueueLimits, now: number, state: string | undefined): Rate | undefined {
  if (perMinute === undefined) return undefined
  return new Rate(perMinute, now, state === undefined ? undefined : (JSON.parse(state) as RateState))
}
