/**
 * What happens in a run: messages, moods of other servers, DNS, faults of our own, what the operator does. All from the
 * seed, and as plain data, so that a failing plan can be made smaller.
 */
import { queues, remoteDomains } from './addresses.ts'
import { Chance } from './chance.ts'
import { type Fault, faults, type Mood, type PeerPlan } from './peer.ts'
import type { MessagePlan } from './sender.ts'
import { quietTown, type Town, townOf } from './town.ts'
import { watchAmbushesOf, watchCommandsOf, type Watchers, watchersOf, watchTroublesOf } from './watchers.ts'
import {
  type AddressChange,
  addressesOf,
  type Ambush,
  ambushesOf,
  type Blow,
  blowsOf,
  type Command,
  commandsOf,
  type Trouble,
  troublesOf,
} from './troubles.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

export interface DnsPlan {
  domain: string
  state: 'normal' | 'servfail' | 'silent' | 'null-mx' | 'nxdomain' | 'implicit' | 'to-us' | 'no-address' | 'moved'
  until: number
}

export interface Plan {
  seed: number
  town: Town
  watchers: Watchers
  messages: MessagePlan[]
  peers: { name: string; plan: PeerPlan }[]
  dns: DnsPlan[]
  addresses: AddressChange[]
  troubles: Trouble[]
  ambushes: Ambush[]
  blows: Blow[]
  /** The part of connections to us that break at some octet. */
  breaking: number
  commands: Command[]
  latency: number
  slowestCommit: number
  freshQueues: boolean
  /** What aliases say is said by rules. */
  ruled: boolean
  /** Several ways lead to some domains. */
  routed: boolean
  lifetimeHours: number
  /** Queues of one destination. */
  shards: number
  /** Objects that the other destinations share; 0: each has its own. */
  sharedObjects: number
}

/** The last mail of the outside has long come: what is left after that is stuck. */
export const end = 8 * day

const locals = ['alice@facteur.test', 'bob@facteur.test', 'Carol@Facteur.test', 'alice+tag@facteur.test']
const named = ['team', 'outside', 'everyone', 'half', 'ring', 'boomerang', 'nobody'].map(
  (name) => `${name}@facteur.test`,
)
const outside = ['x@one.test', 'y@one.test', 'z@one.test', 'y@two.test', 'w@two.test', 'v@three.test', 'back@four.test']

/** The part of all runs in which everything leads to anything. */
const partInTowns = 0.35

export function planOf(seed: number): Plan {
  const chance = new Chance(seed)
  const calm = chance.happens(0.15)
  const towns = chance.fork('town')
  const town = towns.happens(partInTowns) ? townOf(towns) : quietTown
  const isTown = town !== quietTown
  const messages = messagesOf(chance.fork('messages'), town)
  const watch = chance.fork('watch')
  const watchers = watchersOf(watch)
  const isWatched = Object.keys(watchers).length > 0 && !calm
  return {
    seed,
    town,
    watchers,
    messages,
    peers: peersOf(chance.fork('peers'), calm),
    dns: calm ? [] : dnsOf(chance.fork('dns')),
    addresses: chance.happens(0.1) && !isTown ? addressesOf(chance.fork('addresses')) : [],
    troubles: [
      ...(calm ? [] : troublesOf(chance, town, messages)),
      ...(isWatched ? watchTroublesOf(watch.fork('troubles'), watchers, messages) : []),
    ],
    ambushes: [
      ...(calm ? [] : ambushesOf(chance.fork('ambushes'), isTown)),
      ...(isWatched ? watchAmbushesOf(watch.fork('ambushes')) : []),
    ],
    blows: calm ? [] : blowsOf(chance.fork('blows')),
    breaking: calm ? 0 : chance.pick([0, 0, 0.1, 0.5]),
    commands: [
      ...commandsOf(chance.happens(0.2), chance, town),
      ...watchCommandsOf(watch.fork('commands'), watchers, messages, queues),
    ],
    latency: chance.pick([0, 1, 10, 100]),
    slowestCommit: chance.pick([0, 0, 5, 50]),
    freshQueues: chance.happens(0.1),
    ruled: chance.fork('rules').happens(0.3) && !isTown,
    routed: chance.fork('routes').happens(0.3),
    lifetimeHours: chance.pick([120, 24, 6, 1]),
    shards: chance.pick([1, 1, 1, 3]),
    sharedObjects: chance.pick([0, 0, 1, 1, 2]),
  }
}

