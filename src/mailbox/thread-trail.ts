/**
 * Which threads changed lately, for whoever keeps numbers about threads: a change of one message is then no reason to
 * count all of them again.
 *
 * Limits: the last `length` to twice as many changes; who looks less often counts again.
 */
const length = 64

export class ThreadTrail {
  #recent: number[] = []
  #before = 0

  /** A mark for `since`. */
  get end(): number {
    return this.#before + this.#recent.length
  }

  add(thread: number): void {
    if (this.#recent.length === 2 * length) {
      this.#recent = this.#recent.slice(length)
      this.#before += length
    }
    this.#recent.push(thread)
  }

  /** Everything may have changed. */
  interrupt(): void {
    this.#before = this.end + 1
    this.#recent = []
  }

  /** Threads with a change after the mark; undefined: there may be more than are known. */
  since(mark: number): ReadonlySet<number> | undefined {
    return mark < this.#before ? undefined : new Set(this.#recent.slice(mark - this.#before))
  }
}
