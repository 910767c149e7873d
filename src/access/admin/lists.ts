/**
 * Distribution lists: made, looked after and removed, and who is on them.
 *
 * A list is complete before an address leads to it, and no address leads to it before it is destroyed.
 */
import type { ListSettings, Member, Posting, Post } from '../../lists/index.ts'
import { AdminError, conflictUnless } from './error.ts'
import {
  domainName,
  type Fields,
  hostedAddress,
  type MailboxName,
  optionalText,
  targetAddress,
  textList,
} from './fields.ts'
import type { AdminPorts, ListDoor } from './ports.ts'

const MAX_OWNERS = 10
/** In one request. */
const MAX_MEMBERS = 1_000

export interface ListSummary {
  readonly address: string
  readonly owners: readonly string[]
}

export interface ListView extends ListSummary {
  readonly name: string
  readonly posting: Posting
  readonly answersTo: 'author' | 'list'
  readonly active: number
  /** Members that get no mail any more, since it came back. */
  readonly bouncing: number
}

export interface MemberView {
  readonly address: string
  readonly state: Member['state']
  readonly since: number
  readonly bounces: number
  /** What the last message that came back said. */
  readonly cause?: string
}

export type PostView = Omit<Post, 'reached' | 'last' | 'late'> & {
  /** Members whose copies could not be handed over yet. */
  readonly late: number
}

export class ListAdministration {
  readonly #ports: AdminPorts

  constructor(ports: AdminPorts) {
    this.#ports = ports
  }

  /** Of one domain, or of all. */
  async list(domain?: string): Promise<ListSummary[]> {
    const names =
      domain === undefined ? (await this.#ports.registry.domains()).map(({ name }) => name) : [domainName(domain)]
    const lists = await Promise.all(
      names.map(async (name) =>
        (await this.#ports.domain(name).lists()).map(({ localPart, owners }) => ({
          address: `${localPart}@${name}`,
          owners,
        })),
      ),
    )
    return lists.flat()
  }

  /** Makes a list, or changes one: what is not said stays as it is. A new one needs owners. */
  async set(address: string, fields: Fields): Promise<ListView> {
    const name = hostedAddress(address)
    const domain = this.#ports.domain(name.domain)
    if (!(await domain.isHosted())) {
      throw new AdminError('conflict', `${name.domain} is not hosted here; add the domain first`)
    }
    const present = await domain.list(name.localPart)
    const id = present?.listId ?? this.#ports.newListId()
    const door = this.#ports.list(id)
    const before = await door.settings()
    const owners = Object.hasOwn(fields, 'owners') || before === null ? ownersIn(fields) : before.owners
    const settings: ListSettings = {
      address: name.address,
      name: optionalText(fields, 'name') ?? before?.name ?? '',
      posting: choice(fields, 'posting', ['anyone', 'members', 'owners']) ?? before?.posting ?? 'members',
      answersTo: choice(fields, 'answersTo', ['author', 'list']) ?? before?.answersTo ?? 'author',
      owners,
    }
    if (owners.includes(name.address))
      throw new AdminError('invalid', `${name.address} cannot look after itself`, 'owners')
    await door.configure(settings)
    const bound = await domain.setList(name.localPart, id, owners)
    if (!bound.ok && present === undefined) await door.destroy()
    conflictUnless(bound)
    return this.#view(settings, door)
  }

  async show(address: string): Promise<ListView> {
    const { door, settings } = await this.#find(address)
    return this.#view(settings, door)
  }

  /** Removes the list; what is on its way to members is dropped. */
  async remove(address: string): Promise<void> {
    const { name, door } = await this.#find(address)
    conflictUnless(await this.#ports.domain(name.domain).removeList(name.localPart))
    await door.destroy()
  }

  /** All of them, in the order in which they came. */
  async members(address: string): Promise<MemberView[]> {
    const { door } = await this.#find(address)
    const all: MemberView[] = []
    for (let after = 0; ;) {
      const page = await door.members(after, MAX_MEMBERS)
      all.push(...page.map(memberView))
      const last = page.at(-1)
      if (last === undefined || page.length < MAX_MEMBERS) return all
      after = last.id
    }
  }

  /** Who is a member already stays one, and gets mail again. */
  async addMembers(address: string, fields: Fields): Promise<{ added: number }> {
    const members = textList(fields, 'members', MAX_MEMBERS).map((one, at) => targetAddress(one, `members/${at}`))
    const { name, door } = await this.#find(address)
    if (members.includes(name.address))
      throw new AdminError('invalid', `${name.address} cannot be its own member`, 'members')
    const refused = await door.addMembers(members)
    if (refused.length > 0) {
      throw new AdminError('conflict', `the list is full: no room for ${refused.length} of them, from ${refused[0]} on`)
    }
    return { added: members.length }
  }

  async removeMember(address: string, member: string): Promise<void> {
    const { name, door } = await this.#find(address)
    if (!(await door.removeMember(member))) throw new AdminError('missing', `${name.address} has no such member`)
  }

  /** On their way and done, the newest first. */
  async posts(address: string): Promise<PostView[]> {
    const { door } = await this.#find(address)
    return (await door.posts()).map(({ reached: _reached, last: _last, late, ...post }) => ({
      ...post,
      late: late.length,
    }))
  }

  /** By whoever holds the token of a copy. False: nobody is a member by it. */
  async unsubscribe(address: string, token: string): Promise<boolean> {
    const { door } = await this.#find(address)
    return door.unsubscribe(token)
  }

  async #view({ address, name, posting, answersTo, owners }: ListSettings, door: ListDoor): Promise<ListView> {
    return { address, name, posting, answersTo, owners, ...(await door.memberCount()) }
  }

  async #find(address: string): Promise<{ name: MailboxName; door: ListDoor; settings: ListSettings }> {
    const name = hostedAddress(address)
    const found = await this.#ports.domain(name.domain).list(name.localPart)
    const door = found === undefined ? undefined : this.#ports.list(found.listId)
    const settings = await door?.settings()
    if (door === undefined || settings === undefined || settings === null) {
      throw new AdminError('missing', `there is no list ${name.address}`)
    }
    return { name, door, settings }
  }
}

function ownersIn(fields: Fields): string[] {
  return [...new Set(textList(fields, 'owners', MAX_OWNERS).map((one, at) => targetAddress(one, `owners/${at}`)))]
}

function choice<const Choice extends string>(
  fields: Fields,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const text = optionalText(fields, name)
  if (text === undefined) return undefined
  const found = choices.find((one) => one === text)
  if (found === undefined) throw new AdminError('invalid', `"${name}" must be one of ${choices.join(', ')}`, name)
  return found
}

function memberView({ address, state, since, bounces, cause }: Member): MemberView {
  return { address, state, since, bounces, ...(cause === undefined ? {} : { cause }) }
}
