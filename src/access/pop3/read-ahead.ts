/**
 * Answers that are sent before they are asked for: a client that takes one message after the other, and waits for each,
 * would pay a journey from the bridge to the object and back for every one.
 *
 * The bridge keeps them with the commands that they answer, and gives one out when the client says exactly that command
 * and nothing else before it. It may, since RETR changes nothing here, and what DELE does can be done when the bridge tells
 * of it, which is before it forwards anything. What the client says otherwise, the bridge forwards, and forgets what it
 * kept; `after` tells both whether they speak of the same moment.
 *
 * Standards: RFC 1939 §5 (RETR, DELE). Limits: `octets` are under way or kept by the bridge at most, but for one message.
 */
import { fromLatin1 } from '../../format/index.ts'
import { MultiLine } from '../../protocol/pop3/index.ts'
import type { Maildrop } from './maildrop.ts'
import type { MessageSource } from './message-source.ts'

/** Octets of the first offer: the client waits for it. */
const firstOffer = 64 * 1024

/** What goes to the bridge: a control message, then the answers one behind the other. */
export interface AheadAnswers {
  /** Each command as the client is expected to write it, with its line end, and how many octets answer it. */
  readonly answers: [command: string, octets: number][]
  readonly bytes: Uint8Array
}

/** An answer that the bridge has. */
interface Kept {
  readonly octets: number
  /** The message that is marked when the answer is given out. */
  readonly marks?: number
}

/** What DELE is answered with. */
export const markedAnswer = (number: number): string => `+OK Message ${number} is marked\r\n`

export class ReadAhead {
  readonly #maildrop: Maildrop
  readonly #source: MessageSource
  readonly #octets: number
  /** Oldest first. */
  #kept: Kept[] = []
  #keptOctets = 0
  /** The message that was retrieved last, or will be when the client has taken all that is kept. */
  #last = 0
  /** What was done with it last; undefined: something else. */
  #lastWas: 'RETR' | 'DELE' | undefined
  /** The client marks each message when it has it. */
  #deletes = false
  /** How many were retrieved in order. */
  #inOrder = 0
  /** Offers made in a row. */
  #offers = 0
  /** The bridge has given out something of what it has or had last. */
  #anyTaken = false
  /** The client took nothing of what was sent ahead: it goes about otherwise, and gets no more. */
  #unwanted = false

  constructor(maildrop: Maildrop, source: MessageSource, octets: number) {
    this.#maildrop = maildrop
    this.#source = source
    this.#octets = octets
  }

  /** The client has been given this message on its command. */
  retrieved(number: number): void {
    const deletes = this.#lastWas === 'DELE'
    const goesOn = this.#lastWas !== undefined && number === this.#maildrop.after(this.#last)
    this.#inOrder = goesOn && deletes === this.#deletes ? this.#inOrder + 1 : 1
    this.#deletes = deletes
    this.#last = number
    this.#lastWas = 'RETR'
  }

  /** The client has marked this message. */
  marked(number: number): void {
    if (this.#lastWas === 'RETR' && number === this.#last) this.#lastWas = 'DELE'
    else this.interrupted()
  }

  /** The client does something else than go through its messages. */
  interrupted(): void {
    this.#inOrder = 0
    this.#lastWas = undefined
  }

  /** The client has said something that was forwarded: the bridge has forgotten what it kept. Gives the octets of that. */
  forgotten(): number {
    const octets = this.#keptOctets
    if (this.#kept.length > 0) {
      this.#unwanted = !this.#anyTaken
      this.#offers = 0
      this.interrupted()
    }
    this.#anyTaken = false
    this.#kept = []
    this.#keptOctets = 0
    return octets
  }

  /** The bridge has given out this many. */
  taken(count: number): void {
    for (const { octets, marks } of this.#kept.splice(0, count)) {
      this.#keptOctets -= octets
      if (marks !== undefined) this.#maildrop.mark(marks)
    }
    this.#anyTaken = true
  }

  /** The bridge has answers that change something here when they are given out. */
  get binding(): boolean {
    return this.#kept.some(({ marks }) => marks !== undefined)
  }

  /** The client goes through its messages, and nothing is kept for it. */
  get wanted(): boolean {
    return !this.#unwanted && this.#inOrder >= 2 && this.#kept.length === 0 && this.#maildrop.after(this.#last) > 0
  }

  /** What to send next, a little at first; undefined when there is nothing, or enough is kept. */
  next(): AheadAnswers | undefined {
    if (this.#unwanted || this.#inOrder < 2) return undefined
    const most = Math.min(this.#octets, firstOffer << Math.min(10, this.#offers++))
    const answers: AheadAnswers['answers'] = []
    const pieces: Uint8Array[] = []
    while (this.#keptOctets < most) {
      const mark = this.#deletes && this.#lastWas === 'RETR'
      const number = mark ? this.#last : this.#maildrop.after(this.#last)
      const answer = mark ? [fromLatin1(markedAnswer(number))] : number === 0 ? undefined : this.#message(number)
      if (answer === undefined) break
      const octets = answer.reduce((sum, piece) => sum + piece.length, 0)
      answers.push([`${mark ? 'DELE' : 'RETR'} ${number}\r\n`, octets])
      for (const piece of answer) pieces.push(piece)
      this.#kept.push(mark ? { octets, marks: number } : { octets })
      this.#keptOctets += octets
      this.#last = number
      this.#lastWas = mark ? 'DELE' : 'RETR'
    }
    return answers.length === 0 ? undefined : { answers, bytes: joined(pieces) }
  }

  /** The answer to RETR; undefined for a large message, or one that is gone. */
  #message(number: number): Uint8Array[] | undefined {
    const raw = this.#source.small(number)
    if (raw === undefined) return undefined
    const pieces = [fromLatin1(`+OK ${this.#maildrop.octets(number)} octets\r\n`)]
    const text = new MultiLine((bytes) => pieces.push(bytes))
    this.#source.writer(number, text).push(raw)
    text.end()
    return pieces
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}
