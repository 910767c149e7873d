/**
 * Slows down the guessing of one account's passwords: failures are counted by client address and in all. An IPv6 address counts
 * as its /64, since one host has all of those (RFC 6177 §2).
 *
 * Limits: 10 failures a quarter of an hour from one address, so that a person who mistypes is not locked out; 1,000 from
 * all addresses together, which bounds a guess spread over many. Where the owner has logged in from, the second does not
 * count, so that nobody can lock them out from elsewhere. Counts live in memory: losing them when the object sleeps (after
 * ten idle seconds) gives a patient guesser one more round of ten, at 30 ms of hashing each.
 */
import { parseIpAddress } from '../../../protocol/spf/index.ts'

const WINDOW_MS = 15 * 60_000
const MAX_FROM_ONE = 10
const MAX_FROM_ALL = 1_000
/** Addresses remembered; beyond it the oldest is forgotten, and the count of all still holds. */
const MAX_ADDRESSES = 1_000
/** Addresses of successful logins remembered: a person's networks. */
const MAX_FAMILIAR = 50

interface Count {
  failures: number
  until: number
}

export class LoginGuard {
  readonly #now: () => number
  readonly #addresses = new Map<string, Count>()
  #all: Count = { failures: 0, until: 0 }
  readonly #familiar = new Set<string>()

  constructor(now: () => number) {
    this.#now = now
  }

  /** Seconds until a login may be tried again; 0 when it may be tried now. */
  wait(clientAddress: string): number {
    const client = placeOf(clientAddress)
    const now = this.#now()
    const one = this.#addresses.get(client)
    const blocked = [
      one !== undefined && one.failures >= MAX_FROM_ONE ? one.until : 0,
      this.#all.failures >= MAX_FROM_ALL && !this.#familiar.has(client) ? this.#all.until : 0,
    ]
    return Math.max(0, Math.ceil((Math.max(...blocked) - now) / 1000))
  }

  failed(clientAddress: string): void {
    const client = placeOf(clientAddress)
    const now = this.#now()
    this.#all = next(this.#all, now)
    const counted = next(this.#addresses.get(client), now)
    this.#addresses.delete(client) // to the end: the map's order is by last failure
    this.#addresses.set(client, counted)
    if (this.#addresses.size > MAX_ADDRESSES) {
      const oldest = this.#addresses.keys().next().value
      if (oldest !== undefined) this.#addresses.delete(oldest)
    }
  }

  succeeded(clientAddress: string): void {
    const client = placeOf(clientAddress)
    this.#addresses.delete(client)
    this.#familiar.delete(client) // to the end: the set's order is by last login
    this.#familiar.add(client)
    if (this.#familiar.size <= MAX_FAMILIAR) return
    const [oldest] = this.#familiar
    if (oldest !== undefined) this.#familiar.delete(oldest)
  }
}

/** What is no address is counted as it is. */
function placeOf(clientAddress: string): string {
  if (!clientAddress.includes(':')) return clientAddress
  const client = parseIpAddress(clientAddress)
  return client?.length === 16 ? `${client.subarray(0, 8).join('.')}/64` : (client?.join('.') ?? clientAddress)
}

function next(count: Count | undefined, now: number): Count {
  if (count === undefined || count.until <= now) return { failures: 1, until: now + WINDOW_MS }
  return { failures: count.failures + 1, until: count.until }
}
