/**
 * Answers that are sent before they are asked for: a client that takes one message after the other, and waits for each,
 * would pay a journey from the bridge to the object and back for every one.
 *
 * The bridge keeps them with the commands that they answer, and gives one out when the client says exactly that command
 * and nothing else before it. It may, since RETR changes nothing here. What the client says otherwise, the bridge forwards,
 * and forgets what it kept; `after` tells both whether they speak of the same moment.
 *
 * Standards: RFC 1939 §5 (RETR). Limits: `octets` are under way or kept by the bridge at most, but for one message.
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

export class ReadAhead {
  readonly #maildrop: Maildrop
  readonly #source: MessageSource
  readonly #octets: number
  /** Octets of the answers that the bridge has, oldest first. */
  #kept: number[] = []
  #keptOctets = 0
  /** The message that was retrieved last, or will be when the client has taken all that is kept. */
  #last = 0
  /** Offers made in a row. */
  #offers = 0
  /** How many were retrieved in order. */
  #inOrder = 0
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
    this.#inOrder = number === this.#maildrop.after(this.#last) ? this.#inOrder + 1 : 1
    this.#last = number
  }

  /** The client does something else than go through its messages. */
  interrupted(): void {
    this.#inOrder = 0
  }

  /** The client has said something that was forwarded: the bridge has forgotten what it kept. Gives the octets of that. */
  forgotten(): number {
    const octets = this.#keptOctets
    if (this.#kept.length > 0) {
      this.#unwanted = !this.#anyTaken
      this.#inOrder = 0
      this.#offers = 0
    }
    this.#anyTaken = false
    this.#kept = []
    this.#keptOctets = 0
    return octets
  }

  /** The bridge has given out this many. */
  taken(count: number): void {
    for (const octets of this.#kept.splice(0, count)) this.#keptOctets -= octets
    this.#anyTaken = true
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
    let total = 0
    for (let number = this.#maildrop.after(this.#last); number > 0; number = this.#maildrop.after(number)) {
      const raw = this.#keptOctets < most ? this.#source.small(number) : undefined
      if (raw === undefined) break
      const before = total
      const add = (bytes: Uint8Array): void => {
        pieces.push(bytes)
        total += bytes.length
      }
      add(fromLatin1(`+OK ${this.#maildrop.octets(number)} octets\r\n`))
      const text = new MultiLine(add)
      text.push(raw)
      text.end()
      answers.push([`RETR ${number}\r\n`, total - before])
      this.#kept.push(total - before)
      this.#keptOctets += total - before
      this.#last = number
    }
    return answers.length === 0 ? undefined : { answers, bytes: joined(pieces, total) }
  }
}

function joined(pieces: readonly Uint8Array[], total: number): Uint8Array {
  const bytes = new Uint8Array(total)
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}
