/**
 * Who lives where in the simulated Internet, said a second time and in plain words, so that the routing under test is not
 * its own judge.
 */
import type { Rule } from '../../src/routing/index.ts'
import type { Town, TownList } from './town.ts'

export const people = ['alice', 'bob', 'carol'] as const
export const hosted = ['facteur.test', 'branch.test']
export const remoteDomains = ['one.test', 'two.test', 'three.test', 'four.test']
export const queues = [...remoteDomains, ...hosted, 'away.test']

export const aliases: Readonly<Record<string, readonly string[]>> = {
  'team@facteur.test': ['alice@facteur.test', 'bob@facteur.test', 'x@one.test'],
  'outside@facteur.test': ['y@two.test'],
  'everyone@facteur.test': ['team@facteur.test', 'outside@facteur.test', 'carol@facteur.test'],
  'sales@branch.test': ['alice@facteur.test'],
  'half@facteur.test': ['bob@facteur.test', 'nobody@facteur.test'],
  'ring@facteur.test': ['gnir@facteur.test'],
  'gnir@facteur.test': ['ring@facteur.test'],
  'boomerang@facteur.test': ['back@four.test'],
}

/**
 * The same as rules, of which RCPT cannot tell whether they fit: all mail has a subject. What comes to a mailbox is tagged,
 * whatever way it took.
 */
export function rulesOf(domain: string, without: readonly string[] = []): Rule[] {
  const redirections = Object.entries(aliases).flatMap(([address, redirect]): Rule[] => {
    const [name = '', of] = address.split('@')
    if (of !== domain || without.includes(name)) return []
    return [{ name, when: { recipient: name, header: { name: 'Subject' } }, do: { redirect } }]
  })
  return [{ name: 'tag', do: { tag: ['simulated'] } }, ...redirections]
}

/** Where a message for an address must come to. */
export interface Ways {
  /** Nobody is at any of those, so that it is refused as one. */
  isDead: boolean
  /** Addresses, and of each whether it is a copy of which the sender hears nothing. */
  finals: ReadonlyMap<string, boolean>
  /** Webhooks that are told. */
  hooks: ReadonlySet<string>
}

/** What a town's aliases, lists and rules say. */
export class AddressBook {
  readonly #town: Town
  readonly #known = new Map<string, Ways>()

  constructor(town: Town) {
    this.#town = town
  }

  ways(address: string): Ways {
    let ways = this.#known.get(address)
    if (ways === undefined) this.#known.set(address, (ways = this.#search(address)))
    return ways
  }

  /** The addresses that a message must come to, for a recipient: itself, if it is no alias, and without a subaddress here. */
  finals(address: string): readonly string[] {
    return [...this.ways(address).finals.keys()]
  }

  /** It is a place itself, and nothing leads elsewhere from there. */
  isPlain(address: string, isQuiet: boolean): boolean {
    const [name = '', domain = ''] = canonical(address).split('@')
    return !hosted.includes(domain) || (isQuiet && domain === 'facteur.test' && people.some((one) => one === name))
  }

  /** To how many places it leads, without copies. */
  places(address: string): number {
    return [...this.ways(address).finals.values()].filter((isCopy) => !isCopy).length
  }

