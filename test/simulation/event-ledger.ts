/**
 * What webhooks are owed: they are told of each message that has gone on from an address of which they are to hear, at least
 * once, or it is kept for the operator; the same message has the same id each time, and another one another.
 */
import type { AddressBook } from './addresses.ts'
import { Violation } from './violation.ts'

export interface EventLedgerPorts {
  book: AddressBook
  /** Doubts, each of which excuses one more of what `name` names. */
  excuses(name: string): number
  /** The message has left this address for a place to which it leads. */
  hasGoneOn(token: string, address: string): boolean
  note(line: string): void
}

interface Event {
  token: string
  hook: string
  /** Recipients whose mail it is told of. */
  paths: Set<string>
  /** How many times it may come as something new: recipients that lead there may come apart. */
  most: number
  /** By id, how often its 2xx was heard. */
  proved: Map<string, number>
  ended: boolean
}

export class EventLedger {
  readonly #ports: EventLedgerPorts
  readonly #events = new Map<string, Event>()
  /** By id, what it was of. */
  readonly #tokens = new Map<string, string>()
  #queued = new Set<string>()

  constructor(ports: EventLedgerPorts) {
    this.#ports = ports
  }

  /** It is sent to this address. */
  sent(token: string, address: string): void {
    for (const hook of this.#ports.book.ways(address).hooks) this.#event(token, hook).most++
  }

  /** From now on its webhooks are to hear of it. */
  accepted(token: string, address: string): void {
    for (const hook of this.#ports.book.ways(address).hooks) this.#event(token, hook).paths.add(address)
  }

  /** What is in the queues of webhooks, by message. */
  queued(waiting: Iterable<readonly [token: string, domain: string]>): void {
    this.#queued = new Set()
    for (const [token, domain] of waiting) this.#queued.add(eventName(token, hookOf(domain)))
  }

  /** The receiver has it, whether that is heard or not. */
  took(hook: string, id: string, token: string): void {
    this.#ports.note(`told: ${hook} of ${token} as ${id}`)
    const known = this.#tokens.get(id)
    if (known !== undefined && known !== token) throw new Violation(`${id} is of ${known} and of ${token}`)
    this.#tokens.set(id, token)
    const { proved, most } = this.#event(token, hook)
    const heard = proved.get(id) ?? 0
    proved.set(id, heard)
    const doubts = this.#ports.excuses(token) + this.#ports.excuses(`${token} event`)
    if (proved.size > Math.max(1, most) + doubts)
      throw new Violation(
        `${hook} is told of ${token} as ${[...proved.keys()].join(', ')}, and ${doubts} doubts excuse that`,
      )
    if (heard > this.#ports.excuses(eventName(token, hook)) + doubts)
      throw new Violation(`${hook} has said that it has ${id}, and is told again`)
  }

  /** Its 2xx was heard. */
  proved(hook: string, id: string): void {
    const { proved } = this.#event(this.#tokens.get(id) ?? '', hook)
    proved.set(id, (proved.get(id) ?? 0) + 1)
  }

  /** The operator has dropped it, or the queue has, for whom it was kept. */
  ended(token: string, domain: string): void {
    this.#event(token, hookOf(domain)).ended = true
  }

  check(): void {
    for (const [key, { token, hook, paths, proved, ended }] of this.#events) {
      if (ended || this.#queued.has(key) || [...proved.values()].some((times) => times > 0)) continue
      const gone = [...paths].find((address) => this.#ports.hasGoneOn(token, address))
      if (gone !== undefined) throw new Violation(`${hook} never hears of ${token}, which has gone on from ${gone}`)
    }
  }

  #event(token: string, hook: string): Event {
    const key = eventName(token, hook)
    let event = this.#events.get(key)
    if (event === undefined) {
      event = { token, hook, paths: new Set(), most: 0, proved: new Map(), ended: false }
      this.#events.set(key, event)
    }
    return event
  }
}

const suffix = '.facteur.test.webhook.invalid'

export function isHookQueue(domain: string): boolean {
  return domain.endsWith(suffix)
}

export function hookQueue(hook: string): string {
  return `${hook}${suffix}`
}

/** The webhook whose queue it is. */
export function hookOf(domain: string): string {
  return domain.slice(0, -suffix.length)
}

/** Of what a webhook is told. */
export function eventName(token: string, hook: string): string {
  return `${token} ${hook}`
}
