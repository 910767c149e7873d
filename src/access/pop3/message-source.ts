/**
 * The octets of messages, in pieces; small ones that a client takes one after the other are read many at once.
 *
 * Limits: `readAhead` octets are held between commands, for a client that asks for one message at a time.
 */
import type { EmailId, MailStore } from '../../mailbox/index.ts'
import type { Maildrop } from './maildrop.ts'

/** Octets of a large message read at once. */
const stride = 1024 * 1024
/** A message above this is read alone. */
const smallMessage = 512 * 1024
/** The first octets read for TOP: most headers are in them. */
const firstOctets = 32 * 1024

export class MessageSource {
  readonly #store: MailStore
  readonly #maildrop: Maildrop
  readonly #readAhead: number
  #held: ReadonlyMap<EmailId, Uint8Array> = new Map()
  /** The message that a client going through all of them would ask for now. */
  #expected = 1

  constructor(store: MailStore, maildrop: Maildrop, readAhead: number) {
    this.#store = store
    this.#maildrop = maildrop
    this.#readAhead = readAhead
  }

  /**
   * The message in consecutive pieces. `whole`: all of it will be wanted. Ends early when the message is destroyed
   * meanwhile. Throws `unavailable` when the blob store fails.
   */
  async *pieces(number: number, whole: boolean): AsyncGenerator<Uint8Array> {
    const email = this.#maildrop.email(number)
    const size = this.#maildrop.storedSize(number)
    if (size === 0) return
    const small = whole ? this.small(number) : undefined
    if (small !== undefined) {
      yield small
      return
    }
    const store = this.#store
    for (let at = 0, length = whole ? stride : firstOctets; at < size; length = stride) {
      const end = Math.min(size, at + length)
      const piece = await store.reading(() => store.slice(email, at, end))
      if (piece === undefined) return
      yield piece
      at = end
    }
  }

  /** Lets go of what was read ahead. */
  clear(): void {
    this.#held = new Map()
  }

  /** All of a small message; undefined for a large one, and when it is destroyed. Reads those behind it along. */
  small(number: number): Uint8Array | undefined {
    if (this.#maildrop.storedSize(number) > smallMessage) return undefined
    const email = this.#maildrop.email(number)
    const inOrder = number === this.#expected
    this.#expected = number + 1
    const held = this.#held.get(email)
    if (held !== undefined) return held
    const wanted = inOrder ? this.#next(number) : [email]
    this.#held = this.#store.inlineMessages(wanted)
    return this.#held.get(email)
  }

  /** This message and those behind it that fit. */
  #next(number: number): EmailId[] {
    const maildrop = this.#maildrop
    const emails: EmailId[] = []
    let octets = 0
    for (let next = number; next <= maildrop.length; next++) {
      if (maildrop.isMarked(next)) continue
      const size = maildrop.storedSize(next)
      if (size > smallMessage) continue
      octets += size
      if (next > number && octets > this.#readAhead) break
      emails.push(maildrop.email(next))
    }
    return emails
  }
}
