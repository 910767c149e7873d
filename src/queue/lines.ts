/**
 * Entries that go one behind the other: each waits until the one before it has gone. In memory, in the order of arrival, which
 * their keys tell the next life.
 */
export class Lines {
  readonly #lines = new Map<string, number[]>()
  readonly #lineOf = new Map<number, string>()

  /** Stands at the end, if it does not stand there already. True when nobody is before it. */
  join(key: number, line: string): boolean {
    const known = this.#lines.get(line)
    if (known === undefined) this.#lines.set(line, [key])
    else if (!this.#lineOf.has(key)) known.push(key)
    this.#lineOf.set(key, line)
    return this.#lines.get(line)?.[0] === key
  }

  isEmpty(line: string): boolean {
    return !this.#lines.has(line)
  }

  /** It is gone, or waits for nothing that the others would wait for. Who is the first by that, if somebody is. */
  leave(key: number): number | undefined {
    const line = this.#lineOf.get(key)
    const keys = line === undefined ? undefined : this.#lines.get(line)
    if (line === undefined || keys === undefined) return undefined
    this.#lineOf.delete(key)
    const at = keys.indexOf(key)
    keys.splice(at, 1)
    if (keys.length === 0) this.#lines.delete(line)
    return at === 0 ? keys[0] : undefined
  }
}
