/**
 * Entries that came in a moment ago, with their messages: most go at once, and need not be read back for it.
 *
 * Limits: octets of messages; what does not fit is read from the database.
 */
import type { SpooledEntry } from './spool-row.ts'

export class Recent {
  readonly #entries = new Map<number, { entry: SpooledEntry; raw: Uint8Array }>()
  readonly #limit: number
  #octets = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  keep(entry: SpooledEntry, raw: Uint8Array): void {
    if (this.#octets + raw.length > this.#limit) return
    this.#octets += raw.length
    this.#entries.set(entry.key, { entry, raw })
  }

  entry(key: number): SpooledEntry | undefined {
    return this.#entries.get(key)?.entry
  }

  raw(key: number): Uint8Array | undefined {
    return this.#entries.get(key)?.raw
  }

  /** The entry changed, or is over: from now on the database tells. */
  forget(key: number): void {
    const known = this.#entries.get(key)
    if (known === undefined) return
    this.#octets -= known.raw.length
    this.#entries.delete(key)
  }
}
