/**
 * What lists owe: each post comes once to everybody who was a member when it came, unless the member has left, or cannot be
 * sent to; who bounces is counted, and nobody else is.
 */
import type { AddressBook } from './addresses.ts'
import type { SeenList, SeenMember, SeenPost } from './list-view.ts'
import { baseOf, ofList } from './message.ts'
import type { Town } from './town.ts'
import { Violation } from './violation.ts'

export interface ListLedgerPorts {
  town: Town
  book: AddressBook
  /** That copy is to come to those, and comes back to the list. */
  promise(copy: string, original: string, list: string, members: readonly string[]): void
  /** It is in other hands now. */
  handed(copy: string, address: string): void
  /** It has come to all to which this address leads, or waits for them, or is told of. */
  isSettled(copy: string, address: string): boolean
  note(line: string): void
}

interface KnownPost {
  copy: string
  members: readonly SeenMember[]
  passed: ReadonlySet<string>
  now: SeenPost
}

interface KnownList {
  /** Those that have ever been posted. */
  posts: Map<number, KnownPost>
  members: ReadonlyMap<number, SeenMember>
  /** Tokens of members of whom it was told that their mail came back. */
  bounced: Set<string>
  /** Tokens of members who were told that they are none any more. */
  left: Set<string>
}

export class ListLedger {
  readonly #ports: ListLedgerPorts
  readonly #lists = new Map<string, KnownList>()

  constructor(ports: ListLedgerPorts) {
    this.#ports = ports
  }

  /** All that a list has on disk. */
  seen(name: string, { members, posts }: SeenList): void {
    const list = this.#list(name)
    for (const post of posts) {
      const known = list.posts.get(post.id)
      if (known === undefined) this.#posted(name, list, post, members)
      else known.now = post
    }
    list.members = new Map(members.map((member) => [member.id, member]))
    for (const { token, address } of members) {
      if (list.left.has(token)) throw new Violation(`${address} has left ${name}, and is a member still`)
    }
  }

  /** A list has taken a message in. */
  took(name: string, token: string, raw: string, recipient: string): void {
    const list = this.#list(name)
    const [, role, member = ''] = /-(bounces|unsubscribe)\+([^@]*)@/.exec(recipient) ?? []
    if (role === 'unsubscribe') this.left(name, member)
    else if (role === 'bounces') {
      if (saysFailed(raw)) list.bounced.add(member)
    } else if (![...list.posts.values()].some(({ copy }) => baseOf(copy) === baseOf(token))) {
      throw new Violation(`${name} has taken ${token}, and has no such post`)
    }
  }

  /** Somebody was told that they are no member any more. */
  left(name: string, token: string): void {
    this.#ports.note(`left: ${token} is not on ${name} any more`)
    this.#list(name).left.add(token)
  }

  check(): void {
    for (const [name, list] of this.#lists) {
      for (const { copy, members, passed, now } of list.posts.values()) {
        let missing = 0
        for (const { id, address } of members) {
          const isAhead = !now.isDone && (id > now.reached || now.late.includes(id))
          if (isAhead || list.members.get(id)?.isActive !== true) continue
          const isRefusable = !this.#ports.book.isWelcome(address, passed)
          const isSettled = this.#ports.isSettled(copy, address)
          if (isSettled && !isRefusable) this.#ports.handed(copy, address)
          if (isSettled) continue
          missing++
          if (isRefusable && missing <= now.refused) continue
          throw new Violation(`${copy} has not come to ${address}, who is on ${name}`)
        }
      }
      this.#checkBounces(name, list)
    }
  }

  /** At the end: nothing is on its way any more. */
  checkEnd(): void {
    for (const [name, { posts }] of this.#lists) {
      for (const { copy, now } of posts.values()) {
        if (!now.isDone) throw new Violation(`${copy} is still on its way to the members of ${name}`)
      }
    }
  }

  #checkBounces(name: string, { members, bounced, posts }: KnownList): void {
    const refused = [...posts.values()].some(({ now }) => now.refused > 0)
    for (const { address, token, bounces } of members.values()) {
      const before = this.#ports.town.lists[name]?.near.includes(address) === true ? 2 : 0
      if (bounced.has(token) && bounces <= before)
        throw new Violation(`mail of ${name} to ${address} came back, which was not counted`)
      if (bounces > before && !bounced.has(token) && !refused)
        throw new Violation(`${address} has a bounce on ${name} that never was`)
    }
  }

  #posted(name: string, list: KnownList, post: SeenPost, all: readonly SeenMember[]): void {
    const { token, author, passed } = post
    if (token === undefined) throw new Violation(`${name} has sent a post of which nothing is known`)
    this.#checkAuthor(name, author, all)
    const base = baseOf(token)
    if ([...list.posts.values()].some(({ copy }) => baseOf(copy) === base))
      throw new Violation(`${name} sends ${base} to its members twice`)
    const members = all.filter(({ id, isActive }) => isActive && id <= post.last)
    const copy = ofList(token, name)
    this.#ports.note(`posted: ${copy} for ${members.map(({ address }) => address).join(', ')}`)
    list.posts.set(post.id, { copy, members, passed, now: post })
    const addresses = members.map(({ address }) => address)
    this.#ports.promise(copy, token, name, addresses)
  }

  /** By what the town says of the list. */
  #checkAuthor(name: string, author: string, members: readonly SeenMember[]): void {
    const { posting, owners } = this.#ports.town.lists[name] as Town['lists'][string]
    const isMember = members.some(({ address }) => address.toLowerCase() === author.toLowerCase())
    if (posting === 'anyone' || owners.includes(author) || (posting === 'members' && isMember)) return
    throw new Violation(`${author} may not write to ${name}, which takes it for its members`)
  }

  #list(name: string): KnownList {
    let list = this.#lists.get(name)
    if (list === undefined) {
      list = { posts: new Map(), members: new Map(), bounced: new Set(), left: new Set() }
      this.#lists.set(name, list)
    }
    return list
  }
}

/** Of anybody, and not because it has been there before. */
function saysFailed(report: string): boolean {
  const groups = report.split('\r\n\r\n')
  return groups.some((group) => /^Action: *failed/im.test(group) && /^Status: *5\.(?!4\.6)/im.test(group))
}
