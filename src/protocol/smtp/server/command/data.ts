/**
 * DATA: the message, ended by a line with a single dot.
 *
 * Standards: RFC 5321 §4.1.1.4, §3.3, RFC 3030 §3 (not for BINARYMIME).
 * Limits: content above the size limit is read and thrown away up to `limits.discard`, then the connection is closed.
 * Security: bare CR or LF in the content gets 550 after the real end, so a smuggled `LF . LF` ends nothing.
 */
import { DotDecoder } from '../dot-decoder.ts'
import type { Input } from '../../input.ts'
import {
  outOfSequence,
  type Reader,
  refuse,
  resetTransaction,
  type Session,
  type Step,
  type Transaction,
} from '../session.ts'
import { askOutcome, contentRefused, contentTooLarge, farTooLarge } from './content.ts'

export function data(session: Session, argument: string): Step {
  const { transaction } = session
  if (argument !== '') return refuse(501, '5.5.4', 'DATA takes no parameters')
  if (transaction === undefined) return outOfSequence('Send MAIL first')
  if (transaction.chunking !== 'none') return outOfSequence('DATA after BDAT')
  const { envelope } = transaction
  if (envelope.recipients.length === 0)
    return transaction.triedRecipients ? refuse(554, '5.5.1', 'No valid recipients') : outOfSequence('Send RCPT first')
  if (envelope.body === 'BINARYMIME') return outOfSequence('BINARYMIME needs BDAT')
  return {
    kind: 'ask',
    event: { type: 'data', verb: 'DATA', envelope },
    answered: (reply) => {
      if (reply.code === 354) session.reader = new DataReader(transaction)
      return undefined
    },
  }
}

class DataReader implements Reader {
  readonly #transaction: Transaction
  readonly #decoder = new DotDecoder()
  #done = false

  constructor(transaction: Transaction) {
    this.#transaction = transaction
  }

  read(session: Session, input: Input): Step | undefined {
    const transaction = this.#transaction
    const { maxMessageSize, limits } = session.settings
    for (let block = input.peek(); block !== undefined && !this.#done; block = input.peek()) {
      const { content, used, done } = this.#decoder.decode(block)
      input.skip(used)
      this.#done = done
      transaction.received += content.length
      if (transaction.received > maxMessageSize + limits.discard) return farTooLarge(session)
      const sound = !this.#decoder.bareLineOctet && transaction.received <= maxMessageSize
      if (sound && content.length > 0) return { kind: 'event', event: { type: 'content', chunk: content } }
    }
    if (!this.#done) return undefined
    resetTransaction(session)
    if (transaction.received > maxMessageSize) return contentRefused(contentTooLarge(session))
    if (this.#decoder.bareLineOctet)
      // QUIRK: 5.6.11 is not in the IANA registry; it is what Exchange made known for this fault. 5.6.0 would say nothing.
      return contentRefused({
        code: 550,
        enhanced: '5.6.11',
        text: 'Bare CR or LF in the message (RFC 5321 section 2.3.8)',
      })
    return askOutcome(transaction)
  }
}
