/**
 * What those are owed who watch what people of facteur.test send: they hear of each message that was taken once, of each try
 * in its order and of the end of each recipient, and of nothing else.
 *
 * It is said here in words of its own, from what senders were told, what receivers heard, and what queues of webhooks have on
 * disk. What became of the recipients the main ledger knows.
 */
import type { AddressBook } from './addresses.ts'
import { copiesIn, inShort, isEnd, missingTry, type SeenEvent, tokenOfEvent } from './watch-event.ts'
import type { Fate } from './legs.ts'
import type { MessagePlan } from './sender.ts'
import { Violation } from './violation.ts'
import { WatchedMessage } from './watched-message.ts'
import type { Watchers } from './watchers.ts'

export interface WatchLedgerPorts {
  watchers: Watchers
  book: AddressBook
  /** There is no town. */
  isQuiet: boolean
  /** Doubts of the main ledger, each of which excuses one more copy. */
  excuses(token: string): readonly string[]
  fates: { fate(token: string, address: string): Fate }
  note(line: string): void
}

interface Queued {
  hook: string
  event: SeenEvent
}

export class WatchLedger {
  readonly #ports: WatchLedgerPorts
  readonly #messages = new Map<string, WatchedMessage>()
  /** By id, what it says: the same to everybody, each time. */
  readonly #said = new Map<string, string>()
  /** By webhook and id. */
  readonly #queued = new Map<string, Queued>()
  readonly #heard = new Set<string>()
  /** Those that the operator has deleted, and those that were put aside as undeliverable. */
  readonly #aside = new Set<string>()
  /** Tokens and recipients of whom somebody decided that nobody hears any more. */
  readonly #forgiven = new Set<string>()
  /** Entries. */
  readonly #dropped = new Set<string>()
  /** Takings of which it was said that not all could be told. */
  readonly #givenUp = new Set<string>()

  constructor(ports: WatchLedgerPorts) {
    this.#ports = ports
  }

  /** One of our people begins to send. */
  sent(message: MessagePlan): void {
    this.#messages.set(message.token, new WatchedMessage(message))
  }

  /** Its sender was told that these are taken, by this line. */
  taken(token: string, addresses: readonly string[], line: string): void {
    const id = /taken as (\S+)/.exec(line)?.[1]
    const message = this.#messages.get(token)
    if (message === undefined) return
    if (id === undefined) throw new Violation(`${token} is taken without a name: ${line}`)
    message.told.push({ id, addresses })
  }

  knows(id: string): boolean {
    return this.#said.has(id)
  }

  /** The queue of a webhook has it on disk. */
  queued(hook: string, event: SeenEvent, status: string): void {
    const key = `${hook} ${event.id}`
    this.#say(event)
    this.#queued.set(key, { hook, event })
    if (status === 'frozen') this.#putAside(hook, event)
  }

  /** The operator has deleted it. */
  deleted(hook: string, event: SeenEvent): void {
    this.#putAside(hook, event)
  }

  /** The operator has deleted mail: what was over already, and what is deleted once more, nobody hears of. */
  dropped(token: string, entry: string, news: readonly string[]): void {
    const recipients = this.#dropped.has(entry) ? (this.#messages.get(token)?.plan.recipients ?? []) : []
    this.#dropped.add(entry)
    this.forgiven(token, [...news, ...recipients.map(({ address }) => address)])
  }

  /** The queue gave up to tell of those, and said so. */
  forgiven(token: string, addresses: readonly string[]): void {
    for (const address of addresses) this.#forgiven.add(`${token} ${address}`)
  }

  /** Neither a queue of ours nor that of a webhook could take what became of it, and that was said. */
  gaveUp(taking: string): void {
    this.#givenUp.add(taking)
  }

