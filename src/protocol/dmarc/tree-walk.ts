/**
 * The DNS tree walk: from a domain up to the root, which records there are, and so whose domain it is.
 *
 * Standards: RFC 9989 §4.10 (the walk), §4.10.1 (policy discovery), §4.10.2 (organizational domain).
 * Limits: eight questions a walk, however many labels a domain has; each name is asked once a message.
 */
import type { DnsResolver } from '../dns/index.ts'
import { type DmarcRecord, isDmarcRecord, parseDmarcRecord } from './record.ts'

export interface FoundRecord {
  domain: string
  record: DmarcRecord
}

export interface Walk {
  /** Records on the way up, the longest name first. */
  found: FoundRecord[]
  /** A question was not answered: what is above it is not known. */
  failure?: string
}

/** A name with eight labels or more goes on with its last seven (RFC 9989 §4.10). */
const LABEL_LIMIT = 7

export class DmarcDirectory {
  readonly #dns: Pick<DnsResolver, 'resolve'>
  readonly #records = new Map<string, Promise<DmarcRecord | undefined | { failure: string }>>()

  constructor(dns: Pick<DnsResolver, 'resolve'>) {
    this.#dns = dns
  }

  /** The names that are asked for `domain`, in order. */
  static names(domain: string): string[] {
    const labels = domain.split('.')
    const names = [domain]
    for (let left = Math.min(labels.length - 1, LABEL_LIMIT); left > 0; left--)
      names.push(labels.slice(-left).join('.'))
    return names
  }

  async walk(domain: string): Promise<Walk> {
    const found: FoundRecord[] = []
    for (const name of DmarcDirectory.names(domain)) {
      const record = await this.#record(name)
      if (record === undefined) continue
      if ('failure' in record) return { found, failure: record.failure }
      found.push({ domain: name, record })
      // Above a public suffix, or above what says it is none, nothing counts.
      if (record.publicSuffix !== undefined) break
    }
    return { found }
  }

  /** The organizational domain of a name; undefined when the DNS did not tell. */
  async organizationalDomain(domain: string): Promise<string | undefined> {
    const walk = await this.walk(domain)
    return walk.failure === undefined ? selectOrganizationalDomain(domain, walk.found) : undefined
  }

  /** Whether there is such a name; undefined when the DNS did not tell. */
  async exists(domain: string): Promise<boolean | undefined> {
    const answer = await this.#dns.resolve(domain, 'A')
    if (answer.status === 'failed') return undefined
    if (answer.status !== 'nxdomain') return true
    // The name may be an alias of one that is not there.
    const alias = await this.#dns.resolve(domain, 'CNAME')
    return alias.status === 'failed' ? undefined : alias.status === 'found'
  }

  #record(name: string): Promise<DmarcRecord | undefined | { failure: string }> {
    let record = this.#records.get(name)
    if (record === undefined) {
      record = this.#ask(name)
      this.#records.set(name, record)
    }
    return record
  }

  async #ask(name: string): Promise<DmarcRecord | undefined | { failure: string }> {
    const answer = await this.#dns.resolve(`_dmarc.${name}`, 'TXT')
    if (answer.status === 'failed') return { failure: `no answer from the DNS for _dmarc.${name}` }
    if (answer.status !== 'found') return undefined
    const texts = answer.records.filter(isDmarcRecord)
    // Several records are as good as none (RFC 9989 §4.10).
    return texts.length === 1 ? parseDmarcRecord(texts[0]!) : undefined
  }
}

/** RFC 9989 §4.10.2, for a walk that was finished. */
export function selectOrganizationalDomain(domain: string, found: readonly FoundRecord[]): string {
  for (const { domain: name, record } of found) {
    if (record.publicSuffix === false) return name
    if (record.publicSuffix === true && name !== domain) {
      return domain
        .split('.')
        .slice(-(name.split('.').length + 1))
        .join('.')
    }
  }
  return found.at(-1)?.domain ?? domain
}
