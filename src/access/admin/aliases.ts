/**
 * Aliases: an address that stands for others, and `*@domain` for all that are not named.
 */
import { AdminError, conflictUnless } from './error.ts'
import { hostedAddress, targetAddress, textList, type Fields } from './fields.ts'
import { expectHosted } from './hosted-domain.ts'
import type { AdminPorts, AliasSummary } from './ports.ts'

/** A larger list is a mailing list, which needs its own return path. */
const MAX_TARGETS = 100

export class AliasAdministration {
  readonly #ports: AdminPorts

  constructor(ports: AdminPorts) {
    this.#ports = ports
  }

  /** Of one domain, or of all. */
  async list(domain?: string): Promise<AliasSummary[]> {
    if (domain !== undefined) return (await expectHosted(this.#ports, domain)).door.aliases()
    const names = (await this.#ports.registry.domains()).map(({ name }) => name)
    const lists = await Promise.all(names.map((name) => this.#ports.domain(name).aliases()))
    return lists.flat()
  }

  /** Makes or replaces an alias. */
  async set(address: string, fields: Fields): Promise<AliasSummary> {
    const name = hostedAddress(address, { catchAll: true })
    const targets = [
      ...new Set(textList(fields, 'targets', MAX_TARGETS).map((one, at) => targetAddress(one, `targets/${at}`))),
    ]
    if (targets.length === 1 && targets[0] === name.address) {
      throw new AdminError('invalid', `${name.address} would lead to itself`)
    }
    const domain = this.#ports.domain(name.domain)
    if (!(await domain.isHosted())) {
      throw new AdminError('conflict', `${name.domain} is not hosted here; add the domain first`)
    }
    conflictUnless(await domain.setAlias(name.localPart, targets))
    return { address: name.address, targets }
  }

  async remove(address: string): Promise<void> {
    const name = hostedAddress(address, { catchAll: true })
    const deleted = await this.#ports.domain(name.domain).deleteAlias(name.localPart)
    if (!deleted.ok) throw new AdminError('missing', `there is no alias ${name.address}`)
  }
}
