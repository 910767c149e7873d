/**
 * So many messages a minute, and no more: a bucket that fills slowly.
 */

const minute = 60_000

/** What survives the end of a life, so that an object that comes and goes does not send more. */
export interface RateState {
  readonly tokens: number
  readonly at: number
}

/**
 * In no minute more than `perMinute` messages, and where there are many to send, not many less. A tenth of them may go at
 * once, so that a large rate is not a wake-up for each message.
 */
export class Rate {
  readonly #capacity: number
  /** Milliseconds for one more. */
  readonly #interval: number
  #tokens: number
  #at: number

  /** `perMinute` is a whole number from 1. */
  constructor(perMinute: number, now: number, state?: RateState) {
    this.#capacity = Math.max(1, Math.floor(perMinute / 10))
    // A full bucket and what flows in during a minute are `perMinute` together.
    this.#interval = minute / (perMinute - this.#capacity + 1)
    this.#tokens = Math.min(this.#capacity, state?.tokens ?? this.#capacity)
    // A clock that was put back must not stop the mail.
    this.#at = Math.min(state?.at ?? now, now)
  }

  get state(): RateState {
    return { tokens: this.#tokens, at: this.#at }
  }

  /** Takes one when there is one. */
  take(now: number): boolean {
    if (this.next(now) > now) return false
    this.#fill(now)
    this.#tokens -= 1
    return true
  }

  /** When the next message may go: `now` or later. */
  next(now: number): number {
    // The thousandth is what sums of fractions may be off by.
    const ready = Math.ceil(this.#at + (1 - this.#tokens) * this.#interval - 0.001)
    return Math.max(now, ready)
  }

  #fill(now: number): void {
    const gained = Math.max(0, now - this.#at) / this.#interval
    this.#tokens = Math.min(this.#capacity, Math.max(this.#tokens + gained, 1))
    this.#at = Math.max(this.#at, now)
  }
}
