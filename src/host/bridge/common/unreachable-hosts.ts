/**
 * Addresses of mail servers that did not answer a moment ago: each costs its time-out again, so others are tried before.
 *
 * Standards: RFC 5321 §5.1 (the order of targets is kept among those that answer, and every target stays a target).
 * Limits: a number of addresses, the oldest forgotten first.
 */

export interface UnreachableLimits {
  /** How long an address is remembered: shorter than anybody waits for mail, longer than a burst of messages. */
  readonly unreachableMs: number
  readonly unreachableHosts: number
}

export class UnreachableHosts {
  readonly #limits: UnreachableLimits
  readonly #clock: () => number
  /** In the order in which they were noted. */
  readonly #until = new Map<string, number>()

  /** `clock`: milliseconds that never go back. */
  constructor(limits: UnreachableLimits, clock: () => number = () => performance.now()) {
    this.#limits = limits
    this.#clock = clock
  }

  get size(): number {
    return this.#until.size
  }

  note(address: string, port: number): void {
    const key = `${address} ${port}`
    this.#until.delete(key)
    this.#until.set(key, this.#clock() + this.#limits.unreachableMs)
    if (this.#until.size <= this.#limits.unreachableHosts) return
    for (const oldest of this.#until.keys()) {
      this.#until.delete(oldest)
      return
    }
  }

  /** It answered. */
  forget(address: string, port: number): void {
    if (this.#until.size > 0) this.#until.delete(`${address} ${port}`)
  }

  has(address: string, port: number): boolean {
    if (this.#until.size === 0) return false
    const key = `${address} ${port}`
    const until = this.#until.get(key)
    if (until === undefined) return false
    if (until > this.#clock()) return true
    this.#until.delete(key)
    return false
  }

  /** The same addresses, those that did not answer last. */
  order(addresses: readonly string[], port: number): readonly string[] {
    if (this.#until.size === 0) return addresses
    return lastly(addresses, (address) => this.has(address, port))
  }

  /** The same targets, those of whose addresses none answered last. Names without addresses count as reachable. */
  orderTargets<Target extends { readonly port: number; readonly addresses: readonly string[] }>(
    targets: readonly Target[],
  ): readonly Target[] {
    if (this.#until.size === 0) return targets
    return lastly(
      targets,
      ({ addresses, port }) => addresses.length > 0 && addresses.every((address) => this.has(address, port)),
    )
  }
}

function lastly<Item>(items: readonly Item[], isLast: (item: Item) => boolean): Item[] {
  const last = items.filter(isLast)
  return last.length === 0 ? [...items] : [...items.filter((item) => !last.includes(item)), ...last]
}
