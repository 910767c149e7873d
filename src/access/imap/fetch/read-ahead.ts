/**
 * Whole messages read a handful at a time: one statement for all of them costs little more than one for each part of one.
 *
 * Limits: no more is held than `maxAhead` octets, and one message beyond.
 */
import type { EmailId, MailboxView } from '../../../mailbox/index.ts'
import type { Context } from '../context.ts'

/** Octets read together; the output's window bounds what follows. */
const maxAhead = 512 * 1024
/** A message above this is read by itself, in strides, unless the reader says otherwise. */
const maxMessage = 256 * 1024
const maxMessages = 64

export class ReadAhead {
  readonly #context: Context
  readonly #sequences: readonly number[]
  readonly #largest: number
  #at = 0
  /** The last message that has been read, or found not to be had this way. */
  #through = 0
  #read: ReadonlyMap<EmailId, Uint8Array> = new Map()

  /** `sequences`: the messages that are going to be asked for, in this order; those above `largest` octets are left out. */
  constructor(context: Context, sequences: readonly number[], largest = maxMessage) {
    this.#context = context
    this.#sequences = sequences
    this.#largest = largest
  }

  /** The octets of a message; undefined when it is not to be had this way. */
  octets(sequence: number, view: MailboxView, row: number): Uint8Array | undefined {
    const email = view.emails[row] as EmailId
    if ((view.sizes[row] as number) > this.#largest) return undefined
    if (sequence > this.#through) this.#fill(sequence, view)
    return this.#read.get(email)
  }

  #fill(sequence: number, view: MailboxView): void {
    const { map } = this.#context.mailbox
    while (this.#at < this.#sequences.length && (this.#sequences[this.#at] as number) < sequence) this.#at++
    const emails: EmailId[] = []
    let octets = 0
    for (; this.#at < this.#sequences.length && emails.length < maxMessages && octets < maxAhead; this.#at++) {
      this.#through = this.#sequences[this.#at] as number
      const row = view.indexOf(map.uidAt(this.#through))
      const size = row < 0 ? Infinity : (view.sizes[row] as number)
      if (size > this.#largest) continue
      emails.push(view.emails[row] as EmailId)
      octets += size
    }
    this.#read = this.#context.store.inlineMessages(emails)
  }
}
