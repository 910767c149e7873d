/**
 * DNS questions of one evaluation, with the limits that keep a record from using the receiver against others.
 *
 * Standards: RFC 7208 §4.6.4 (10 terms, 2 void answers, 10 MX hosts, 10 PTR names), §5 (errors), §11.1.
 */
import type { DnsRecords, DnsResolver } from '../dns/index.ts'
import type { SpfError } from './error.ts'
import { type IpAddress, parseIpAddress, reverseName } from './ip-address.ts'

export interface SpfLimits {
  /** Terms that ask the DNS. */
  terms: number
  /** Answers without a record. */
  voids: number
}

export const spfLimits: SpfLimits = { terms: 10, voids: 2 }
const HOST_LIMIT = 10

/** Thrown inside an evaluation and caught at its edge: a permerror or temperror ends all recursion at once. */
export class SpfFailure extends Error {
  readonly error: SpfError

  constructor(error: SpfError) {
    super(error.reason)
    this.error = error
  }
}

export class Lookup {
  readonly #dns: Pick<DnsResolver, 'resolve'>
  readonly #limits: SpfLimits
  #terms = 0
  #voids = 0

  constructor(dns: Pick<DnsResolver, 'resolve'>, limits: SpfLimits) {
    this.#dns = dns
    this.#limits = limits
  }

  /** Counts a term that asks the DNS. */
  term(): void {
    if (++this.#terms > this.#limits.terms) {
      throw permanent(`more than ${this.#limits.terms} terms ask the DNS`)
    }
  }

  get terms(): number {
    return this.#terms
  }

  /** Records of a name; none when there is no such name. `counted` says whether an empty answer counts. */
  async records<Type extends 'A' | 'AAAA' | 'MX' | 'TXT' | 'PTR'>(
    name: string,
    type: Type,
    counted = true,
  ): Promise<DnsRecords[Type][]> {
    const asked = name.endsWith('.') ? name.slice(0, -1) : name
    // Nothing can be there: a macro made a name that the DNS does not have.
    if (!isAskable(asked)) return []
    const answer = await this.#dns.resolve(asked, type)
    if (answer.status === 'failed') {
      throw new SpfFailure({ status: 'temperror', reason: `no answer from the DNS for ${type} of ${asked}` })
    }
    if (answer.status === 'found') return answer.records
    if (counted && ++this.#voids > this.#limits.voids) {
      throw permanent(`more than ${this.#limits.voids} names have no record`)
    }
    return []
  }

  /** The addresses of a host, of the client's family. */
  async addresses(host: string, client: IpAddress, counted = true): Promise<IpAddress[]> {
    const found = await this.records(host, client.length === 4 ? 'A' : 'AAAA', counted)
    return found.map(parseIpAddress).filter((address) => address !== undefined)
  }

  async mailHosts(name: string): Promise<string[]> {
    const found = await this.records(name, 'MX')
    if (found.length > HOST_LIMIT) throw permanent(`${name} has more than ${HOST_LIMIT} MX records`)
    return found.map(({ exchange }) => exchange).filter((exchange) => exchange !== '')
  }

  /**
   * The names of the client's address that lead back to it (RFC 7208 §5.5). What a reverse zone holds is not the
   * domain's doing: its faults and its length are no error.
   */
  async validatedNames(client: IpAddress): Promise<string[]> {
    const names = await this.#tolerant(() => this.records(reverseName(client), 'PTR', false))
    const valid: string[] = []
    for (const name of names.slice(0, HOST_LIMIT)) {
      const bare = name.toLowerCase().replace(/\.$/, '')
      const found = await this.#tolerant(() => this.addresses(bare, client, false))
      if (found.some((address) => address.every((octet, at) => octet === client[at]))) valid.push(bare)
    }
    return valid
  }

  async #tolerant<T>(ask: () => Promise<T[]>): Promise<T[]> {
    try {
      return await ask()
    } catch (error) {
      if (error instanceof SpfFailure) return []
      throw error
    }
  }
}

export function permanent(reason: string): SpfFailure {
  return new SpfFailure({ status: 'permerror', reason })
}

/** Labels of 1 to 63 octets, 253 in all (RFC 1035 §2.3.4), in ASCII (RFC 8616 §3: others never match). */
function isAskable(name: string): boolean {
  if (name.length > 253 || !/^[\x20-\x7e]+$/.test(name)) return false
  return name.split('.').every((label) => label.length > 0 && label.length <= 63)
}
