/**
 * What happens in a run: messages, moods of other servers, DNS, faults of our own, what the operator does. All from the
 * seed, and as plain data, so that a failing plan can be made smaller.
 */
import { Chance } from './chance.ts'
import { type Fault, faults, type Mood, type PeerPlan } from './peer.ts'
import type { MessagePlan } from './sender.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** A fault of our own, at a time after the beginning. */
export type Trouble = { at: number } & (
  | { what: 'crash-object'; kind: 'QUEUE' | 'ACCOUNT' | 'DOMAIN'; name: string; kept: boolean }
  | { what: 'crash-worker' | 'crash-bridge' | 'crash-all'; kept: boolean; away: number }
  | { what: 'commit-fails'; kind: 'QUEUE' | 'ACCOUNT'; name: string }
  | { what: 'disk-full'; kind: 'QUEUE' | 'ACCOUNT' | 'DOMAIN'; name: string; lasts: number }
)

/** Like `Trouble`, but at the n-th hand-over of something: that is how it meets a particular await. */
export interface Ambush {
  /** `before`: the call has not left; `called`: it is under way; `answered`: its answer is on the way back. */
  when: 'before' | 'called' | 'answered'
  call: 'enqueue' | 'deliver' | 'egress' | 'lookup' | 'dns' | 'markWaiting'
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
  what: 'hold' | 'release' | 'retry' | 'delete' | 'retry-all' | 'release-all'
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

export interface DnsPlan {
  domain: string
  state: 'normal' | 'servfail' | 'silent' | 'null-mx' | 'nxdomain' | 'implicit' | 'to-us' | 'no-address' | 'moved'
  until: number
}

export interface Plan {
  seed: number
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
export const remoteDomains = ['one.test', 'two.test', 'three.test', 'four.test']
const queues = [...remoteDomains, 'facteur.test', 'branch.test', 'away.test']

/** Nobody leaves mail held for ever. */
const releases = queues.map((domain): Command => ({ at: day + hour, what: 'release-all', domain, nth: 0 }))

export function planOf(seed: number): Plan {
  const chance = new Chance(seed)
  const calm = chance.happens(0.15)
  const messages = messagesOf(chance.fork('messages'))
  return {
    seed,
    messages,
    peers: peersOf(chance.fork('peers'), calm),
    dns: calm ? [] : dnsOf(chance.fork('dns')),
    addresses: chance.happens(0.1) ? addressesOf(chance.fork('addresses')) : [],
    troubles: calm ? [] : troublesOf(chance.fork('troubles')),
    ambushes: calm ? [] : ambushesOf(chance.fork('ambushes')),
    blows: calm ? [] : blowsOf(chance.fork('blows')),
    breaking: calm ? 0 : chance.pick([0, 0, 0.1, 0.5]),
    commands: chance.happens(0.2) ? commandsOf(chance.fork('commands')) : releases,
    latency: chance.pick([0, 1, 10, 100]),
    slowestCommit: chance.pick([0, 0, 5, 50]),
    freshQueues: chance.happens(0.1),
    ruled: chance.fork('rules').happens(0.3),
    routed: chance.fork('routes').happens(0.3),
    lifetimeHours: chance.pick([120, 24, 6, 1]),
    shards: chance.pick([1, 1, 1, 3]),
    sharedObjects: chance.pick([0, 0, 1, 1, 2]),
  }
}

function messagesOf(chance: Chance): MessagePlan[] {
  const count = chance.whole(1, 4)
  const window = chance.pick([1_000, minute, hour, day])
  return Array.from({ length: count }, (_, index): MessagePlan => {
    const door = chance.weighted({ submission: 5, mx: 4, later: 1 })
    const account = chance.pick(['alice', 'bob'])
    const all =
      door !== 'mx'
        ? [...locals, ...named, 'sales@branch.test', ...outside]
        : [...locals, ...named, 'sales@branch.test']
    const addresses = new Set(Array.from({ length: chance.whole(1, 4) }, () => chance.pick(all)))
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

function addressesOf(chance: Chance): AddressChange[] {
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

function troublesOf(chance: Chance): Trouble[] {
  return Array.from({ length: chance.pick([0, 0, 1, 2, 4]) }, (): Trouble => {
    const at = chance.duration(100, 2 * day)
    const kept = chance.happens(0.5)
    const what = chance.weighted({ object: 5, worker: 1, bridge: 2, all: 2, commit: 2, full: 2 })
    const kind = chance.weighted({ QUEUE: 4, ACCOUNT: 2, DOMAIN: 1 })
    const name =
      kind === 'QUEUE'
        ? chance.pick(queues)
        : kind === 'ACCOUNT'
          ? chance.pick(['alice', 'bob', 'carol'])
          : chance.pick(['facteur.test', 'branch.test'])
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
        return {
          at,
          what: 'commit-fails',
          kind: kind === 'DOMAIN' ? 'QUEUE' : kind,
          name: kind === 'DOMAIN' ? 'one.test' : name,
        }
      default:
        return { at, what: 'disk-full', kind, name, lasts: chance.duration(1_000, day) }
    }
  })
}

function ambushesOf(chance: Chance): Ambush[] {
  return Array.from({ length: chance.pick([0, 1, 1, 2, 3, 8]) }, (): Ambush => ({
    when: chance.pick(['before', 'called', 'answered'] as const),
    call: chance.weighted({ enqueue: 4, deliver: 3, egress: 4, lookup: 1, dns: 1, markWaiting: 1 }),
    nth: chance.whole(1, chance.pick([2, 4, 12, 40])),
    victim: chance.weighted({ caller: 4, callee: 3, all: 1 }),
    effect: chance.weighted({ crash: 5, 'disk-full': 3, 'commit-fails': 1, hold: 0.5, retry: 0.5, delete: 0.2 }),
    kept: chance.happens(0.5),
    lasts: chance.duration(100, 4 * hour),
  }))
}

function blowsOf(chance: Chance): Blow[] {
  return Array.from({ length: chance.pick([0, 1, 2]) }, (): Blow => ({
    step: chance.duration(10, 600),
    victim: chance.happens(0.85) ? 'last' : 'all',
    kept: chance.happens(0.5),
  }))
}

function commandsOf(chance: Chance): Command[] {
  const commands = Array.from({ length: chance.whole(1, 4) }, (): Command => ({
    at: chance.duration(500, day),
    what: chance.pick(['hold', 'hold', 'release', 'retry', 'delete', 'retry-all'] as const),
    domain: chance.pick(queues),
    nth: chance.whole(0, 1),
  }))
  return [...commands, ...releases]
}
