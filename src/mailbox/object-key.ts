/**
 * Keys of objects in the blob store: `<state>-<life>-<serial>`.
 *
 * `state` is the account's counter when the key was made. The row that will refer to the object takes its number later,
 * so its number is higher: that bounds where a sweep has to look. `life` is random for each start of the account's object
 * and `serial` counts within it, so a key is never made twice, although nothing was written down when a crash lost it.
 */

/** Digits of the counter, padded so that keys sort by it. */
const width = 10

export class ObjectKeys {
  readonly #random: (length: number) => Uint8Array
  #life: string | undefined
  #serial = 0

  constructor(random: (length: number) => Uint8Array) {
    this.#random = random
  }

  next(state: number): string {
    this.#life ??= Array.from(this.#random(8), (byte) => byte.toString(16).padStart(2, '0')).join('')
    return `${keysFrom(state)}-${this.#life}-${(this.#serial++).toString(36)}`
  }
}

/** Sorts just before every key made at this state or later. */
export function keysFrom(state: number): string {
  return String(state).padStart(width, '0')
}

/** The state at which a key was made; NaN for what is not one of ours. */
export function stateOfKey(key: string): number {
  return /^[0-9]{10}-[0-9a-f]{16}-[0-9a-z]+$/.test(key) ? Number(key.slice(0, width)) : Number.NaN
}
