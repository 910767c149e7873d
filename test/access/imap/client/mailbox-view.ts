/**
 * A mailbox as a client knows it that believes every response and nothing else; what it must not be told throws.
 *
 * Standards: RFC 9051 §2.3.1 (UIDs ascend, numbers have no gaps), §5.2, §7.4–7.5, RFC 7162 §3.1.3, §3.2.4, §3.2.10, §6,
 * RFC 9586 §3.
 */
import type { Ranges } from './cursor.ts'
import type { Fetched } from './fetch-response.ts'
import type { Response } from './response.ts'

/** The command in progress, as far as it says what may be told. */
export interface InProgress {
  readonly tag: string
  /** EXPUNGE and VANISHED may not come: RFC 9051 §7.5.1. */
  readonly byNumber: boolean
  /** The items asked for, when FETCH responses are its answer. */
  readonly fetches?: ReadonlySet<string>
  /** VANISHED (EARLIER) may come. */
  readonly earlier?: boolean
}

export interface Modes {
  condstore: boolean
  vanished: boolean
  uidOnly: boolean
  /**
   * What NOTIFY asked for last. With selected-delayed all but EXPUNGE may be told at any time, with selected EXPUNGE too, with
   * none nothing that the client has not done itself (RFC 5465 §6.1).
   */
  news: 'usual' | 'none' | 'delayed' | 'immediate'
}

/** What is known of a message; its UID may not be. */
export interface Known {
  uid: number | undefined
  /** In lower case, sorted. */
  flags: string | undefined
  modSeq: number
}

export class MailboxView {
  readonly #modes: Modes
  /** By sequence number, without UIDONLY. */
  #slots: Known[] = []
  /** With UIDONLY there is only a number of messages, and those that have been told. */
  #exists = 0
  #opened = false
  readonly #byUid = new Map<number, Known>()
  uidNext = 1
  #highest = 0
  /** Of the FETCH responses since the last tagged one. */
  #seen = 0
  #told: number | undefined

  constructor(modes: Modes) {
    this.#modes = modes
  }

  get exists(): number {
    return this.#exists
  }

  /** Up to which mod-sequence this client knows everything (RFC 7162 §6). */
  get highestModSeq(): number {
    return this.#highest
  }

  /** Sequence numbers whose UIDs or flags were never told. */
  unknown(): number[] {
    return this.#slots.flatMap(({ uid, flags }, index) => (uid === undefined || flags === undefined ? [index + 1] : []))
  }

