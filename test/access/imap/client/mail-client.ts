/**
 * A mail client driven by chance: it sends legal commands, believes what it is told, and complains about everything that
 * the standards do not allow.
 *
 * It knows no network: what it says goes to `send`, what it hears comes to `receive`.
 */
import { canonical, MailboxView, type Known, type Modes } from './mailbox-view.ts'
import { FollowedSearch } from './followed-search.ts'
import { learn, notify, randomCommand, type Command, type NewsWish, type Situation } from './random-command.ts'
import type { Random } from './random.ts'
import { ResponseStream } from './response-stream.ts'
import type { Ranges } from './cursor.ts'
import type { Response, StatusResponse } from './response.ts'
import type { ExtendedSearch } from './search-response.ts'

/** What a client enables before it selects INBOX; nothing: IMAP4rev1. */
export const dialects = [
  '',
  'IMAP4rev2',
  'CONDSTORE',
  'QRESYNC',
  'QRESYNC IMAP4rev2',
  'UIDONLY',
  'UIDONLY QRESYNC',
] as const

interface Cache {
  readonly uidValidity: number
  readonly modSeq: number
  readonly messages: readonly Known[]
}

interface Sent extends Command {
  /** Nothing may be sent behind it before it is answered: it opens or closes the mailbox. */
  readonly alone?: boolean
  readonly selects?: { readonly cached: boolean; readonly readOnly: boolean }
}

export class MailClient {
  readonly #dialect: string
  readonly modes: Modes
  readonly #random: Random
  readonly #send: (text: string) => void
  readonly #stream = new ResponseStream()
  readonly #outstanding: Sent[] = []
  /** Everything said and heard, for whoever has to find out. */
  readonly transcript: string[] = []
  #tags = 0
  #view: MailboxView
  /** Of the mailbox to come, while news may still be of the one before. */
  #opening: MailboxView | undefined
  #selected = false
  #readOnly = false
  #uidValidity = 0
  #idling: 'no' | 'asked' | 'yes' = 'no'
  #cache: Cache | undefined
  /** By the tag of the SEARCH. */
  readonly #followed = new Map<string, FollowedSearch>()
  #told = false
  closed = false

  constructor(dialect: string, random: Random, send: (text: string) => void) {
    this.#dialect = dialect
    this.#random = random
    this.#send = send
    this.modes = { condstore: false, vanished: false, uidOnly: false, news: 'usual' }
    this.#view = new MailboxView(this.modes)
  }

  /** Nothing is unanswered. */
  get quiet(): boolean {
    return this.#outstanding.length === 0
  }

  /** In IDLE, with nothing to be answered before DONE. */
  get waiting(): boolean {
    return this.#idling === 'yes'
  }

  get view(): MailboxView {
    return this.#view
  }

