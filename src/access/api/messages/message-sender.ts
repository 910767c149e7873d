/**
 * Sends what a program asks an account to send: the same door as every other submission, with its checks, limits and
 * signatures. The same request with the same key is done once.
 *
 * Standards: draft-ietf-httpapi-idempotency-key-header.
 * Limits: messages that carry keys and are under way, which are kept in memory.
 */
import type { Reply } from '../../../protocol/smtp/index.ts'
import type { SendOrder, SendOutcome, Sent } from './send-order.ts'
import { type SenderPorts, SingleSender } from './single-sender.ts'

const tooMany: Reply = { code: 451, enhanced: '4.3.2', text: 'Too many messages are on their way; please try again' }
/** Messages with keys under way at once: those of two batches. */
const mostUnderWay = 200

export class MessageSender {
  readonly #ports: Pick<SenderPorts, 'store' | 'onFault'>
  readonly #single: SingleSender
  /** By key: what comes of a request that is not over yet. */
  readonly #underWay = new Map<string, { fingerprint: string; outcome: Promise<SendOutcome> }>()

  constructor(ports: SenderPorts) {
    this.#ports = ports
    this.#single = new SingleSender(ports)
  }

  /**
   * An outcome for each, in order. Answers to keys are written down together at the end: what is written on the way would
   * hold back every message that goes out after it until it is on disk.
   */
  async send(orders: readonly SendOrder[]): Promise<SendOutcome[]> {
    if (!this.#ports.store.exists) return orders.map(() => ({ kind: 'no account' }))
    const begun: { readonly key: string; readonly fingerprint: string; readonly at: number }[] = []
    const outcomes = orders.map((order, at) => {
      const { key, fingerprint = '' } = order
      if (key === undefined) return this.#single.send(order)
      const known = this.#known(key, fingerprint)
      if (known !== undefined) return known
      const outcome = this.#single.send(order)
      this.#underWay.set(key, { fingerprint, outcome })
      begun.push({ key, fingerprint, at })
      return outcome
    })
    try {
      const settled = await Promise.all(outcomes)
      for (const { key, fingerprint, at } of begun) this.#keep(key, fingerprint, settled[at])
      return settled
    } finally {
      for (const { key } of begun) this.#underWay.delete(key)
    }
  }

  /** What came or will come of the request that had this key first; undefined when this one is the first. */
  #known(key: string, fingerprint: string): Promise<SendOutcome> | undefined {
    const known = this.#underWay.get(key) ?? this.#ports.store.keptAnswers.find(key)
    if (known === undefined) {
      const isFull = this.#underWay.size >= mostUnderWay
      return isFull ? Promise.resolve({ kind: 'refused', reply: tooMany, recipients: [] }) : undefined
    }
    if (known.fingerprint !== fingerprint) return Promise.resolve({ kind: 'key used' })
    if ('outcome' in known) return known.outcome.then(repeated)
    return Promise.resolve({ kind: 'sent', sent: JSON.parse(known.answer) as Sent, isRepeated: true })
  }

  /**
   * A refusal is not kept: nothing was done, and the next try may fare better. When an answer cannot be kept, as on a full
   * disk, the message is sent all the same, and that is what its sender hears.
   */
  #keep(key: string, fingerprint: string, outcome: SendOutcome | undefined): void {
    if (outcome?.kind !== 'sent') return
    const { store, onFault } = this.#ports
    try {
      store.keptAnswers.keep(key, { fingerprint, answer: JSON.stringify(outcome.sent) })
    } catch (cause) {
      onFault('answer to a key', cause)
    }
  }
}

function repeated(outcome: SendOutcome): SendOutcome {
  return outcome.kind === 'sent' ? { ...outcome, isRepeated: true } : outcome
}
