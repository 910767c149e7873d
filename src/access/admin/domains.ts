/**
 * Hosted domains: the domain's own object decides, the registry lists.
 */
import { type CheckedRecord, checkRecords, expectedRecords, type ZoneFacts } from './dns-records.ts'
import type { ExpectedRecord } from './expected-record.ts'
import { AdminError, conflictUnless } from './error.ts'
import { domainName, requiredText, type Fields } from './fields.ts'
import type { AdminPorts } from './ports.ts'
import type { SigningAdministration } from './signing.ts'

export class DomainAdministration {
  readonly #ports: AdminPorts
  readonly #signing: Pick<SigningAdministration, 'list' | 'begin'>

  constructor(ports: AdminPorts, signing: Pick<SigningAdministration, 'list' | 'begin'>) {
    this.#ports = ports
    this.#signing = signing
  }

  async list(): Promise<{ name: string; created: number }[]> {
    return this.#ports.registry.domains()
  }

  /** Hosts `name`: from now on its addresses are resolved here. */
  async add(fields: Fields): Promise<{ name: string }> {
    const name = domainName(requiredText(fields, 'name'), 'name')
    const door = this.#ports.domain(name)
    const hosted = await door.isHosted()
    if (!hosted) {
      conflictUnless(await door.host())
      await this.#signing.begin(name)
    }
    // Also when it was hosted: an earlier attempt may have ended between the two.
    await this.#ports.registry.addDomain(name)
    if (hosted) throw new AdminError('conflict', `${name} is hosted already`)
    return { name }
  }

  /** What the zone of the domain should say. `keyDigest`: of the mail server's public key, SHA-256 in hex. */
  async records(name: string, keyDigest?: string): Promise<ExpectedRecord[]> {
    return expectedRecords(await this.#zone(name, keyDigest))
  }

  /** The same, and what the DNS says now. */
  async checkRecords(name: string, keyDigest?: string): Promise<CheckedRecord[]> {
    return checkRecords(await this.#zone(name, keyDigest), this.#ports.dns)
  }

  async #zone(name: string, keyDigest: string | undefined): Promise<ZoneFacts> {
    if (keyDigest !== undefined && !/^[0-9a-f]{64}$/.test(keyDigest)) {
      throw new AdminError('invalid', 'the digest of the key is not SHA-256 in hex', 'key')
    }
    const { hostname, web, tls } = this.#ports
    const keys = await this.#signing.list(name)
    return {
      domain: domainName(name),
      hostname,
      keys,
      web,
      tls: { ...tls, ...(keyDigest === undefined ? {} : { keyDigest }) },
    }
  }

  /** Hosts it no longer. Its accounts must have been removed; its aliases and the reports about it go with it. */
  async remove(name: string): Promise<void> {
    const domain = domainName(name)
    const door = this.#ports.domain(domain)
    const hosted = await door.isHosted()
    if (hosted) conflictUnless(await door.unhost())
    // Also when it was not: an earlier attempt may have ended here.
    await this.#ports.reports(domain).forget()
    await this.#ports.registry.removeDomain(domain)
    if (!hosted) throw new AdminError('missing', `${domain} is not hosted here`)
  }
}
