/**
 * Hosted domains: the domain's own object decides, the registry lists.
 */
import { AdminError, conflictUnless } from './error.ts'
import { domainName, requiredText, type Fields } from './fields.ts'
import type { AdminPorts } from './ports.ts'

export class DomainAdministration {
  readonly #ports: AdminPorts

  constructor(ports: AdminPorts) {
    this.#ports = ports
  }

  async list(): Promise<{ name: string; created: number }[]> {
    return this.#ports.registry.domains()
  }

  /** Hosts `name`: from now on its addresses are resolved here. */
  async add(fields: Fields): Promise<{ name: string }> {
    const name = domainName(requiredText(fields, 'name'))
    const door = this.#ports.domain(name)
    const hosted = await door.isHosted()
    if (!hosted) conflictUnless(await door.host())
    // Also when it was hosted: an earlier attempt may have ended between the two.
    await this.#ports.registry.addDomain(name)
    if (hosted) throw new AdminError('conflict', `${name} is hosted already`)
    return { name }
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
