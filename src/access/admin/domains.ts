/**
 * Hosted domains: the domain's own object decides, the registry lists.
 */
import { type CheckedRecord, checkRecords, type ExpectedRecord, expectedRecords } from './dns-records.ts'
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
    const name = domainName(requiredText(fields, 'name'))
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

  /** What the zone of the domain should say. */
  async records(name: string): Promise<ExpectedRecord[]> {
    return expectedRecords(await this.#zone(name))
  }

  /** The same, and what the DNS says now. */
  async checkRecords(name: string): Promise<CheckedRecord[]> {
    return checkRecords(await this.#zone(name), this.#ports.dns)
  }

  async #zone(name: string) {
    return { domain: domainName(name), hostname: this.#ports.hostname, keys: await this.#signing.list(name) }
  }

  /** Hosts it no longer. Its accounts must have been removed; its aliases go with it. */
  async remove(name: string): Promise<void> {
    const domain = domainName(name)
    const door = this.#ports.domain(domain)
    const hosted = await door.isHosted()
    if (hosted) conflictUnless(await door.unhost())
    await this.#ports.registry.removeDomain(domain)
    if (!hosted) throw new AdminError('missing', `${domain} is not hosted here`)
  }
}
