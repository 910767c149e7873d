/**
 * Who may still connect: bounds on open connections, in all and per client network.
 *
 * IPv6 clients are counted per /64, the smallest network a site is given (RFC 6177 §2): one host has 2^64 addresses there.
 */

import { isLoopback } from './socket.ts'

export interface AdmissionLimits {
  readonly total: number
  readonly perAddress: number
  /** Web applications, proxies and monitors of this machine share one address. */
  readonly perLoopback: number
}

export type Refusal = 'total' | 'address'

export class Admission {
  readonly #limits: AdmissionLimits
  readonly #open = new Map<string, number>()
  #total = 0

  constructor(limits: AdmissionLimits) {
    this.#limits = limits
  }

  get total(): number {
    return this.#total
  }

  /** Counts a connection in, or says why not. Each success must be followed by one `leave` with the same address. */
  enter(address: string): Refusal | undefined {
    if (this.#total >= this.#limits.total) return 'total'
    const key = networkOf(address)
    const open = this.#open.get(key) ?? 0
    if (open >= (isLoopback(address) ? this.#limits.perLoopback : this.#limits.perAddress)) return 'address'
    this.#open.set(key, open + 1)
    this.#total++
    return undefined
  }

  leave(address: string): void {
    const key = networkOf(address)
    const open = this.#open.get(key) ?? 0
    if (open <= 1) this.#open.delete(key)
    else this.#open.set(key, open - 1)
    this.#total--
  }
}

/** An IPv4 address itself; the first 64 bits of an IPv6 address. */
export function networkOf(address: string): string {
  if (!address.includes(':') || isLoopback(address)) return address
  const [head = '', tail] = address.toLowerCase().split('::', 2)
  const front = head === '' ? [] : head.split(':')
  const back = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - front.length - back.length)
  const groups = [...front, ...Array.from({ length: zeros }, () => '0'), ...back]
  const prefix = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16))
  return `${prefix.join(':')}::/64`
}
