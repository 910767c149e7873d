/**
 * A deadline that moves often and strikes seldom: moving it is an assignment, one timer runs behind it.
 */
export class Deadline {
  readonly #strike: () => void
  #at = Infinity
  #timer: ReturnType<typeof setTimeout> | undefined
  #timerAt = Infinity

  /** `strike` is called when the deadline passes, at most once for each `set`. */
  constructor(strike: () => void) {
    this.#strike = strike
  }

  /** Moves the deadline to a time of `performance.now()`. */
  set(at: number): void {
    this.#at = at
    // A timer that is too early re-arms itself; one that is too late must be replaced.
    if (at < this.#timerAt) this.#arm(at)
  }

  clear(): void {
    this.#at = Infinity
  }

  /** Ends the timer too: the owner is gone. */
  close(): void {
    this.#at = Infinity
    this.#timerAt = Infinity
    clearTimeout(this.#timer)
  }

  #arm(at: number): void {
    clearTimeout(this.#timer)
    this.#timerAt = at
    this.#timer = setTimeout(() => this.#look(), Math.max(1, at - performance.now()))
  }

  #look(): void {
    this.#timerAt = Infinity
    if (this.#at === Infinity) return
    if (performance.now() < this.#at) {
      this.#arm(this.#at)
      return
    }
    this.#at = Infinity
    this.#strike()
  }
}
