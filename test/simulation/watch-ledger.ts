/**
 * What those are owed who watch what people of facteur.test send: they hear of each message that was taken once, of each try
 * in its order and of the end of each recipient, and of nothing else.
 *
 * It is said here in words of its own, from what senders were told, what receivers heard, and what queues of webhooks have on
 * disk. What became of the recipients the main ledger knows.
 */
import type { MessagePlan } from './sender.ts'
import { Violation } from './violation.ts'
import type { Watchers } from './watchers.ts'
import { attemptOf, isEnd, type SeenEvent, tokenOfEvent, WatchedMessage } from './watched-message.ts'

/** Where a recipient has come, in the main ledger's words. */
export interface Fate {
  /** At some of its places. */
  arrived: boolean
  /** At some of its places it is reported, deleted or silently over. */
  failed: boolean
  /** It came back to its sender before it went. */
  returned: boolean
}

export interface WatchLedgerPorts {
  watchers: Watchers
  /** One place, one entry: nothing leads it elsewhere. */
  isPlain(address: string): boolean
  /** To how many places it leads. */
  places(address: string): number
  /** Doubts of the main ledger, each of which excuses one more copy. */
  excuses(token: string): readonly string[]
  fate(token: string, address: string): Fate
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

  /** The operator has dropped what was left to tell, or the queue gave that up and said so. */
  forgiven(token: string, addresses: readonly string[]): void {
    for (const address of addresses) this.#forgiven.add(`${token} ${address}`)
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
      const places = Math.max(1, this.#ports.places(recipient))
      if (ends > places + excuses.length)
        throw new Violation(`${hook} hears ${ends} ends of ${token} for ${recipient}, which has ${places} places`)
      if (!this.#ports.isPlain(recipient)) continue
      const back = events.filter((event, at) => at > 0 && !isNext(events[at - 1] as SeenEvent, event)).length
      if (back > excuses.length)
        throw new Violation(`${hook} hears of ${token} for ${recipient} in this order: ${events.map(told).join(', ')}`)
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

  /** Under which id is not known. */
  #sentLater({ plan }: WatchedMessage): { id: undefined; addresses: readonly string[] }[] {
    const addresses = plan.recipients.map(({ address }) => address)
    const isBack = addresses.every((address) => this.#ports.fate(plan.token, address).returned)
    return isBack ? [] : [{ id: undefined, addresses }]
  }

  #checkEnd(message: WatchedMessage, hook: string, id: string | undefined, address: string): void {
    const { token } = message.plan
    if (this.#forgiven.has(`${token} ${address}`)) return
    const watched: readonly string[] = this.#ports.watchers[hook]?.events ?? []
    const known = message.known(hook, id, address)
    const kinds = new Set(known.filter(isEnd).map(({ type }) => type.slice('message.'.length)))
    const { arrived, failed } = this.#ports.fate(token, address)
    const places = this.#ports.places(address)
    const what = `${token} for ${address}${id === undefined ? '' : ` as ${id}`}`
    if (kinds.size === 0 && watched.includes('delivered') && watched.includes('bounced'))
      throw new Violation(`${hook} never hears what became of ${what}`)
    if (kinds.has('delivered') && !arrived && places > 0) throw new Violation(`${hook} hears ${what} is delivered`)
    if (!this.#ports.isPlain(address)) return
    if (kinds.has('bounced') && !failed) throw new Violation(`${hook} hears that ${what} has bounced, and it has not`)
    if (arrived && !failed && watched.includes('delivered') && !kinds.has('delivered'))
      throw new Violation(`${hook} never hears that ${what} is delivered`)
    if (failed && !arrived && watched.includes('bounced') && !kinds.has('bounced'))
      throw new Violation(`${hook} never hears that ${what} has bounced`)
    if (watched.includes('deferred') && this.#ports.excuses(token).length === 0) checkTries(hook, what, known)
  }
}

/** None is left out. */
function checkTries(hook: string, what: string, events: readonly SeenEvent[]): void {
  const attempts = new Set(events.filter((event) => !isEnd(event)).map(attemptOf))
  const last = Math.max(0, ...events.filter(isEnd).map(attemptOf))
  for (let attempt = 1; attempt < last; attempt++) {
    if (!attempts.has(attempt)) throw new Violation(`${hook} never hears of try ${attempt} of ${what}`)
  }
}

/** What the operator deletes ends without another try. */
function isNext(before: SeenEvent, after: SeenEvent): boolean {
  if (isEnd(before)) return false
  const isOver = after.type === 'message.bounced'
  return isOver ? attemptOf(after) >= attemptOf(before) : attemptOf(after) > attemptOf(before)
}

function told({ type, data }: SeenEvent): string {
  return `${type} ${data.attempts}`
}