  /** Whether a message that has passed those is taken for this address as soon as nothing is out of order. */
  isWelcome(address: string, passed: ReadonlySet<string>): boolean {
    const { finals, hooks, touched, dead } = this.#search(address)
    if (!this.#town.isSettled || [...touched].some((at) => passed.has(at.replace('copy ', '')))) return false
    // A list that does not take all mail may have its reasons.
    const takes = (final: string): boolean => (this.#listAt(final)?.posting ?? 'anyone') === 'anyone'
    return hooks.size > 0 || [...finals.keys()].some((final) => !dead.has(final) && takes(final))
  }

  /** Whether what machines send is taken for this address. Lists do not (RFC 3834 §2). */
  takesReports(address: string): boolean {
    const { finals, hooks, dead } = this.#search(address)
    const takes = (final: string): boolean => !dead.has(final) && this.#listAt(final) === undefined
    return this.#town.isSettled && (hooks.size > 0 || [...finals.keys()].some(takes))
  }

  #listAt(final: string): TownList | undefined {
    return this.#town.lists[final.split('@', 1)[0] as string]
  }

  #search(address: string): Ways & { touched: ReadonlySet<string>; dead: ReadonlySet<string> } {
    const finals = new Map<string, boolean>()
    const hooks = new Set<string>()
    const seen = new Set<string>()
    const dead = new Set<string>()
    const place = (final: string, copy: boolean): void => {
      if (!copy || finals.get(final) === undefined) finals.set(final, copy)
    }
    const visit = (given: string, copy: boolean): void => {
      const at = canonical(given)
      if (seen.has(at) || (copy && seen.has(`copy ${at}`))) return
      seen.add(copy ? `copy ${at}` : at)
      if (!hosted.includes(at.slice(at.indexOf('@') + 1))) return place(at, copy)
      const rules = this.#rules(at)
      const decisive = rules.at(-1)?.do ?? {}
      const die = (): void => {
        dead.add(at)
        if (!copy) place(at, copy)
      }
      const keep = (): void => {
        for (const own of this.#targets(at)) {
          if (own === at) place(at, copy)
          else visit(own, copy)
        }
      }
      if (decisive.reject !== undefined || (!decides(decisive) && !this.#exists(at))) return die()
      for (const rule of rules) {
        if (!copy) for (const hook of rule.do.webhook ?? []) hooks.add(hook)
        for (const target of rule.do.copy ?? []) visit(target, true)
      }
      const targets = decisive.redirect ?? this.#targets(at)
      if (decisive.discard === true) return
      if (decisive.relay !== undefined) return place(at, copy)
      for (const target of targets) {
        if (target !== at) visit(target, copy)
        else if (!this.#exists(at)) die()
        else keep()
      }
    }
    visit(address, false)
    return { finals, hooks, touched: seen, dead, isDead: [...finals.keys()].every((final) => dead.has(final)) }
  }

  /** Those that are asked, up to the one that decides. */
  #rules(at: string): readonly Rule[] {
    const [name, domain] = at.split('@')
    const found: Rule[] = []
    if (domain !== 'facteur.test') return found
    for (const rule of this.#town.rules) {
      if (rule.when?.recipient !== undefined && rule.when.recipient !== name) continue
      found.push(rule)
      if (decides(rule.do)) break
    }
    return found
  }

  /** Without rules. */
  #targets(at: string): readonly string[] {
    const owners = /^(.+)-owner@facteur\.test$/.exec(at)?.[1]
    return this.#town.aliases[at] ?? this.#town.lists[owners ?? '']?.owners ?? [at]
  }

  #exists(at: string): boolean {
    const [name = '', domain] = at.split('@')
    if (this.#town.aliases[at] !== undefined) return true
    if (domain !== 'facteur.test') return false
    const list = name.replace(/-(?:bounces|unsubscribe|owner)$/, '')
    return (people as readonly string[]).includes(name) || this.#town.lists[list] !== undefined
  }
}

function decides({ redirect, reject, discard, relay }: Rule['do']): boolean {
  return redirect !== undefined || reject !== undefined || discard === true || relay !== undefined
}

/** In one case, without subaddress, and as it was before an alias of ours rewrote it (SRS). */
export function canonical(address: string): string {
  const lower = address.toLowerCase()
  const [, host, local] = /^srs0=[^=]*=[^=]*=([^=]*)=(.*)@(?:facteur|branch)\.test$/.exec(lower) ?? []
  if (local !== undefined) return canonical(`${local}@${host}`)
  const [, next, rest] = /^srs1=[^=]*=([^=]*)=(.*)@(?:facteur|branch)\.test$/.exec(lower) ?? []
  if (rest !== undefined) return canonical(`srs0${rest}@${next}`)
  return lower.replace(/\+.*(?=@facteur\.test$)/, '')
}
