/**
 * Leaves a destination alone that cannot be reached: the others of its messages would only wait for the same timeout.
 *
 * Standards: RFC 5321 §4.5.4.1 ("MUST delay retrying a particular destination after one attempt has failed").
 */
import type { RecipientOutcome } from './outcome.ts'

interface Pause {
  failures: number
  until: number
}

/** In memory only: after a restart the first attempt finds out again. */
export class Throttle {
  readonly #pauses = new Map<string, Pause>()
  readonly #first: number
  readonly #longest: number

  /** Milliseconds. Each further pause is twice as long as the one before, up to `longest`. */
  constructor(first: number, longest: number) {
    this.#first = first
    this.#longest = longest
  }

  /** Until when `domain` is left alone; undefined when it is not. */
  pausedUntil(domain: string, now: number): number | undefined {
    const pause = this.#pauses.get(domain)
    return pause !== undefined && pause.until > now ? pause.until : undefined
  }

  /** After a pause one message probes, the others wait for its result. */
  isProbing(domain: string): boolean {
    return this.#pauses.has(domain)
  }

  /** Learns from one job's outcomes. The new pause, when one began. */
  note(domain: string, outcomes: readonly RecipientOutcome[], now: number): Pause | undefined {
    if (outcomes.length === 0) return undefined
    if (!outcomes.every(isUnreachable)) {
      this.#pauses.delete(domain)
      return undefined
    }
    const known = this.#pauses.get(domain)
    // Attempts that were under way together fail together: that is one failure, not five.
    if (known !== undefined && known.until > now) return undefined
    const failures = (known?.failures ?? 0) + 1
    const pause = { failures, until: now + Math.min(this.#longest, this.#first * 2 ** (failures - 1)) }
    this.#pauses.set(domain, pause)
    return pause
  }

  clear(domain: string): void {
    this.#pauses.delete(domain)
  }
}

/** X.4.1 to X.4.4: no answer, bad connection, directory failure, unable to route (RFC 3463 §3.5): true of any message. */
function isUnreachable(outcome: RecipientOutcome): boolean {
  return outcome.status === 'deferred' && outcome.reply === undefined && /^4\.4\.[1-4]$/.test(outcome.enhanced ?? '')
}
