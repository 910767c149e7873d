/**
 * So many at once, and the others behind them in the order in which they came.
 */
export class Turnstile {
  readonly #most: number
  readonly #waiting: (() => void)[] = []
  #inside = 0

  constructor(most: number) {
    this.#most = most
  }

  async pass<T>(work: () => Promise<T>): Promise<T> {
    // Whoever leaves hands its place on, so that nobody who comes just then takes it.
    if (this.#inside < this.#most) this.#inside++
    else await new Promise<void>((come) => this.#waiting.push(come))
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#inside--
      else next()
    }
  }
}
