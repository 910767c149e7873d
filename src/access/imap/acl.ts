/**
 * Rights and identifiers as IMAP writes them.
 *
 * An identifier is the address of somebody's account, or `anyone`. The grants are the store's, and so the same that JMAP
 * shows as `shareWith`.
 *
 * Standards: RFC 4314 §2 (identifiers), §2.1 (rights), §2.1.1 (`c` and `d` of RFC 2086).
 */
import { anyone, formatRights, parseRights, type Right, type Rights } from '../../mailbox/index.ts'
import { bad, no } from '../../protocol/imap/index.ts'
import type { Context } from './context.ts'
import type { PeopleLookup } from './people-lookup.ts'

/** What the old letters stood for: making and removing mailboxes; removing messages. */
const obsolete: Readonly<Record<string, readonly Right[]>> = { c: ['k', 'x'], d: ['t', 'e'] }

/** `BAD` for a letter that is no right. */
export function readRights(text: string): Rights {
  const expanded = text.replace(/[cd]/g, (letter) => (obsolete[letter] ?? []).join(''))
  const rights = parseRights(expanded)
  if (rights === undefined) throw bad('There is no such right')
  return rights
}

/** With `c` and `d` for clients of RFC 2086, where any of what they stood for is there. `""` for none. */
export function showRights(rights: Rights): string {
  const old = Object.keys(obsolete).filter((letter) => obsolete[letter]?.some((right) => rights.includes(right)))
  return rights + old.join('') || '""'
}

export function addRights(rights: Rights, more: Rights): Rights {
  return formatRights(Array.from(rights + more) as Right[])
}

export function withoutRights(rights: Rights, fewer: Rights): Rights {
  return formatRights((Array.from(rights) as Right[]).filter((right) => !fewer.includes(right)))
}

/** The principal that an identifier names: `owner` for the user. Throws `NO` when there is nobody of that name. */
export async function principalOf(context: Context, identifier: string): Promise<string> {
  const wanted = identifier.toLowerCase()
  if (wanted === anyone) return anyone
  // RFC 4314 §2: "-" before an identifier would take rights away; a server need not know that.
  if (wanted.startsWith('-')) throw no('Negative rights are not known here', 'CANNOT')
  if (wanted === context.account.address.toLowerCase()) return context.account.id
  const { people } = await lookup(context).people()
  const found = people.find(({ address }) => address.toLowerCase() === wanted)
  if (found !== undefined) return found.id
  // Somebody of another domain, who was given rights by other means.
  const known = knownElsewhere(context).find(([, address]) => address.toLowerCase() === wanted)
  if (known === undefined) throw no('Nobody here has that name', 'NONEXISTENT')
  return known[0]
}

/** How principals are written. Of somebody who is no longer there, only the id is left. */
export async function identifiersOf(
  context: Context,
  principals: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>([[anyone, anyone], ...knownElsewhere(context)])
  const unknown = principals.filter((principal) => !names.has(principal))
  if (unknown.length > 0) {
    for (const { id, address } of (await lookup(context).people(unknown)).people) names.set(id, address)
  }
  return new Map(principals.map((principal) => [principal, names.get(principal) ?? principal]))
}

function knownElsewhere({ store }: Context): [string, string][] {
  const people = [...store.shareTellings.all().values()].flatMap(({ person }) => (person === undefined ? [] : [person]))
  return people.map(({ id, address }) => [id, address])
}

function lookup({ people }: Context): PeopleLookup {
  if (people === undefined) throw no('Sharing is not possible here', 'CANNOT')
  return people
}
