/**
 * The principals a user sees: the people of their own domain, whoever shares something with them, and whom they share with.
 *
 * The state names the directory's number, the account's counter when others last changed what they share, and those outside
 * the directory whom something is shared with.
 *
 * Standards: RFC 9670 §2, §2.2.
 * Security: of other domains, nobody is seen but who has to do with the user already; of anybody, name and address only.
 */
import type { KnownOwner, Person } from '../../../mailbox/index.ts'
import { MethodError, type JsonObject } from '../../../protocol/jmap/index.ts'
import type { OwnContext } from '../context.ts'
import { digestOf } from '../digest.ts'
import { ownAccountObject } from '../session.ts'
import type { ListedPerson, SharingPorts } from '../sharing/ports.ts'
import { sharedAccountObject } from '../sharing/shared-account.ts'

export interface Principal extends ListedPerson {
  /** The accounts of theirs that the user may use; null: none. */
  readonly accounts: JsonObject | null
}

export interface PrincipalChanges {
  readonly created: ReadonlySet<string>
  readonly updated: ReadonlySet<string>
  readonly destroyed: ReadonlySet<string>
}

/** One answer of the directory, with what the account itself knows. */
export class Principals {
  readonly state: string
  readonly #context: OwnContext
  readonly #byId: ReadonlyMap<string, Principal>

  private constructor(context: OwnContext, listed: readonly ListedPerson[], directory: number) {
    this.#context = context
    const { store, account } = context
    const people = new Map(listed.map((person) => [person.id, person]))
    const add = ({ id, address, name }: Person): void => {
      if (!people.has(id)) people.set(id, { id, address, name, description: null, timeZone: null })
    }
    // The user is one of them, listed or not (RFC 9670 §1.5.1).
    add({ ...account, name: store.facts.name })
    store.sharedAccounts.all().forEach(add)
    const grantees = store.grants.principals()
    for (const { person } of store.shareTellings.all().values()) {
      if (person !== undefined && grantees.has(person.id)) add(person)
    }
    this.#byId = new Map(Array.from(people.values(), (person) => [person.id, this.#principal(person)]))
    this.state = formatState(context, directory)
  }

  /** With `ids`, only these are asked for. Throws `unavailable` when the directory cannot be asked. */
  static async open(context: OwnContext, ids?: readonly string[]): Promise<Principals> {
    const { state, people } = await portsOf(context).people.people(ids)
    return new Principals(context, people, state)
  }

  all(): Principal[] {
    return [...this.#byId.values()]
  }

  get(id: string): Principal | undefined {
    return this.#byId.get(id)
  }

  #principal(person: ListedPerson): Principal {
    const { account, store, limits } = this.#context
    const shared = store.sharedAccounts.get(person.id)
    if (person.id === account.id) return { ...person, accounts: { [account.id]: ownAccountObject(this.#context) } }
    if (shared === undefined) return { ...person, accounts: null }
    return { ...person, accounts: { [person.id]: sharedAccountObject(shared, account.id, limits, store.limits) } }
  }
}

export function portsOf({ sharing }: OwnContext): SharingPorts {
  if (sharing === undefined) throw new Error('there is no sharing here')
  return sharing
}

/** RFC 8620 §5.2. Throws `cannotCalculateChanges`. */
export async function principalChanges(
  context: OwnContext,
  since: string,
): Promise<{ changes: PrincipalChanges; state: string }> {
  const { people } = portsOf(context)
  const { store } = context
  const [, directory, own, others] = /^(0|[1-9]\d{0,14})-(0|[1-9]\d{0,9})-([a-z0-9]{1,7})$/.exec(since) ?? []
  if (directory === undefined || own === undefined || others !== foreignGrantees(context)) throw unknownState()
  if (Number(own) > ownState(context)) throw unknownState()
  const owners = store.sharedAccounts.owners().filter(({ changed }) => changed > Number(own))
  const { state, changes } = await people.changes(Number(directory))
  if (changes === null) throw unknownState()
  const listed = owners.length === 0 ? [] : (await people.people(owners.map(({ id }) => id))).people
  const outcome = {
    created: new Set(changes.created),
    updated: new Set(changes.updated),
    destroyed: new Set(changes.destroyed),
  }
  const isListed = new Set(listed.map(({ id }) => id))
  for (const owner of owners) addOwner(outcome, owner, Number(own), isListed.has(owner.id))
  return { changes: outcome, state: formatState(context, state) }
}

type Outcome = Readonly<Record<'created' | 'updated' | 'destroyed', Set<string>>>

/** Somebody of the directory is there in any case; others come and go with what they share. */
function addOwner(outcome: Outcome, owner: KnownOwner, since: number, isListed: boolean): void {
  const { id, isSharing } = owner
  if (outcome.created.has(id)) return
  const wasThere = isListed || owner.since <= since
  if (isListed || isSharing) {
    outcome.destroyed.delete(id)
    if (wasThere) outcome.updated.add(id)
    else outcome.created.add(id)
  } else if (wasThere) outcome.destroyed.add(id)
}

function formatState(context: OwnContext, directory: number): string {
  return `${directory}-${ownState(context)}-${foreignGrantees(context)}`
}

function ownState({ store }: OwnContext): number {
  return Math.max(0, ...store.sharedAccounts.owners().map(({ changed }) => changed))
}

/** Whom the user shares with, by the domain of their address: those of other domains are in no directory. */
function foreignGrantees({ store, account }: OwnContext): string {
  const domain = domainOf(account.address)
  const ids = [...store.grants.principals()].filter((id) => {
    const address = store.shareTellings.get(id).person?.address
    return address !== undefined && domainOf(address) !== domain
  })
  return digestOf(ids.sort().join())
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1)
}

function unknownState(): MethodError {
  return new MethodError('cannotCalculateChanges')
}
