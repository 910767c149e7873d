/**
 * How late the answer to a failed login comes: later with each failure from one network, so that guessing stays slow when
 * it is spread over many connections.
 *
 * Only refusals are late: people behind the same address who know their password notice nothing.
 * Limits: networks remembered (the oldest are forgotten first), and the time for which a failure counts.
 */

import { networkOf } from './admission.ts'

export interface LoginPenaltyLimits {
  /** After the first failure; doubles with each. */
  readonly failedLoginMs: number
  readonly maxFailedLoginMs: number
}

const rememberedNetworks = 10_000
const forgottenAfterMs = 15 * 60_000

export class LoginPenalty {
  readonly #limits: LoginPenaltyLimits
  readonly #failures = new Map<string, { count: number; last: number }>()

  constructor(limits: LoginPenaltyLimits) {
    this.#limits = limits
  }

  /** Counts a failure and says how many milliseconds its answer is to wait. `now` in milliseconds, of any clock. */
  failed(address: string, now: number): number {
    const network = networkOf(address)
    const known = this.#failures.get(network)
    const count = known === undefined || now - known.last > forgottenAfterMs ? 1 : known.count + 1
    // Deleted first, so that the map stays in the order of the last failure.
    this.#failures.delete(network)
    this.#failures.set(network, { count, last: now })
    if (this.#failures.size > rememberedNetworks) {
      for (const oldest of this.#failures.keys()) {
        this.#failures.delete(oldest)
        break
      }
    }
    const { failedLoginMs, maxFailedLoginMs } = this.#limits
    return Math.min(failedLoginMs * 2 ** Math.min(count - 1, 30), maxFailedLoginMs)
  }

  /** Counts a failure; to be awaited before the client is told of it. */
  serve(address: string): Promise<void> {
    const delay = this.failed(address, performance.now())
    return new Promise((resolve) => setTimeout(resolve, delay))
  }
}