  /** ENABLE, and SELECT. With what a client before it had cached, when that was resynchronisable. */
  begin(cache?: Cache): void {
    this.#cache = cache
    const extensions = this.#dialect
    if (extensions !== '') {
      this.#say({
        text: `ENABLE ${extensions}\r\n`,
        byNumber: false,
        done: () => {
          this.modes.condstore = /CONDSTORE|QRESYNC/.test(extensions)
          this.modes.vanished = /QRESYNC|UIDONLY/.test(extensions)
          this.modes.uidOnly = extensions.includes('UIDONLY')
          this.#stream.utf8 = extensions.includes('IMAP4rev2')
          this.#notify()
        },
      })
    } else this.#notify()
  }

  /** Some want to hear of everything at once; all then select. */
  #notify(): void {
    if (this.#random.chance(0.3)) this.hearNews()
    this.#select(false)
  }

  /** Asks to be told what happens in the selected mailbox, if it has asked for something else before. */
  hearNews(): void {
    if (this.modes.news === 'delayed') return
    const draft = notify({ ...this.#situation(), pipelined: false }, 'delayed')
    if (draft !== undefined) this.#say({ ...draft, alone: true })
  }

  /** One thing that a client might do now. */
  step(): void {
    if (this.closed || this.#idling === 'asked') return
    if (this.#idling === 'yes') return this.done()
    if (!this.quiet && (this.#outstanding.length > 2 || this.#outstanding.some(({ alone }) => alone))) return
    const random = this.#random
    if (this.quiet && !this.#selected) return this.#select(random.chance(0.2))
    if (!this.#selected) return
    if (this.quiet && random.chance(0.08)) return this.idle()
    if (this.quiet && random.chance(0.03)) return this.#leave()
    const draft = randomCommand(this.#situation())
    this.#say({ ...draft, ...(draft.notifies !== undefined && { alone: true }) })
  }

  /** Asks for what it does not know yet; false when there is nothing to ask. */
  catchUp(): boolean {
    const draft = learn(this.#situation())
    if (draft === undefined) return false
    this.#say(draft)
    return true
  }

  noop(): void {
    this.#say({ text: 'NOOP\r\n', byNumber: false })
  }

  idle(): void {
    this.#idling = 'asked'
    this.#say({ text: 'IDLE\r\n', byNumber: false })
  }

  done(): void {
    if (this.#idling !== 'yes') return
    this.#idling = 'asked'
    this.#write('DONE\r\n')
  }

  /** What it has cached when the connection breaks: as much as the last answer has sealed. */
  get cache(): Cache | undefined {
    const sealed = this.quiet && this.#selected && this.modes.news !== 'none'
    return sealed && this.#view.unknown().length === 0 ? this.#cached() : undefined
  }

  #cached(): Cache {
    const messages = this.#view.messages().map((message) => ({ ...message }))
    return { uidValidity: this.#uidValidity, modSeq: this.#view.highestModSeq, messages }
  }

  get selected(): boolean {
    return this.#selected
  }

  #situation(): Situation {
    return {
      random: this.#random,
      modes: this.modes,
      view: this.#view,
      readOnly: this.#readOnly,
      pipelined: !this.quiet,
      followed: [...this.#followed.keys()],
    }
  }

  #leave(): void {
    const cache = this.modes.vanished && this.modes.condstore ? this.cache : undefined
    const verb = this.#random.pick(['UNSELECT', 'CLOSE', 'SELECT'])
    // CLOSE may expunge: what it took out is in nobody's cache, and told at the next SELECT.
    this.#cache = cache
    if (verb === 'SELECT') return this.#select(this.#random.chance(0.2))
    this.#say({ text: `${verb}\r\n`, byNumber: false, alone: true, done: () => this.#closed() })
  }

  #closed(): void {
    this.#selected = false
    this.#followed.clear()
  }

  #select(readOnly: boolean): void {
    const cache = this.#cache
    this.#cache = undefined
    const cached = cache !== undefined && cache.modSeq > 0 && this.modes.vanished && this.modes.condstore
    const parameter = cached ? ` (QRESYNC (${cache.uidValidity} ${cache.modSeq}))` : ''
    this.#say({
      alone: true,
      text: `${readOnly ? 'EXAMINE' : 'SELECT'} INBOX${parameter}\r\n`,
      byNumber: false,
      earlier: cached,
      selects: { cached, readOnly },
      done: ({ status }) => {
        if (status !== 'OK') throw new Error('INBOX cannot be selected')
        this.#selected = true
        this.#readOnly = readOnly
        if (cached) this.#view.resynchronised()
      },
    })
    this.#opening = new MailboxView(this.modes)
    if (cached) this.#opening.remember(cache.messages)
    if (!this.#selected) this.#turn()
  }

  /** From here on responses are about the mailbox that is being opened: CLOSED has said so (RFC 7162 §3.2.11). */
  #turn(): void {
    this.#followed.clear()
    this.#view = this.#opening ?? this.#view
    this.#opening = undefined
  }

  #say(draft: Omit<Sent, 'tag'>): void {
    const tag = `t${++this.#tags}`
    this.#outstanding.push({ ...draft, tag })
    this.#write(`${tag} ${draft.text}`)
  }

  #write(text: string): void {
    this.transcript.push(`C: ${text}`)
    this.#send(text)
  }

  /** Latin1 of octets from the server, in any pieces. Throws for what may not be. */
  receive(text: string): void {
    if (text === '') return
    this.transcript.push(`S: ${text}`)
    this.#stream.receive(text)
    for (const response of this.#stream.all()) this.#hear(response)
  }

  #hear(response: Response): void {
    const command = this.#outstanding[0]
    if (response.kind === 'status' && response.tag !== undefined) return this.#answered(response)
    if (response.kind === 'continue') {
      if (this.#idling !== 'asked') throw new Error('a continuation that nobody waits for')
      this.#idling = 'yes'
      return
    }
    if (response.kind === 'status' && response.status === 'BYE') {
      this.closed = true
      throw new Error('BYE')
    }
    if (response.kind === 'status') {
      const { code } = response
      if (code?.name === 'CLOSED') this.#turn()
      if (code?.name === 'UIDVALIDITY') this.#uidValidity = code.number as number
      if (code?.name === 'HIGHESTMODSEQ') this.#told = true
      // RFC 5465 §5.8: as if it had said NOTIFY NONE.
      if (code?.name === 'NOTIFICATIONOVERFLOW') this.modes.news = 'none'
      if (code?.name === 'NOUPDATE') this.#followed.delete(code.tag ?? '')
    }
    this.#checkNumbers(response, command)
    this.#view.apply(response, command, command?.selects !== undefined && this.#opening === undefined)
  }

  #checkNumbers(response: Response, command: Sent | undefined): void {
    const { exists } = this.#view
    if (response.kind === 'search' || response.kind === 'sort' || response.kind === 'thread') {
      if (command?.uid !== true) within([response.numbers.map((number) => [number, number] as const)], exists)
      if (response.kind === 'search' && response.numbers.some((number, at, all) => number <= (all[at - 1] ?? 0))) {
        throw new Error('SEARCH results that do not ascend')
      }
    }
    if (response.kind !== 'esearch') return
    if (response.updates.length > 0) return this.#updated(response)
    if (response.tag !== command?.tag) throw new Error(`ESEARCH for ${response.tag} in answer to ${command?.tag}`)
    if (response.uid !== (command?.uid === true)) throw new Error('UIDs and numbers mixed up')
    if (!response.uid) within(response.sets, exists)
    if (command?.follows === undefined) return
    const followed = new FollowedSearch(command.follows, response.uid)
    followed.apply(response, this.#view)
    this.#followed.set(command.tag, followed)
  }

  #updated(response: ExtendedSearch): void {
    const followed = this.#followed.get(response.tag ?? '')
    if (followed === undefined) throw new Error(`an update of ${response.tag}, which is not followed`)
    if (!response.uid) within(response.sets, this.#view.exists)
    followed.apply(response, this.#view)
  }

  #answered(answer: StatusResponse): void {
    const command = this.#outstanding.shift()
    if (command?.tag !== answer.tag) throw new Error(`${answer.tag} answered before ${command?.tag}`)
    if (answer.status === 'BAD') throw new Error(`BAD to ${command?.text}`)
    const { code } = answer
    if (answer.status === 'NO' && code?.name !== 'EXPUNGEISSUED' && code?.name !== 'MODIFIED') {
      throw new Error(`NO to ${command?.text}`)
    }
    if (command?.text === 'IDLE\r\n') this.#idling = 'no'
    this.#view.answered(code?.name === 'HIGHESTMODSEQ' ? code.number : undefined)
    if (command?.condstore === true && !this.modes.condstore) {
      this.modes.condstore = true
      if (!this.#told) throw new Error(`${command.text} switched CONDSTORE on without HIGHESTMODSEQ (RFC 7162 §3.1)`)
    }
    this.#told = false
    if (command?.notifies !== undefined) this.#listens(command.notifies)
    if (command?.cancels !== undefined) this.#followed.delete(command.cancels)
    command?.done?.(answer)
  }

  #listens(news: NewsWish): void {
    // What changed while it did not want to know, it has to ask for itself.
    if (this.modes.news === 'none' && news !== 'none') this.#view.forgetFlags()
    this.modes.news = news
  }

  /** What differs between what it knows and what is there; empty when nothing does. */
  differences(actual: readonly { uid: number; flags: readonly string[]; modSeq: number }[]): string[] {
    const known = this.#view.messages()
    const found: string[] = []
    if (known.length !== actual.length) found.push(`${known.length} known, ${actual.length} there`)
    for (const [index, there] of actual.entries()) {
      const message = known[index]
      if (message?.uid !== there.uid) found.push(`message ${index + 1}: UID ${message?.uid} for ${there.uid}`)
      else if (message.flags !== canonical(there.flags)) {
        found.push(`UID ${there.uid}: (${message.flags}) for (${canonical(there.flags)})`)
      } else if (this.modes.condstore && message.modSeq > 0 && message.modSeq !== there.modSeq) {
        found.push(`UID ${there.uid}: MODSEQ ${message.modSeq} for ${there.modSeq}`)
      }
    }
    return [...found, ...[...this.#followed.values()].flatMap((followed) => followed.differences(actual))]
  }
}

function within(sets: readonly Ranges[], exists: number): void {
  for (const [first, last] of sets.flat()) {
    if (Math.max(first, last) > exists) throw new Error(`message ${Math.max(first, last)} of ${exists}`)
  }
}
