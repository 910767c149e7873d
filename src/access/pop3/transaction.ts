/**
 * The commands of the TRANSACTION state, over one maildrop.
 *
 * Standards: RFC 1939 §5, §7 (TOP, UIDL); RFC 2449 §5 (CAPA); RFC 6856 §3 (LANG).
 */
import { formatEmailId, type MailStore } from '../../mailbox/index.ts'
import { capabilities, language, MultiLine, Pop3Error, type Pop3Command } from '../../protocol/pop3/index.ts'
import { boundMechanisms, unboundMechanisms } from '../../protocol/sasl/index.ts'
import type { Output } from '../session/index.ts'
import type { Maildrop } from './maildrop.ts'
import type { Pop3SessionFacts } from './session-state.ts'
import { MessageSource } from './message-source.ts'
import { markedAnswer, ReadAhead } from './read-ahead.ts'

/** Lines of a listing between two looks at how much the client has read. */
const linesAtOnce = 1000

/** A message that was promised cannot be finished: nothing but the end of the connection tells the client. */
export class BrokenOff extends Error {}

export interface TransactionParts {
  readonly store: MailStore
  readonly maildrop: Maildrop
  readonly output: Output
  readonly facts: Pop3SessionFacts
  /** Octets, see `Pop3SessionLimits`. */
  readonly readAhead: number
  /** The connection is gone: say no more. */
  readonly isOver: () => boolean
}

export class Transaction {
  readonly maildrop: Maildrop
  readonly readAhead: ReadAhead
  readonly #source: MessageSource
  readonly #parts: TransactionParts

  constructor(parts: TransactionParts) {
    this.maildrop = parts.maildrop
    this.#source = new MessageSource(parts.store, parts.maildrop, {
      readAhead: parts.readAhead,
      utf8: parts.facts.utf8 === true,
    })
    this.readAhead = new ReadAhead(parts.maildrop, this.#source, parts.readAhead)
    this.#parts = parts
  }

  /** Answers any command but QUIT. Throws `Pop3Error`, `StoreError`, `BrokenOff`. */
  async run(command: Exclude<Pop3Command, { name: 'QUIT' }>): Promise<void> {
    const { maildrop } = this
    const { output, facts } = this.#parts
    if (command.name !== 'RETR' && command.name !== 'DELE') this.readAhead.interrupted()
    switch (command.name) {
      case 'STAT': {
        const { messages, octets } = maildrop.listing
        return output.text(`+OK ${messages} ${octets}\r\n`)
      }
      case 'LIST':
        return this.#list(command.message, (number) => String(maildrop.octets(number)))
      case 'UIDL':
        return this.#list(command.message, (number) => formatEmailId(maildrop.email(number)))
      case 'RETR':
        await this.#send(this.#existing(command.message), undefined)
        return this.readAhead.retrieved(command.message)
      case 'TOP':
        return this.#send(this.#existing(command.message), command.lines)
      case 'DELE':
        maildrop.mark(this.#existing(command.message))
        this.readAhead.marked(command.message)
        return output.text(markedAnswer(command.message))
      case 'RSET':
        maildrop.unmarkAll()
        return output.text(`+OK ${this.summary}\r\n`)
      case 'NOOP':
        return output.text('+OK\r\n')
      case 'CAPA':
        return output.text(
          capabilities({
            tls: facts.tls ? 'active' : 'available',
            mechanisms: facts.bound === true ? boundMechanisms : unboundMechanisms,
          }),
        )
      case 'LANG':
        return output.text(language(command.tag))
    }
  }

  /** What there is, as a text for people. */
  get summary(): string {
    const { messages, octets } = this.maildrop.listing
    return `${messages} messages (${octets} octets)`
  }

  /** Lets go of what is in memory for later. */
  end(): void {
    this.#source.clear()
  }

  /** A message-number that names a message; throws for others, and for one that is marked as deleted (RFC 1939 §5). */
  #existing(number: number): number {
    if (!this.maildrop.has(number)) throw new Pop3Error('No such message')
    if (this.maildrop.isMarked(number)) throw new Pop3Error(`Message ${number} is marked as deleted`)
    return number
  }

  /** A scan listing or unique-id listing: of one message, or of all that are not marked. */
  async #list(message: number | undefined, fact: (number: number) => string): Promise<void> {
    const { maildrop } = this
    const { output, isOver } = this.#parts
    if (message !== undefined) return output.text(`+OK ${message} ${fact(this.#existing(message))}\r\n`)
    output.text(`+OK ${this.summary}\r\n`)
    for (let number = 1; number <= maildrop.length; number++) {
      if (!maildrop.isMarked(number)) output.text(`${number} ${fact(number)}\r\n`)
      if (number % linesAtOnce === 0 && output.congested) await output.drained()
      if (isOver()) return
    }
    output.text('.\r\n')
  }

  /** RETR, or TOP with `bodyLines`. */
  async #send(number: number, bodyLines: number | undefined): Promise<void> {
    const { output, isOver } = this.#parts
    const size = this.maildrop.storedSize(number)
    const text = new MultiLine((bytes) => output.bytes(bytes), bodyLines)
    const message = this.#source.writer(number, text)
    let sent = 0
    try {
      for await (const piece of this.#source.pieces(number, bodyLines === undefined)) {
        if (sent === 0) output.text(`+OK ${this.maildrop.octets(number)} octets\r\n`)
        message.push(piece)
        sent += piece.length
        if (output.congested) await output.drained()
        if (isOver() || text.done) break
      }
    } catch (cause) {
      if (sent > 0) throw new BrokenOff('a message could not be read to its end', { cause })
      throw cause
    }
    if (isOver()) return
    if (sent === 0 && size > 0) throw new Pop3Error('The message has been removed by another client')
    if (sent < size && !text.done) throw new BrokenOff('a message was destroyed while it was sent')
    if (sent === 0) output.text('+OK 0 octets\r\n')
    text.end()
  }
}