  /** The receiver has it, whether that is heard or not. */
  heard(hook: string, event: SeenEvent): void {
    const { id, type, data } = event
    this.#ports.note(`told: ${hook} of ${type} ${data.recipient ?? ''} ${data.attempts ?? ''} of ${data.id} as ${id}`)
    const message = this.#say(event)
    const kind = type.slice('message.'.length)
    const watched = this.#ports.watchers[hook]?.events as readonly string[] | undefined
    if (watched?.includes(kind) !== true) throw new Violation(`${hook} hears of ${type}, which it does not watch`)
    const key = `${hook} ${id}`
    if (this.#heard.has(key)) return
    this.#heard.add(key)
    const first = message.hears(hook, event, this.#aside.has(key))
    const mayAccept = watched.includes('accepted')
    if (mayAccept && first !== undefined) throw new Violation(`${hook} hears ${first}`)
    this.#checkTimes(message, hook)
  }

  /** At the end. */
  check(): void {
    for (const [key, { hook, event }] of this.#queued) {
      if (!this.#heard.has(key) && !this.#aside.has(key))
        throw new Violation(`${hook} never hears ${event.type} of ${event.data.id}, which was in its queue`)
    }
    for (const message of this.#messages.values()) {
      for (const hook of Object.keys(this.#ports.watchers)) this.#checkMessage(message, hook)
    }
  }

  /** Who sent it, and that it says what it has said before under this id. */
  #say(event: SeenEvent): WatchedMessage {
    const { id, type, data } = event
    const message = this.#messages.get(tokenOfEvent(event))
    if (message?.isFrom(event) !== true) throw new Violation(`${type} of ${data.id}, which nobody here has sent`)
    const words = JSON.stringify([type, data])
    const known = this.#said.get(id)
    if (known !== undefined && known !== words) throw new Violation(`${id} says ${words}, and has said ${known}`)
    this.#said.set(id, words)
    return message
  }

  #putAside(hook: string, event: SeenEvent): void {
    this.#aside.add(`${hook} ${event.id}`)
    this.#say(event).aside(hook, event)
  }

  /** Not more often than its sender had it taken, or cannot know; one end for each place. */
  #checkTimes(message: WatchedMessage, hook: string): void {
    const { token } = message.plan
    const excuses = this.#ports.excuses(token)
    const doubts = excuses.filter((why) => why.startsWith('its sender')).length
    const most = message.plan.door === 'later' ? 1 : message.told.length + doubts
    const ids = message.takings(hook)
    // The sender hears of the last one a little later.
    if (ids.length > most + 1) throw new Violation(`${hook} hears that ${token} is taken as ${ids.join(', ')}`)
    for (const [recipient, events] of message.tries(hook)) {
      const ends = events.filter(isEnd).length
      const places = Math.max(1, this.#ports.book.places(recipient))
      if (ends > places + excuses.length)
        throw new Violation(`${hook} hears ${ends} ends of ${token} for ${recipient}, which has ${places} places`)
      if (!this.#isPlain(recipient)) continue
      if (copiesIn(events) > 1 + excuses.length)
        throw new Violation(
          `${hook} hears of ${token} for ${recipient} in this order: ${events.map(inShort).join(', ')}`,
        )
    }
  }

  #checkMessage(message: WatchedMessage, hook: string): void {
    const { token, door } = message.plan
    const watched: readonly string[] = this.#ports.watchers[hook]?.events ?? []
    const excuses = this.#ports.excuses(token)
    const doubts = excuses.filter((why) => why.startsWith('its sender')).length
    const ids = message.takings(hook)
    if (door !== 'later' && ids.length > message.told.length + doubts)
      throw new Violation(`${hook} hears that ${token} is taken as ${ids.join(', ')}, and nobody was told so`)
    const takings = door === 'later' ? this.#sentLater(message) : message.told
    for (const { id, addresses } of takings) {
      if (watched.includes('accepted') && !ids.some((one) => id === undefined || one.includes(id)))
        throw new Violation(`${hook} never hears that ${token} was taken${id === undefined ? '' : ` as ${id}`}`)
      for (const address of addresses) this.#checkEnd(message, hook, id, address)
    }
  }

  /** One entry of a queue brings it to its end. */
  #isPlain(address: string): boolean {
    return this.#ports.book.isPlain(address, this.#ports.isQuiet)
  }

  #isGivenUp({ plan }: WatchedMessage, id: string | undefined): boolean {
    if (id !== undefined) return this.#givenUp.has(id)
    return this.#ports.excuses(plan.token).length > 0 && this.#givenUp.size > 0
  }

  /** Under which id is not known. */
  #sentLater({ plan }: WatchedMessage): { id: undefined; addresses: readonly string[] }[] {
    const addresses = plan.recipients.map(({ address }) => address)
    const isBack = addresses.every((address) => this.#ports.fates.fate(plan.token, address).returned)
    return isBack ? [] : [{ id: undefined, addresses }]
  }

  #checkEnd(message: WatchedMessage, hook: string, id: string | undefined, address: string): void {
    const { token } = message.plan
    if (this.#forgiven.has(`${token} ${address}`) || this.#isGivenUp(message, id)) return
    const watched: readonly string[] = this.#ports.watchers[hook]?.events ?? []
    const known = message.known(hook, id, address)
    const kinds = new Set(known.filter(isEnd).map(({ type }) => type.slice('message.'.length)))
    const { arrived, failed } = this.#ports.fates.fate(token, address)
    const places = this.#ports.book.places(address)
    const what = `${token} for ${address}${id === undefined ? '' : ` as ${id}`}`
    if (kinds.size === 0 && watched.includes('delivered') && watched.includes('bounced'))
      throw new Violation(`${hook} never hears what became of ${what}`)
    if (kinds.has('delivered') && !arrived && places > 0) throw new Violation(`${hook} hears ${what} is delivered`)
    if (!this.#isPlain(address)) return
    // Who drops what is reported to them has it dropped unseen.
    const isSeen = this.#ports.book.finals(message.plan.from).length > 0
    if (kinds.has('bounced') && !failed && isSeen)
      throw new Violation(`${hook} hears that ${what} has bounced, and it has not`)
    if (arrived && !failed && watched.includes('delivered') && !kinds.has('delivered'))
      throw new Violation(`${hook} never hears that ${what} is delivered`)
    if (failed && !arrived && watched.includes('bounced') && !kinds.has('bounced'))
      throw new Violation(`${hook} never hears that ${what} has bounced`)
    if (!watched.includes('deferred') || this.#ports.excuses(token).length > 0) return
    const missing = missingTry(known)
    if (missing !== undefined) throw new Violation(`${hook} never hears of try ${missing} of ${what}`)
  }
}
