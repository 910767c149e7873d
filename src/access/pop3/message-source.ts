/**
 * The octets of messages, in pieces; small ones that a client takes one after the other are read many at once.
 *
 * A client that has not said UTF8 gets surrogates of messages that have more than ASCII in their headers (RFC 6856 §2.1,
 * RFC 6858).
 *
 * Limits: `readAhead` octets are held between commands, for a client that asks for one message at a time.
 */
import type { EmailId, MailStore } from '../../mailbox/index.ts'
import { decodeParts, headerExtents, Surrogate } from '../../format/index.ts'
import type { MultiLine } from '../../protocol/pop3/index.ts'
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
  /** The emails that are not sent as they are. */
  readonly #surrogates: { has(email: EmailId): boolean }
  #held: ReadonlyMap<EmailId, Uint8Array> = new Map()
  /** The message that a client going through all of them would ask for now. */
  #expected = 1

  constructor(store: MailStore, maildrop: Maildrop, options: { readonly readAhead: number; readonly utf8: boolean }) {
    this.#store = store
    this.#maildrop = maildrop
    this.#readAhead = options.readAhead
    this.#surrogates = options.utf8 ? new Set() : store.surrogateSizes()
  }

  /** Takes the octets of a message, and gives to `text` what this client may see of them. */
  writer(number: number, text: MultiLine): { push(piece: Uint8Array): void } {
    const email = this.#maildrop.email(number)
    const parts = this.#surrogates.has(email) ? this.#store.email(email)?.parts : undefined
    if (parts === undefined) return text
    return new Surrogate(headerExtents(decodeParts(parts)), (bytes) => text.push(bytes))
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
