/**
 * A clock that moves only when told: five days pass in no time.
 */

export class VirtualClock {
  #now: number

  constructor(start = Date.UTC(2026, 10, 23, 8)) {
    this.#now = start
  }

  /** Fits every room's `clock` port. */
  readonly now = (): number => this.#now

  advance(milliseconds: number): void {
    this.#now += milliseconds
  }

  /** Never backwards. */
  moveTo(time: number): void {
    this.#now = Math.max(this.#now, time)
  }
}
