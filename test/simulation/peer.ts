/**
 * Another mail server, written for its own sake and not from our engines: takes mail, and misbehaves as its mood says.
 *
 * What it does is told to `Journal`, at the moment at which it is decided: that a message is its own now, and that the proof
 * of it has left.
 */
import type { Chance } from './chance.ts'
import type { Server, SimulatedSocket, Wire } from './network.ts'
import { Conversation } from './peer-conversation.ts'
import type { VirtualTime } from './virtual-time.ts'

export const faults = [
  'refused',
  'silent',
  'greeting-421',
  'greeting-554',
  'greeting-half',
  'greeting-never',
  'greeting-garbage',
  'ehlo-5xx',
  'ehlo-421',
  'ehlo-drop',
  'tls-failed',
  'tls-silent',
  'tls-454',
  'mail-4xx',
  'mail-5xx',
  'mail-421',
  'rcpt-greylist',
  'rcpt-5xx',
  'rcpt-some-5xx',
  'rcpt-452',
  'rcpt-421',
  'data-4xx',
  'data-5xx',
  'data-drop',
  'dot-4xx',
  'dot-5xx',
  'dot-421',
  'dot-never',
  'dot-drop',
  'dot-taken-never',
  'dot-taken-drop',
  'dot-taken-half',
  'dot-taken-garbage',
  'dot-slow',
  'cut-in',
  'cut-out',
  'drip',
  'lines',
  'quit-never',
  'unasked',
] as const
export type Fault = (typeof faults)[number]

export interface Mood {
  /** Until then, in milliseconds since the beginning. */
  until: number
  /** Empty: in good health. */
  faults: readonly Fault[]
  /** In so many of its connections. */
  often: number
}

export interface PeerPlan {
  address: string
  moods: readonly Mood[]
  keywords: readonly string[]
  latency: number
}

export interface Journal {
  note(line: string): void
  /** It has the whole message and will keep it. */
  took(raw: string, recipients: readonly string[], sender: string): void
  /** The 250 to the dot was read at the other end. */
  proved(raw: string, recipients: readonly string[]): void
}

export class Peer implements Server {
  readonly name: string
  readonly plan: PeerPlan
  readonly #time: VirtualTime
  readonly #chance: Chance
  readonly #journal: Journal
  #fault: Fault | undefined

  constructor(name: string, plan: PeerPlan, time: VirtualTime, chance: Chance, journal: Journal) {
    this.name = name
    this.plan = plan
    this.#time = time
    this.#chance = chance
    this.#journal = journal
  }

  admit(): Wire | 'refused' | 'silent' {
    const mood = this.plan.moods.find(({ until }) => until > this.#time.passed)
    const ill = mood !== undefined && mood.faults.length > 0 && this.#chance.happens(mood.often)
    this.#fault = ill ? this.#chance.pick(mood.faults) : undefined
    if (this.#fault !== undefined) this.#journal.note(`${this.name}: a connection meets ${this.#fault}`)
    if (this.#fault === 'refused' || this.#fault === 'silent') return this.#fault
    const wire: Wire = { latency: this.plan.latency }
    if (this.#fault === 'cut-in') wire.cutFromClient = this.#chance.whole(0, 900)
    if (this.#fault === 'cut-out') wire.cutFromServer = this.#chance.whole(0, 400)
    if (this.#fault === 'drip') wire.piece = this.#chance.whole(1, 60)
    return wire
  }

  accept(socket: SimulatedSocket): void {
    new Conversation(this, socket, this.#fault, this.#time, this.#chance, this.#journal).start()
  }
}
