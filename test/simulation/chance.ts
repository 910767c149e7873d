/**
 * Everything random of a run, from one seed. Streams are independent by name, so that leaving one message or one fault out
 * does not change what the others meet: that is what makes a failing plan shrinkable.
 */

export class Chance {
  readonly #seed: number
  #state: number

  constructor(seed: number) {
    this.#seed = seed | 0
    this.#state = mix(seed | 0)
  }

  /** A stream of its own. */
  fork(name: string): Chance {
    let hash = this.#seed
    for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
    return new Chance(mix(hash))
  }

  /** 0 ≤ n < 1 (mulberry32). */
  readonly number = (): number => {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }

  /** Runs what must not change the numbers that come after it. */
  aside<T>(work: () => T): T {
    const state = this.#state
    try {
      return work()
    } finally {
      this.#state = state
    }
  }

  /** An integer from `least` to `most`. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.number() * (most - least + 1))
  }

  /** True in `part` of all cases. */
  happens(part: number): boolean {
    return this.number() < part
  }

  pick<T>(among: readonly T[]): T {
    return among[Math.floor(this.number() * among.length)] as T
  }

  /** One of the names, each as often as its weight says. */
  weighted<Name extends string>(weights: Readonly<Partial<Record<Name, number>>>): Name {
    const entries = Object.entries(weights) as [Name, number][]
    let left = this.number() * entries.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [name, weight] of entries) if ((left -= weight) < 0) return name
    return (entries.at(-1) as [Name, number])[0]
  }

  /** Milliseconds from `least` to `most`, short ones as likely as long ones (each decade alike). */
  duration(least: number, most: number): number {
    return Math.round(least * (most / least) ** this.number())
  }
}

function mix(value: number): number {
  let hash = value | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) | 0
}
