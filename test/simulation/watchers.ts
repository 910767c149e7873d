/**
 * Programs that watch what people of facteur.test send: of what they want to hear, how they fare, and what goes wrong around
 * their queues.
 */
import type { OutgoingEvent } from '../../src/routing/index.ts'
import type { Chance } from './chance.ts'
import { hookQueue } from './event-ledger.ts'
import type { MessagePlan } from './sender.ts'
import { type HookMood, hookFaults } from './town.ts'
import type { Ambush, Command, Trouble } from './troubles.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

export interface Watcher {
  events: readonly OutgoingEvent[]
  moods: readonly HookMood[]
}

/** By the names of their webhooks. */
export type Watchers = Readonly<Record<string, Watcher>>

/** The part of all runs in which somebody watches. */
const partWatched = 0.35
/** Each is well again by then, so that what waits has its time before the end. */
const wellAgain = 3.5 * day

const everything = ['accepted', 'delivered', 'deferred', 'bounced'] as const

export function watchersOf(chance: Chance): Watchers {
  if (!chance.happens(partWatched)) return {}
  return Object.fromEntries(chance.pick([['w1'], ['w1', 'w2']]).map((name) => [name, watcherOf(chance.fork(name))]))
}

function watcherOf(chance: Chance): Watcher {
  const some = everything.filter(() => chance.happens(0.6))
  return { events: chance.happens(0.7) || some.length === 0 ? everything : some, moods: moodsOf(chance) }
}

function moodsOf(chance: Chance): HookMood[] {
  const moods: HookMood[] = []
  let at = 0
  const count = chance.whole(0, 3)
  for (let i = 0; i < count; i++) {
    at += chance.duration(minute, chance.happens(0.15) ? wellAgain : 6 * hour)
    const faults = Array.from({ length: chance.whole(0, 3) }, () => chance.pick(hookFaults))
    moods.push({ until: Math.min(at, wellAgain), faults, often: chance.pick([0.3, 0.7, 1]) })
  }
  return moods
}

/** Their queues are in trouble while mail is on its way. */
export function watchTroublesOf(chance: Chance, watchers: Watchers, messages: readonly MessagePlan[]): Trouble[] {
  return Object.keys(watchers).flatMap((watcher): Trouble[] => {
    if (!chance.happens(0.6)) return []
    const at = chance.pick(messages).at + chance.pick([0, chance.duration(10, 1_000), chance.duration(1_000, hour)])
    // Or that of the domain, which has to tell of what comes into a mailbox at once.
    const name = chance.happens(0.7) ? hookQueue(watcher) : 'facteur.test'
    const queue = { kind: 'QUEUE', name } as const
    const lasts = chance.duration(1_000, 4 * hour)
    return [
      chance.happens(0.6)
        ? { at, what: 'disk-full', ...queue, lasts }
        : { at, what: 'crash-object', ...queue, kept: chance.happens(0.5) },
    ]
  })
}

export function watchAmbushesOf(chance: Chance): Ambush[] {
  return Array.from({ length: chance.whole(0, 3) }, (): Ambush => {
    const kept = chance.happens(0.5)
    const lasts = chance.duration(100, 4 * hour)
    // The operator drops what is just being tried.
    if (chance.happens(0.3)) {
      const nth = chance.whole(1, 6)
      return { when: 'called', call: 'egress', nth, victim: 'caller', effect: 'delete', kept, lasts }
    }
    return {
      when: chance.pick(['before', 'called', 'answered'] as const),
      call: chance.weighted({ enqueue: 3, post: 2 }),
      nth: chance.whole(1, 8),
      victim: chance.pick(['caller', 'callee'] as const),
      effect: chance.weighted({ crash: 4, 'disk-full': 3, 'commit-fails': 1, hold: 0.5, delete: 0.5 }),
      kept,
      lasts,
    }
  })
}

/** Somebody looks after them, and after mail; what they delete, somebody wants to hear of. */
export function watchCommandsOf(
  chance: Chance,
  watchers: Watchers,
  messages: readonly MessagePlan[],
  queues: readonly string[],
): Command[] {
  const watched = Object.keys(watchers).map(hookQueue)
  if (watched.length === 0) return []
  const own = Array.from({ length: chance.pick([0, 0, 1, 3]) }, (): Command => {
    const { at, recipients } = chance.pick(messages)
    const [, domain = ''] = chance.pick(recipients).address.toLowerCase().split('@')
    return {
      at: at + chance.duration(500, day),
      what: chance.pick(['hold', 'delete', 'delete', 'retry', 'release'] as const),
      domain: chance.happens(0.3) ? chance.pick(watched) : domain,
      nth: chance.whole(0, 1),
    }
  })
  const care = watched.flatMap((domain): Command[] => [
    ...[1, 3, 4].map((days): Command => ({ at: days * day, what: 'start-hook', domain, nth: 0 })),
    ...[day + hour, 2 * day + hour].map((at): Command => ({ at, what: 'release-all', domain, nth: 0 })),
  ])
  const releases = own.length === 0 ? [] : queues.map((domain) => release(domain))
  return [...own, ...care, ...releases]
}

function release(domain: string): Command {
  return { at: 2 * day + hour, what: 'release-all', domain, nth: 0 }
}
