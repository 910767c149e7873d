/**
 * Faults of our own, and what the operator does, as a seed has them.
 */
import { hosted, people, queues } from './addresses.ts'
import type { Chance } from './chance.ts'
import { hookQueue } from './event-ledger.ts'
import type { MessagePlan } from './sender.ts'
import type { Town } from './town.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

export type TroubledKind = 'QUEUE' | 'ACCOUNT' | 'DOMAIN' | 'LIST'

/** A fault of our own, at a time after the beginning. */
export type Trouble = { at: number } & (
  | { what: 'crash-object'; kind: TroubledKind; name: string; kept: boolean }
  | { what: 'crash-worker' | 'crash-bridge' | 'crash-all'; kept: boolean; away: number }
  | { what: 'commit-fails'; kind: TroubledKind; name: string }
  | { what: 'disk-full'; kind: TroubledKind; name: string; lasts: number }
)

/** Like `Trouble`, but at the n-th hand-over of something: that is how it meets a particular await. */
export interface Ambush {
  /** `before`: the call has not left; `called`: it is under way; `answered`: its answer is on the way back. */
  when: 'before' | 'called' | 'answered'
  call: 'enqueue' | 'deliver' | 'egress' | 'lookup' | 'dns' | 'markWaiting' | 'post'
  nth: number
  victim: 'caller' | 'callee' | 'all'
  /**
   * For objects, and one at a time: its disk is full for a while, or its next commit fails; for queues, what the operator
   * does with the oldest message just then.
   */
  effect: 'crash' | 'disk-full' | 'commit-fails' | 'hold' | 'retry' | 'delete'
  kept: boolean
  lasts: number
}

/** An end after so many events, wherever that is: of whatever object had the last one, or of everything. */
export interface Blow {
  step: number
  victim: 'last' | 'all'
  kept: boolean
}

export interface Command {
  at: number
  what: 'hold' | 'release' | 'retry' | 'delete' | 'retry-all' | 'release-all' | 'start-hook'
  domain: string
  nth: number
}

/** Somebody leaves, or an alias is taken away, while mail for it may wait. */
export interface AddressChange {
  at: number
  method: 'removeAccount' | 'removeAlias'
  domain: string
  localPart: string
}

/** Nobody leaves mail held for ever. */
const releases = queues.map((domain): Command => ({ at: day + hour, what: 'release-all', domain, nth: 0 }))

export function addressesOf(chance: Chance): AddressChange[] {
  const removals = [
    ['removeAccount', 'facteur.test', 'carol'],
    ['removeAccount', 'facteur.test', 'bob'],
    ['removeAlias', 'facteur.test', 'team'],
    ['removeAlias', 'facteur.test', 'outside'],
    ['removeAlias', 'branch.test', 'sales'],
  ] as const
  return Array.from({ length: chance.whole(1, 2) }, (): AddressChange => {
    const [method, domain, localPart] = chance.pick(removals)
    return { at: chance.duration(1_000, day), method, domain, localPart }
  })
}

const hookQueues = ['h1', 'h2'].map(hookQueue)

const troubled: Readonly<Record<TroubledKind, readonly string[]>> = {
  QUEUE: queues,
  ACCOUNT: people,
  DOMAIN: hosted,
  LIST: ['l-x', 'l-y'],
}

export function troublesOf(chance: Chance, town: Town, messages: readonly MessagePlan[]): Trouble[] {
  const anywhere = anywhereOf(chance.fork('troubles'), town.isSettled)
  return town.isSettled ? [...anywhere, ...aimedOf(chance.fork('aimed'), town, messages)] : anywhere
}

