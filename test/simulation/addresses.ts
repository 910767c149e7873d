/**
 * Who lives where in the simulated Internet, said a second time and in plain words, so that the routing under test is not
 * its own judge.
 */

import type { Rule } from '../../src/routing/index.ts'

export const people = ['alice', 'bob', 'carol'] as const

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

/** `back@four.test` sends everything to this address. */
export const boomerang = { from: 'back@four.test', to: 'boomerang@facteur.test' }

const known = new Map<string, readonly string[]>()

/** The addresses that a copy must come to, for a recipient: itself, if it is no alias, and without a subaddress here. */
export function finalAddresses(address: string): readonly string[] {
  const given = address.toLowerCase().replace(/\+.*(?=@facteur\.test$)/, '')
  let finals = known.get(given)
  if (finals === undefined) {
    const seen = new Set<string>()
    const found = new Set<string>()
    const visit = (one: string): void => {
      if (seen.has(one)) return
      seen.add(one)
      const targets = aliases[one]
      if (targets === undefined) found.add(one)
      else for (const target of targets) visit(target)
    }
    visit(given)
    known.set(given, (finals = [...found]))
  }
  return finals
}
