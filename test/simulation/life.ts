/**
 * A life: from the start of a process or an object to its end. What a dead one still awaits never comes, so its code stands
 * where the crash met it, for ever.
 */
import { AsyncLocalStorage } from 'node:async_hooks'

export class Life {
  readonly name: string
  alive = true
  readonly #ends = new Set<() => void>()

  constructor(name: string) {
    this.name = name
  }

  /** `ended` is called once if the life ends; the function given back takes that back. */
  onEnd(ended: () => void): () => void {
    this.#ends.add(ended)
    return () => this.#ends.delete(ended)
  }

  end(): void {
    if (!this.alive) return
    this.alive = false
    for (const ended of this.#ends) ended()
    this.#ends.clear()
  }
}

const lives = new AsyncLocalStorage<Life>()

/** Whose code runs. */
export function currentLife(): Life | undefined {
  return lives.getStore()
}

export function liveIn<T>(life: Life, work: () => T): T {
  return lives.run(life, work)
}

/** `callback` in the life that asks for it, if it still lives then. */
export function bound<Arguments extends unknown[]>(callback: (...values: Arguments) => void): typeof callback {
  const life = lives.getStore()
  if (life === undefined) return callback
  return (...values) => {
    if (life.alive) lives.run(life, () => callback(...values))
  }
}
