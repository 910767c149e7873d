/**
 * How much strangers may ask of us in a minute, counted by their network: connections, messages, recipients, and
 * recipients that do not exist.
 *
 * Each count is the time at which all that was asked for would be paid off, if each cost its share of a minute (the generic
 * cell rate algorithm): a number that needs no timer, and a burst of a whole minute's allowance is nobody's harm.
 *
 * Limits: networks remembered; the one that was met longest ago is forgotten first.
 */
import type { DoorRates } from '../link/index.ts'
import { networkOf } from './admission.ts'

const MINUTE = 60_000
const rememberedNetworks = 20_000

type PaidBy = Record<keyof DoorRates, number>

export interface DoorLimits {
  /** Between two reports on who was turned away. */
  readonly turnedAwayMs: number
  /** Waiting for what is known of a client; it is taken for a stranger after that. */
  readonly screeningMs: number
  /** How late the answer comes that a recipient does not exist, when a minute's allowance of them is used up. */
  readonly maxUnknownMs: number
}

export class ClientRates {
  readonly #networks = new Map<string, PaidBy>()
  readonly #most: number

  constructor(most = rememberedNetworks) {
    this.#most = most
  }

  get size(): number {
    return this.#networks.size
  }

  /**
   * Counts one more, and says which part of the minute's allowance is used up, from 0 to 1; or undefined, and counts
   * nothing, when it is too much. `now` in milliseconds, of any clock.
   */
  count(what: keyof DoorRates, address: string, limit: number, now: number): number | undefined {
    if (limit === 0) return 0
    const paidBy = this.#of(networkOf(address))
    const next = Math.max(now, paidBy[what]) + MINUTE / limit
    // Of so many shares of a minute the sum is not exactly one.
    if (next - now > MINUTE + 1) return undefined
    paidBy[what] = next
    return (next - now) / MINUTE
  }

  #of(network: string): PaidBy {
    const known = this.#networks.get(network)
    if (known !== undefined) {
      // To the end: the map's order is by last meeting.
      this.#networks.delete(network)
      this.#networks.set(network, known)
      return known
    }
    if (this.#networks.size >= this.#most) {
      for (const oldest of this.#networks.keys()) {
        this.#networks.delete(oldest)
        break
      }
    }
    const fresh = { connections: 0, messages: 0, recipients: 0, unknown: 0 }
    this.#networks.set(network, fresh)
    return fresh
  }
}