  /** The messages are known, but not what became of them. */
  forgetFlags(): void {
    for (const message of [...this.#slots, ...this.#byUid.values()])
      Object.assign(message, { flags: undefined, modSeq: 0 })
  }

  /** What is known, ascending. */
  messages(): Known[] {
    if (!this.#modes.uidOnly) return this.#slots
    return [...this.#byUid.values()].sort((a, b) => (a.uid ?? 0) - (b.uid ?? 0))
  }

  /** A cache of an earlier session, before SELECT (QRESYNC …). */
  remember(messages: readonly Known[]): void {
    this.#slots = messages.map((message) => ({ ...message }))
    for (const message of this.#slots) this.#byUid.set(message.uid as number, message)
    this.#exists = this.#slots.length
  }

  /** The first EXISTS of a SELECT: how many there are, of whom some may be remembered. */
  #open(exists: number): void {
    this.#opened = true
    this.#exists = exists
    if (this.#slots.length === 0) this.#slots = Array.from({ length: exists }, unknown)
  }

  /** What a SELECT (QRESYNC …) told was all there is to tell: the cache must now be the mailbox. */
  resynchronised(): void {
    if (!this.#modes.uidOnly && this.#slots.length !== this.#exists) {
      throw new Error(`${this.#exists} messages are there, ${this.#slots.length} are known after resynchronisation`)
    }
  }

  /** An untagged response. `selecting`: it belongs to a SELECT, and numbers speak of the whole mailbox. */
  apply(response: Response, command: InProgress | undefined, selecting: boolean): void {
    switch (response.kind) {
      case 'exists':
        return selecting && !this.#opened ? this.#open(response.number) : this.#grow(response.number)
      case 'expunge':
        return this.#expunge(response.number, command)
      case 'vanished':
        return this.#vanish(response.uids, response.earlier, command, selecting)
      case 'fetch':
        return this.#fetch(response, command, selecting)
      case 'status':
        if (response.code?.name === 'HIGHESTMODSEQ') this.#told = response.code.number
        if (response.code?.name === 'UIDNEXT') this.uidNext = response.code.number as number
        return
      case 'search':
      case 'sort':
      case 'esearch':
      case 'thread':
      case 'continue':
      case 'recent':
      case 'data':
    }
  }

  /** A tagged response: the mod-sequences it seals (RFC 7162 §6). */
  answered(highest?: number): void {
    const told = highest ?? this.#told
    if (told !== undefined) this.#highest = told
    else if (this.#modes.news !== 'none') this.#highest = Math.max(this.#highest, this.#seen)
    this.#told = undefined
    this.#seen = 0
  }

  /** STORE .SILENT was answered OK: what the client knows without being told (RFC 9051 §6.4.6). */
  stored(messages: readonly Known[], action: '+' | '-' | '', flags: readonly string[]): void {
    for (const message of messages) {
      if (message.flags === undefined) continue
      const now = new Set(action === '' ? [] : message.flags.split(' ').filter(Boolean))
      for (const flag of flags) {
        if (action === '-') now.delete(flag)
        else now.add(flag)
      }
      message.flags = canonical([...now])
    }
  }

  #grow(exists: number): void {
    if (exists < this.#exists) throw new Error(`EXISTS ${exists} after ${this.#exists} (RFC 9051 §7.4.1)`)
    if (!this.#modes.uidOnly) while (this.#slots.length < exists) this.#slots.push(unknown())
    this.#exists = exists
  }

  #expunge(number: number, command: InProgress | undefined): void {
    if (this.#modes.vanished) throw new Error('EXPUNGE in place of VANISHED')
    this.#mayTell(command, `EXPUNGE ${number}`)
    if (number > this.#exists) throw new Error(`EXPUNGE ${number} of ${this.#exists}`)
    const [gone] = this.#slots.splice(number - 1, 1)
    if (gone?.uid !== undefined) this.#byUid.delete(gone.uid)
    this.#exists--
  }

  #mayTell(command: InProgress | undefined, what: string): void {
    if (this.#modes.news === 'immediate') return
    if (command === undefined) throw new Error(`${what} with no command in progress (RFC 9051 §7.5.1)`)
    if (command.byNumber)
      throw new Error(`${what} in answer to ${command.tag}, which speaks in numbers (RFC 9051 §7.5.1)`)
  }

  #vanish(uids: Ranges, earlier: boolean, command: InProgress | undefined, selecting: boolean): void {
    if (!this.#modes.vanished) throw new Error('VANISHED to a client without QRESYNC')
    if (earlier && command?.earlier !== true) throw new Error('VANISHED (EARLIER) that nobody asked for')
    if (!earlier) this.#mayTell(command, 'VANISHED')
    for (const [first, last] of uids) {
      if (first > last) throw new Error('VANISHED with a range that descends')
      if (earlier) this.#vanishEarlier(first, last, selecting)
      else for (let uid = first; uid <= last; uid++) this.#remove(uid)
    }
  }

  /** Counts for nothing but a cache; within a session, a message that is gone is told again by VANISHED. */
  #vanishEarlier(first: number, last: number, selecting: boolean): void {
    if (!selecting) return
    for (const uid of this.#byUid.keys()) if (uid >= first && uid <= last) this.#forget(uid)
  }

  /** Every UID of a VANISHED is one message less (RFC 7162 §3.2.10.2). */
  #remove(uid: number): void {
    if (this.#exists === 0) throw new Error(`VANISHED ${uid} of an empty mailbox`)
    if (this.#byUid.has(uid)) this.#forget(uid)
    else if (!this.#modes.uidOnly) this.#removeUnnamed(uid)
    this.#exists--
  }

  #forget(uid: number): void {
    this.#byUid.delete(uid)
    const at = this.#slots.findIndex((slot) => slot.uid === uid)
    if (at >= 0) this.#slots.splice(at, 1)
  }

  /** One of several without a UID: what is known of them by number belongs to nobody then. */
  #removeUnnamed(uid: number): void {
    const at = this.#gapFor(uid)
    for (let near = at; near >= 0 && this.#slots[near]?.uid === undefined; near--) this.#slots[near] = unknown()
    this.#slots.splice(at, 1)
  }

  /** Where a message stands whose UID was not told yet: between its neighbours. */
  #gapFor(uid: number): number {
    const above = this.#slots.findIndex((slot) => slot.uid !== undefined && slot.uid > uid)
    const at = (above === -1 ? this.#slots.length : above) - 1
    if (at < 0 || this.#slots[at]?.uid !== undefined) throw new Error(`VANISHED ${uid}, which was never there`)
    return at
  }

  #fetch(fetched: Fetched, command: InProgress | undefined, selecting: boolean): void {
    if (fetched.uidOnly !== this.#modes.uidOnly) throw new Error('FETCH and UIDFETCH mixed up (RFC 9586 §3.3)')
    this.#complete(fetched, command)
    const message = fetched.uidOnly ? this.#byItsUid(fetched.number) : this.#numbered(fetched, selecting)
    if (fetched.flags !== undefined) message.flags = canonical(fetched.flags)
    if (fetched.modSeq === undefined) return
    if (fetched.modSeq < message.modSeq) {
      throw new Error(`UID ${message.uid}: MODSEQ ${fetched.modSeq} after ${message.modSeq} (RFC 7162 §3.1)`)
    }
    message.modSeq = fetched.modSeq
    this.#seen = Math.max(this.#seen, fetched.modSeq)
  }

  /** RFC 7162 §3.2.4: news have UID and MODSEQ once CONDSTORE is on. */
  #complete({ uid, modSeq, uidOnly, flags }: Fetched, command: InProgress | undefined): void {
    const live = this.#modes.news === 'delayed' || this.#modes.news === 'immediate'
    if (command === undefined && !live) throw new Error('FETCH with no command in progress')
    if (!this.#modes.condstore) return
    // An answer to FETCH has what was asked for; flags that nobody asked for are news: \Seen was set by it.
    if (command?.fetches !== undefined && (flags === undefined || command.fetches.has('FLAGS'))) return
    if (modSeq === undefined) throw new Error('a FETCH of news without MODSEQ (RFC 7162 §3.2.4)')
    if (!uidOnly && uid === undefined) throw new Error('a FETCH of news without UID (RFC 7162 §3.2.4)')
  }

  #byItsUid(uid: number): Known {
    let message = this.#byUid.get(uid)
    if (message === undefined) this.#byUid.set(uid, (message = { ...unknown(), uid }))
    if (this.#byUid.size > this.#exists) throw new Error(`more UIDs than the ${this.#exists} messages that exist`)
    return message
  }

  #numbered({ number, uid }: Fetched, selecting: boolean): Known {
    if (number > this.#exists) throw new Error(`FETCH of message ${number} of ${this.#exists}`)
    // Numbers speak of the mailbox as it is now; what came since is put in its place.
    if (selecting) while (this.#slots.length < number) this.#slots.push(unknown())
    const message = this.#slots[number - 1] as Known
    if (uid === undefined || uid === message.uid) return message
    if (message.uid !== undefined) throw new Error(`message ${number} is UID ${message.uid}, not ${uid}`)
    const before = this.#slots.slice(0, number - 1).findLast((slot) => slot.uid !== undefined)
    const behind = this.#slots.slice(number).find((slot) => slot.uid !== undefined)
    if ((before?.uid ?? 0) >= uid || (behind?.uid ?? Infinity) <= uid) {
      throw new Error(`UID ${uid} between ${before?.uid} and ${behind?.uid} (RFC 9051 §2.3.1.1)`)
    }
    message.uid = uid
    this.#byUid.set(uid, message)
    return message
  }
}

export function canonical(flags: readonly string[]): string {
  return flags
    .map((flag) => flag.toLowerCase())
    .toSorted()
    .join(' ')
}

function unknown(): Known {
  return { uid: undefined, flags: undefined, modSeq: 0 }
}
