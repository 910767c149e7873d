/**
 * The namespace of others: `Other Users/`, the owner's address, and the names that the mailboxes have in their account.
 *
 * The word is the one of RFC 2342's examples and of Cyrus, and clients know it; the address is what an owner is known by in
 * ACL (RFC 4314), as with the `%u` of Dovecot's shared namespaces. An INBOX keeps its name below it, as in Dovecot.
 *
 * Standards: RFC 2342 §5, RFC 9051 §6.3.10.
 */
import { no } from '../../../protocol/imap/index.ts'
import type { Context } from '../context.ts'
import { delimiter, namedMailboxes } from '../mailbox-names.ts'
import type { Owner } from './port.ts'
import type { Host } from './visiting.ts'

const top = 'Other Users'
export const othersPrefix = top + delimiter

/** An address with the delimiter in it would be two levels. */
function levelOf({ id, address }: Pick<Owner, 'id' | 'address'>): string {
  return address.includes(delimiter) ? id : address
}

export function hostOf(owner: Pick<Owner, 'id' | 'address'>): Host {
  return { id: owner.id, prefix: othersPrefix + levelOf(owner) + delimiter }
}

/** Could this be a mailbox of somebody else? Not those that the user has under such a name already. */
export function isOthersName({ store, others }: Context, name: string): boolean {
  return others !== undefined && name.startsWith(othersPrefix) && !namedMailboxes(store).has(name)
}

/**
 * The account that a name of the namespace leads to. Somebody who shares with everyone has told nobody: who is named is
 * looked for in the directory. `NO [NONEXISTENT]` when there is nobody.
 */
export async function expectHost(context: Context, name: string): Promise<Host> {
  const level = name.slice(othersPrefix.length).split(delimiter, 1)[0] ?? ''
  const known = context.others?.owners().find((owner) => levelOf(owner) === level)
  if (known !== undefined) return hostOf(known)
  const found = level.includes('@') ? await context.people?.people() : undefined
  const person = found?.people.find((one) => levelOf(one) === level && one.id !== context.account.id)
  if (person === undefined) throw no('No such mailbox', 'NONEXISTENT')
  return hostOf(person)
}

/** The user's own mailboxes have other names. */
export function refuseOthersName(context: Context, name: string): void {
  if (context.others === undefined || (name !== top && !name.startsWith(othersPrefix))) return
  throw no('This name is for the mailboxes of others', 'CANNOT')
}

/** The levels above the mailboxes of these accounts, the top one first. */
export function levelsOf(owners: readonly Owner[]): string[] {
  return owners.length === 0 ? [] : [top, ...owners.map((owner) => othersPrefix + levelOf(owner))]
}