function anywhereOf(chance: Chance, inTown: boolean): Trouble[] {
  return Array.from({ length: chance.pick([0, 0, 1, 2, 4]) }, (): Trouble => {
    const at = chance.duration(100, 2 * day)
    const kept = chance.happens(0.5)
    const what = chance.weighted({ object: 5, worker: 1, bridge: 2, all: 2, commit: 2, full: 2 })
    const kind = chance.weighted({ QUEUE: 4, ACCOUNT: 2, DOMAIN: 1, ...(inTown ? { LIST: 3 } : {}) })
    const name = chance.pick(inTown && kind === 'QUEUE' ? [...queues, ...hookQueues] : troubled[kind])
    const away = chance.duration(1_000, hour)
    switch (what) {
      case 'object':
        return { at, what: 'crash-object', kind, name, kept }
      case 'worker':
        return { at, what: 'crash-worker', kept, away }
      case 'bridge':
        return { at, what: 'crash-bridge', kept, away }
      case 'all':
        return { at, what: 'crash-all', kept, away }
      case 'commit':
        return { at, what: 'commit-fails', kind, name }
      default:
        return { at, what: 'disk-full', kind, name, lasts: chance.duration(1_000, day) }
    }
  })
}

/** What lists and webhooks have of their own is in trouble when mail comes. */
function aimedOf(chance: Chance, { hooks, lists }: Town, messages: readonly MessagePlan[]): Trouble[] {
  const victims = [
    ...Object.keys(hooks).map((hook) => ({ kind: 'QUEUE', name: hookQueue(hook) }) as const),
    ...Object.keys(lists).map((list) => ({ kind: 'LIST', name: `l-${list}` }) as const),
  ]
  if (victims.length === 0 || !chance.happens(0.5)) return []
  const at = Math.max(0, chance.pick(messages).at + chance.whole(-1_000, 1_000))
  const victim = chance.pick(victims)
  const lasts = chance.duration(1_000, 4 * hour)
  return [{ at, what: 'disk-full', ...victim, lasts }]
}

export function ambushesOf(chance: Chance, inTown: boolean): Ambush[] {
  return Array.from({ length: chance.pick([0, 1, 1, 2, 3, 8]) }, (): Ambush => ({
    when: chance.pick(['before', 'called', 'answered'] as const),
    call: chance.weighted({
      enqueue: 4,
      deliver: 3,
      egress: 4,
      lookup: 1,
      dns: 1,
      markWaiting: 1,
      ...(inTown ? { post: 2 } : {}),
    }),
    nth: chance.whole(1, chance.pick([2, 4, 12, 40])),
    victim: chance.weighted({ caller: 4, callee: 3, all: 1 }),
    effect: chance.weighted({
      crash: 5,
      'disk-full': inTown ? 5 : 3,
      'commit-fails': 1,
      hold: 0.5,
      retry: 0.5,
      delete: 0.2,
    }),
    kept: chance.happens(0.5),
    lasts: chance.duration(100, 4 * hour),
  }))
}

export function blowsOf(chance: Chance): Blow[] {
  return Array.from({ length: chance.pick([0, 1, 2]) }, (): Blow => ({
    step: chance.duration(10, 600),
    victim: chance.happens(0.85) ? 'last' : 'all',
    kept: chance.happens(0.5),
  }))
}

/** `some`: the operator does something of their own accord. */
export function commandsOf(some: boolean, chance: Chance, town: Town): Command[] {
  const own = some ? ownCommandsOf(chance.fork('commands')) : []
  return [...own, ...releases, ...hookCommandsOf(chance.fork('hooks'), town)]
}

function ownCommandsOf(chance: Chance): Command[] {
  const commands = Array.from({ length: chance.whole(1, 4) }, (): Command => ({
    at: chance.duration(500, day),
    what: chance.pick(['hold', 'hold', 'release', 'retry', 'delete', 'retry-all'] as const),
    domain: chance.pick(queues),
    nth: chance.whole(0, 1),
  }))
  return commands
}

/** Somebody looks after webhooks once a day, and after what has become of their mail. */
function hookCommandsOf(chance: Chance, { hooks }: Town): Command[] {
  return Object.keys(hooks).flatMap((hook): Command[] => {
    const domain = hookQueue(hook)
    const extra = chance.happens(0.3)
      ? [
          {
            at: chance.duration(500, day),
            what: chance.pick(['hold', 'delete', 'retry', 'release'] as const),
            domain,
            nth: 0,
          },
        ]
      : []
    const starts = [1, 3].map((days): Command => ({ at: days * day, what: 'start-hook', domain, nth: 0 }))
    return [...extra, ...starts, { at: day + hour, what: 'release-all', domain, nth: 0 }]
  })
}
