/**
 * BDAT: the message in chunks of a stated size.
 *
 * Standards: RFC 3030 §2 (CHUNKING), §4.2 (errors). Content is not looked at: line octets are whatever they are.
 * Limits: as DATA. Security: the octets of a refused chunk are always read past, so content never becomes commands;
 * where the size cannot be told, the connection ends.
 */
import type { Reply } from '../../reply.ts'
import type { Input } from '../../input.ts'
import { type Reader, resetTransaction, type Session, type Step, type Transaction } from '../session.ts'
import { askOutcome, contentRefused, contentTooLarge, farTooLarge } from './content.ts'

export function bdat(session: Session, argument: string): Step {
  const match = /^([0-9]{1,15})( +LAST)?$/i.exec(argument)
  if (match === null)
    return {
      kind: 'close',
      reply: { code: 501, enhanced: '5.5.4', text: 'Syntax: BDAT size [LAST]' },
      reason: 'unusable BDAT size',
    }
  const size = Number(match[1])
  const last = match[2] !== undefined
  const { transaction, settings } = session
  const refusal = outOfOrder(transaction)
  const total = (transaction?.received ?? 0) + size
  if (total > settings.maxMessageSize + settings.limits.discard) return farTooLarge(session)
  const chunk = new ChunkReader(size, last, refusal)
  session.reader = chunk
  if (refusal !== undefined || transaction === undefined) return { kind: 'read' }
  if (total > settings.maxMessageSize) {
    chunk.refuse(transaction, contentTooLarge(session))
    return { kind: 'read' }
  }
  if (transaction.chunking === 'open') return { kind: 'read' }
  return {
    kind: 'ask',
    event: { type: 'data', verb: 'BDAT', envelope: transaction.envelope },
    answered: (reply) => {
      if (reply.code === 354) transaction.chunking = 'open'
      else chunk.refuse(transaction, reply)
      // One reply to each chunk, after it has come (RFC 3030 §2).
      return 'silence'
    },
  }
}

function outOfOrder(transaction: Transaction | undefined): Reply | undefined {
  if (transaction === undefined) return { code: 503, enhanced: '5.5.1', text: 'Send MAIL first' }
  if (transaction.chunking === 'failed')
    return { code: 503, enhanced: '5.5.1', text: 'An earlier chunk was refused, send RSET' }
  if (transaction.envelope.recipients.length > 0) return undefined
  return transaction.triedRecipients
    ? { code: 554, enhanced: '5.5.1', text: 'No valid recipients' }
    : { code: 503, enhanced: '5.5.1', text: 'Send RCPT first' }
}

class ChunkReader implements Reader {
  readonly #size: number
  readonly #last: boolean
  #left: number
  /** The octets are only read past; this is said afterwards. */
  #refusal: Reply | undefined
  /** The host has to forget what it got. */
  #resets = false

  constructor(size: number, last: boolean, refusal: Reply | undefined) {
    this.#size = size
    this.#last = last
    this.#left = size
    this.#refusal = refusal
  }

  refuse(transaction: Transaction, reply: Reply): void {
    this.#resets = transaction.chunking === 'open'
    this.#refusal = reply
    transaction.chunking = 'failed'
  }

  read(session: Session, input: Input): Step | undefined {
    while (this.#left > 0) {
      const block = input.peek()
      if (block === undefined) return undefined
      const chunk = block.length > this.#left ? block.subarray(0, this.#left) : block
      input.skip(chunk.length)
      this.#left -= chunk.length
      if (this.#refusal !== undefined) continue
      ;(session.transaction as Transaction).received += chunk.length
      return { kind: 'event', event: { type: 'content', chunk } }
    }
    session.reader = undefined
    const { transaction } = session
    if (this.#last && transaction !== undefined) resetTransaction(session)
    if (this.#refusal !== undefined)
      return this.#resets ? contentRefused(this.#refusal) : { kind: 'reply', reply: this.#refusal }
    if (this.#last) return askOutcome(transaction as Transaction)
    return { kind: 'reply', reply: { code: 250, enhanced: '2.0.0', text: `${this.#size} octets received` } }
  }
}
