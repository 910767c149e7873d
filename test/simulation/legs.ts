/**
 * One leg for each message and each place to which it must come.
 */
import type { AddressBook } from './addresses.ts'

export interface Leg {
  /** Accepted recipients that lead here. */
  paths: Set<string>
  /** What the senders of those that lead here want to hear. Empty: the message is not for this place. */
  notify: readonly (readonly string[] | undefined)[]
  /** Nobody asked for it: a rule makes it. */
  isCopy: boolean
  mailbox: number
  took: number
  proved: number
  failed: number
  ended: string | undefined
}

/** Where a recipient has come. */
export interface Fate {
  /** At some of its places. */
  arrived: boolean
  /** At some of its places it is reported, deleted or silently over. */
  failed: boolean
  /** It came back to its sender before it went. */
  returned: boolean
}

export class Legs {
  readonly #book: AddressBook
  readonly #legs = new Map<string, Leg>()
  /** Recipients in queues that are looked up again, and may lead elsewhere. */
  readonly #unrouted = new Set<string>()

  constructor(book: AddressBook) {
    this.#book = book
  }

  get all(): Iterable<[key: string, leg: Leg]> {
    return this.#legs
  }

  known(key: string): Leg | undefined {
    return this.#legs.get(key)
  }

  get(token: string, final: string): Leg {
    const key = legKey(token, final)
    let leg = this.#legs.get(key)
    if (leg === undefined) {
      leg = { paths: new Set(), notify: [], isCopy: true, mailbox: 0, took: 0, proved: 0, failed: 0, ended: undefined }
      this.#legs.set(key, leg)
    }
    return leg
  }

  /** The message is to come to all to which this address leads. */
  promise(token: string, address: string, notify: readonly string[] | undefined): void {
    for (const [final, isCopy] of this.#book.ways(address).finals) {
      const leg = this.get(token, final)
      leg.notify = [...leg.notify, isCopy ? ['NEVER'] : notify]
      leg.isCopy &&= isCopy
    }
  }

  /** A queue has it for this address, and `isRouted` or asks again where that leads. */
  waits(token: string, address: string, isRouted: boolean): void {
    const key = legKey(token, address.toLowerCase())
    if (isRouted) this.#unrouted.delete(key)
    else this.#unrouted.add(key)
  }

  /** Where a recipient of an entry was going to: as it is named, and if it is to be looked up first, where that leads. */
  meant(token: string, address: string): string[] {
    const named = address.toLowerCase()
    const key = legKey(token, named)
    const { finals, isDead } = this.#book.ways(named)
    const isOne = this.#legs.get(key) !== undefined && !this.#unrouted.has(key) && !isDead
    return isOne ? [named] : [...new Set([named, ...finals.keys()])]
  }

  fate(token: string, address: string): Fate {
    const named = address.toLowerCase()
    // Also as it is named: what never went has come to no place.
    const legs = [named, ...this.#book.finals(address)].flatMap((final) => this.known(legKey(token, final)) ?? [])
    return {
      arrived: legs.some(({ mailbox, proved }) => mailbox + proved > 0),
      failed: legs.some(({ failed, ended }) => failed > 0 || ended !== undefined),
      returned: legs.some(({ ended }) => ended === 'returned'),
    }
  }

  meantLegs(token: string, address: string): Leg[] {
    return this.meant(token, address).map((final) => this.get(token, final))
  }
}

export function legKey(token: string, final: string): string {
  return `${token} ${final}`
}

export function tokenOfLeg(key: string): string {
  return key.slice(0, key.indexOf(' '))
}

/** What a sender hears who says that, or nothing (RFC 3461 §4.1). */
export function wants(notify: readonly string[] | undefined, condition: string): boolean {
  return notify === undefined ? condition !== 'SUCCESS' : notify.includes(condition)
}
