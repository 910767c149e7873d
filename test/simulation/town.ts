/**
 * Addresses that lead to each other: aliases, lists, rules, webhooks, and servers outside that send on what they get.
 */
import type { Rule } from '../../src/routing/index.ts'
import { aliases, people } from './addresses.ts'
import type { Chance } from './chance.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

export interface TownList {
  /** Addresses; those in `near` have bounced on two days before. */
  members: readonly string[]
  near: readonly string[]
  owners: readonly string[]
  posting: 'anyone' | 'members' | 'owners'
  answersTo: 'author' | 'list'
}

/** How an address outside sends on. */
export interface Forward {
  to: string
  /** It takes the marks away by which we know what has been here. */
  unmarked: boolean
  /** It sends from an address of its own, by which it knows whom to tell (SRS). */
  rewrites: boolean
}

export const hookFaults = [
  'refused',
  'silent',
  'slow',
  'too-slow',
  'redirected',
  'not-found',
  'too-many',
  'failing',
  'gone',
  'breaks-before',
  'breaks-after',
] as const
export type HookFault = (typeof hookFaults)[number]

export interface HookMood {
  until: number
  faults: readonly HookFault[]
  often: number
}

/** Somebody who leaves the first list of which mail comes, by the link or by a message. */
export interface Leaver {
  address: string
  by: 'link' | 'mail'
}

export interface Town {
  aliases: Readonly<Record<string, readonly string[]>>
  /** By their names in facteur.test. */
  lists: Readonly<Record<string, TownList>>
  /** Of facteur.test, in order. */
  rules: readonly Rule[]
  forwards: Readonly<Record<string, Forward>>
  /** Webhooks of facteur.test, and how their receivers fare. */
  hooks: Readonly<Record<string, readonly HookMood[]>>
  leavers: readonly Leaver[]
  /** What aliases send on comes from an address of ours. */
  srs: boolean
  /** No address comes or goes. */
  isSettled: boolean
  /** Addresses that mail is sent to. */
  starts: readonly string[]
}

/** The same each time: what most runs are about. */
export const quietTown: Town = {
  aliases,
  lists: {},
  rules: [],
  forwards: { 'back@four.test': { to: 'boomerang@facteur.test', unmarked: false, rewrites: false } },
  hooks: {},
  leavers: [],
  srs: false,
  isSettled: false,
  starts: [],
}

const here = (name: string): string => `${name}@facteur.test`
const senders = ['f@three.test', 'g@four.test', 'h@one.test']
const names = { aliases: ['p', 'q'], lists: ['x', 'y'], ruled: ['r', 's'] }

/** In which everything leads to anything. */
export function townOf(chance: Chance): Town {
  const addresses = [
    ...people.map(here),
    ...[...names.aliases, ...names.lists, ...names.ruled].map(here),
    'nobody@facteur.test',
    ...senders,
    'v@three.test',
    'y@two.test',
  ]
  const some = (least: number, most: number, not?: string): string[] => {
    const found = new Set(Array.from({ length: chance.whole(least, most) }, () => chance.pick(addresses)))
    return [...found].map((one) => (one === not ? here('alice') : one))
  }
  const hooks = chance.pick([[], [], ['h1'], ['h1', 'h2']])
  const rules = rulesOf(chance, some, hooks)
  // Without marks nothing but a list knows a message again, which a rule must not send past it.
  const knowing = names.lists.filter((list) => rules.every(({ when }) => when?.recipient !== list))
  const inside = [...people, ...names.aliases, ...names.lists, ...names.ruled, 'branch']
  return {
    aliases: Object.fromEntries([
      ...names.aliases.map((name): [string, string[]] => [here(name), [...new Set(some(1, 3, here(name)))]]),
      ['branch@branch.test', [chance.pick(addresses)]],
    ]),
    lists: Object.fromEntries(names.lists.map((name) => [name, listOf(chance, some)])),
    rules,
    forwards: Object.fromEntries(
      senders.map((sender) => {
        const to = chance.pick(inside)
        const unmarked = knowing.includes(to) && chance.happens(0.3)
        const rewrites = chance.happens(0.3)
        // The last one may lead to the first, which sends on in turn.
        const isFar = sender === senders.at(-1) && chance.happens(0.3)
        const address = to === 'branch' ? 'branch@branch.test' : here(to)
        return [sender, { to: isFar ? (senders[0] as string) : address, unmarked: unmarked && !isFar, rewrites }]
      }),
    ),
    hooks: Object.fromEntries(hooks.map((hook) => [hook, hookMoodsOf(chance)])),
    leavers: [...senders, 'v@three.test', 'y@two.test']
      .filter(() => chance.happens(0.15))
      .map((address) => ({ address, by: chance.pick(['link', 'mail'] as const) })),
    srs: chance.happens(0.5),
    isSettled: true,
    starts: inside.map((name) => (name === 'branch' ? 'branch@branch.test' : here(name))),
  }
}

function listOf(chance: Chance, some: (least: number, most: number) => string[]): TownList {
  const members = some(0, 5)
  return {
    members,
    near: members.filter(() => chance.happens(0.3)),
    owners: chance.pick([[here('carol')], [here('carol'), here('bob')], ['v@three.test']]),
    posting: chance.weighted({ anyone: 6, members: 1, owners: 1 }),
    answersTo: chance.pick(['author', 'list'] as const),
  }
}

function rulesOf(chance: Chance, some: (least: number, most: number) => string[], hooks: readonly string[]): Rule[] {
  const rules: Rule[] = []
  const hook = (): Pick<Rule['do'], 'webhook'> | object => (hooks.length === 0 ? {} : { webhook: [chance.pick(hooks)] })
  if (hooks.length > 0 && chance.happens(0.4)) rules.push({ name: 'all', do: { ...hook(), tag: ['simulated'] } })
  const count = chance.whole(1, 5)
  for (let i = 0; i < count; i++) {
    const recipient = chance.pick([...people, ...names.aliases, ...names.lists, ...names.ruled, ...names.ruled])
    // RCPT cannot tell of some whether they fit.
    const when: Rule['when'] = chance.happens(0.5) ? { recipient } : { recipient, header: { name: 'Subject' } }
    const extra = { ...(chance.happens(0.3) ? hook() : {}), ...(chance.happens(0.3) ? { copy: some(1, 2) } : {}) }
    const kind = chance.weighted({ redirect: 4, copy: 3, discard: 1, reject: 1, relay: 1, hook: 2 })
    const actions: Record<typeof kind, Rule['do']> = {
      redirect: { ...extra, redirect: [...some(1, 2), ...(chance.happens(0.3) ? [here(recipient)] : [])] },
      copy: { ...extra, copy: some(1, 2) },
      discard: { ...extra, discard: true },
      reject: { ...extra, reject: { text: 'Not here' } },
      relay: { ...extra, relay: ['smtp://relay.test:25?tls=none'] },
      hook: { ...extra, ...hook(), tag: ['simulated'] },
    }
    rules.push({ name: `r${i}`, when, do: actions[kind] })
  }
  return rules
}

function hookMoodsOf(chance: Chance): HookMood[] {
  const moods: HookMood[] = []
  let at = 0
  const count = chance.whole(0, 3)
  for (let i = 0; i < count; i++) {
    at += chance.duration(minute, chance.happens(0.15) ? 8 * day : 6 * hour)
    const faults = Array.from({ length: chance.whole(0, 3) }, () => chance.pick(hookFaults))
    moods.push({ until: at, faults, often: chance.pick([0.3, 0.7, 1]) })
  }
  return moods
}
