/**
 * A domain that is to be one of ours.
 */
import { AdminError } from './error.ts'
import { domainName } from './fields.ts'
import type { AdminPorts, DomainDoor } from './ports.ts'

/** Throws `missing` for one that is not hosted: an empty list would look as if there were nothing in it. */
export async function expectHosted(
  ports: Pick<AdminPorts, 'domain'>,
  given: string,
): Promise<{ readonly name: string; readonly door: DomainDoor }> {
  const name = domainName(given)
  const door = ports.domain(name)
  if (!(await door.isHosted())) throw new AdminError('missing', `${name} is not hosted here; add the domain first`)
  return { name, door }
}
