/**
 * The DNS as one message asks it: each question once, and all of them within one time.
 *
 * When the time is over every question that is open, and every later one, is `failed`: a doubt, never a reason against the
 * message.
 */
import type { DnsAnswer, DnsResolver, DnsType } from '../protocol/dns/index.ts'

export interface Timer {
  /** Fulfilled when the time is over. */
  readonly over: Promise<void>
  /** Ends it early; `over` is never fulfilled then. */
  cancel(): void
}

export class MessageDns implements DnsResolver {
  readonly #dns: Pick<DnsResolver, 'resolve'>
  readonly #late: Promise<DnsAnswer>
  readonly #asked = new Map<string, Promise<DnsAnswer>>()
  #isLate = false

  constructor(dns: Pick<DnsResolver, 'resolve'>, timer: Timer) {
    this.#dns = dns
    this.#late = timer.over.then(() => {
      this.#isLate = true
      return late
    })
  }

  async resolve<Type extends DnsType>(name: string, type: Type): Promise<DnsAnswer<Type>> {
    const key = `${type} ${name.toLowerCase()}`
    let asked = this.#asked.get(key)
    if (asked === undefined) {
      if (this.#isLate) return late
      asked = Promise.race([this.#dns.resolve(name, type), this.#late])
      this.#asked.set(key, asked)
    }
    return (await asked) as DnsAnswer<Type>
  }
}

const late = { status: 'failed', reason: 'the DNS took too long' } as const
