/**
 * How much a destination is given at once: a few attempts at first, one more for each round that it answered, fewer when it
 * cannot keep up, and none for a while when nobody answers any more.
 *
 * Standards: RFC 5321 §4.5.4.1 ("MUST delay retrying a particular destination after one attempt has failed"), §3.8 (421).
 */
import type { RecipientOutcome } from './outcome.ts'

export interface DestinationOptions {
  /** Attempts at once to a destination of which nothing is known, or that is back. */
  readonly initial: number
  readonly largest: number
  /** How long a destination that cannot be reached is left alone at first; each further pause is twice as long. */
  readonly firstPause: number
  readonly longestPause: number
}

export interface Pause {
  /** Pauses in a row. */
  failures: number
  until: number
}

/**
 * In memory only: the next life of a queue begins carefully and finds out again.
 *
 * The window grows by one for as many answers as it is wide, and only while most of it is used; each failure takes one off, so that
 * a host that refuses every tenth connection is given less until it refuses few. When as many attempts as were under way
 * failed without an answer in between, nobody is there: a pause, then a single attempt that probes.
 */
export class Destination {
  readonly #options: DestinationOptions
  #largest: number
  #window: number
  #active = 0
  /** 1: as many failures without an answer as there were attempts. */
  #lost = 0
  #pause: Pause | undefined

  constructor(options: DestinationOptions) {
    this.#options = options
    this.#largest = options.largest
    this.#window = Math.min(options.initial, options.largest)
  }

  /** Attempts under way. */
  get active(): number {
    return this.#active
  }

  /** Attempts that it may have at once. */
  get width(): number {
    return this.#pause === undefined ? Math.max(1, Math.floor(this.#window)) : 1
  }

  /** The operator's maximum; undefined: the usual one. */
  limit(largest: number | undefined): void {
    this.#largest = Math.max(1, largest ?? this.#options.largest)
    this.#window = Math.min(this.#window, this.#largest)
  }

  /** Until when the destination is left alone; undefined when it is not. */
  pausedUntil(now: number): number | undefined {
    return this.#pause !== undefined && this.#pause.until > now ? this.#pause.until : undefined
  }

  /** Room for one more, pauses aside. */
  get hasRoom(): boolean {
    return this.#active < this.width
  }

  enter(): void {
    this.#active++
  }

  leave(): void {
    this.#active--
  }

  /** Learns from one job's outcomes, while that job still counts as under way. The new pause, when one began. */
  note(outcomes: readonly RecipientOutcome[], now: number): Pause | undefined {
    if (outcomes.length === 0) return undefined
    if (outcomes.every(isDestinationFailure)) return this.#failed(now)
    this.#answered()
    return undefined
  }

  /** The operator says that it is there again. */
  clear(): void {
    if (this.#pause === undefined) return
    this.#pause = undefined
    this.#restart()
  }

  #answered(): void {
    this.#lost = 0
    if (this.#pause !== undefined) {
      this.#pause = undefined
      this.#restart()
    } else if (this.#active + this.#options.initial > this.#window) {
      this.#window = Math.min(this.#largest, this.#window + 1 / this.#window)
    }
  }

  #failed(now: number): Pause | undefined {
    // Attempts that were under way when the pause began fail together with it.
    if (this.#pause !== undefined && this.#pause.until > now) return undefined
    this.#lost += 1 / Math.max(1, Math.min(this.#active, this.width))
    this.#window = Math.max(1, this.#window - 1)
    // A hundredth less, for sums such as 0.1 ten times.
    if (this.#lost < 0.99) return undefined
    const failures = (this.#pause?.failures ?? 0) + 1
    const { firstPause, longestPause } = this.#options
    this.#pause = { failures, until: now + Math.min(longestPause, firstPause * 2 ** (failures - 1)) }
    this.#lost = 0
    return this.#pause
  }

  #restart(): void {
    this.#lost = 0
    this.#window = Math.min(this.#options.initial, this.#largest)
  }
}

/**
 * True of any message: no connection, no session (421, a greeting that refuses), or a session that broke off. Agents say so
 * by `site`; without it, X.4.1 to X.4.4 without a reply mean the same: no answer, bad connection, directory failure, unable
 * to route (RFC 3463 §3.5).
 */
function isDestinationFailure(outcome: RecipientOutcome): boolean {
  if (outcome.status !== 'deferred') return false
  return outcome.site ?? (outcome.reply === undefined && /^4\.4\.[1-4]$/.test(outcome.enhanced ?? ''))
}