function messagesOf(chance: Chance, town: Town): MessagePlan[] {
  const inTown = town.starts.length > 0
  const count = chance.whole(1, inTown ? 2 : 4)
  const window = chance.pick([1_000, minute, hour, day])
  return Array.from({ length: count }, (_, index): MessagePlan => {
    const door = chance.weighted({ submission: 5, mx: 4, later: 1 })
    const account = chance.pick(['alice', 'bob'])
    const ours = inTown ? town.starts : [...locals, ...named, 'sales@branch.test']
    const all = door !== 'mx' ? [...ours, ...outside] : ours
    const addresses = new Set(Array.from({ length: chance.whole(1, inTown ? 2 : 4) }, () => chance.pick(all)))
    const recipients = [...addresses].map((address) => {
      const notify = chance.pick([
        undefined,
        undefined,
        undefined,
        ['NEVER'],
        ['SUCCESS', 'FAILURE'],
        ['FAILURE'],
        ['SUCCESS'],
        ['DELAY', 'FAILURE'],
      ])
      return notify === undefined ? { address } : { address, notify }
    })
    const isReport = door !== 'later' && chance.happens(0.1)
    const ret = chance.pick([undefined, 'FULL', 'HDRS'] as const)
    const from = isReport
      ? ''
      : door !== 'mx'
        ? `${account}@facteur.test`
        : chance.pick(['q@away.test', 's@one.test', 'gone@two.test'])
    return {
      token: `m${index + 1}`,
      at: chance.whole(0, window),
      door,
      account,
      from,
      recipients,
      ...(ret === undefined ? {} : { ret }),
      body: bodyOf(chance),
      pipelining: chance.happens(0.7),
    }
  })
}

function bodyOf(chance: Chance): string {
  const lines = ['One line.', '.', '..', '.dot', 'From here', '', 'caf\u00e9 \u00ff'.slice(0, 3)]
  let body = ''
  const count = chance.whole(1, 6)
  for (let i = 0; i < count; i++) body += `${chance.pick(lines)}\r\n`
  // More than a queue keeps in one row.
  if (chance.happens(0.01)) body += `${'Long. '.repeat(10)}\r\n`.repeat(4_000)
  return body
}

function peersOf(chance: Chance, calm: boolean): Plan['peers'] {
  return ['mx1.one.test', 'mx2.one.test', 'mx.two.test', 'mx.three.test', 'mx.four.test', 'mx.away.test'].map(
    (name, index) => ({
      name,
      plan: {
        address: `192.0.2.${index + 1}`,
        latency: chance.pick([0, 1, 30, 400]),
        keywords: ['PIPELINING', 'STARTTLS', 'DSN', '8BITMIME', 'ENHANCEDSTATUSCODES', 'SIZE 1000000'].filter(() =>
          chance.happens(0.7),
        ),
        moods: calm || chance.happens(0.25) ? [] : moodsOf(chance),
      },
    }),
  )
}

function moodsOf(chance: Chance): Mood[] {
  const moods: Mood[] = []
  let at = 0
  const count = chance.whole(1, 3)
  for (let i = 0; i < count; i++) {
    at += chance.duration(minute, chance.happens(0.15) ? 8 * day : 6 * hour)
    const kinds: Fault[] = Array.from({ length: chance.whole(0, 3) }, () => chance.pick(faults))
    moods.push({ until: at, faults: kinds, often: chance.pick([0.3, 0.7, 1]) })
  }
  return moods
}

function dnsOf(chance: Chance): DnsPlan[] {
  const plans: DnsPlan[] = []
  for (const domain of remoteDomains) {
    if (!chance.happens(0.25)) continue
    const state = chance.pick([
      'servfail',
      'silent',
      'null-mx',
      'nxdomain',
      'implicit',
      'to-us',
      'no-address',
      'moved',
    ] as const)
    plans.push({ domain, state, until: chance.duration(minute, chance.happens(0.2) ? 7 * day : 8 * hour) })
  }
  return plans
}
