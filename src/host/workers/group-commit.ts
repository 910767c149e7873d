/**
 * Gathers deliveries to one account into one call of its object: what arrives while a call is under way goes together in
 * the next one. The object commits a call with one fsync, so a busy mailbox takes many times more messages a second, and an
 * idle one waits for nothing.
 *
 * Limits: a batch is at most 64 messages or 8 MiB (one larger message goes alone): an RPC argument may hold 32 MiB, and a
 * batch holds up everything behind it.
 */
import type { MailboxDelivery, MailboxOutcome, MailboxPort } from '../../delivery/index.ts'
import { describe, type Log } from './log.ts'

export interface BatchLimits {
  readonly messages: number
  readonly bytes: number
}

export const defaultBatchLimits: BatchLimits = { messages: 64, bytes: 8 * 1024 * 1024 }

interface Waiting {
  readonly delivery: MailboxDelivery
  readonly done: (outcome: MailboxOutcome) => void
}

/** One for each account that has deliveries under way; belongs to one request, as all I/O does. */
export class GroupCommit {
  readonly #call: (accountId: string, batch: MailboxDelivery[]) => Promise<MailboxOutcome[]>
  readonly #limits: BatchLimits
  readonly #log: Log
  readonly #waiting = new Map<string, Waiting[]>()

  constructor(
    call: (accountId: string, batch: MailboxDelivery[]) => Promise<MailboxOutcome[]>,
    log: Log,
    limits: BatchLimits = defaultBatchLimits,
  ) {
    this.#call = call
    this.#log = log
    this.#limits = limits
  }

  /** The port for one account. An outcome is `delivered` only after the object's answer, so after its commit. */
  mailbox(accountId: string): MailboxPort {
    return { deliver: (batch) => Promise.all(batch.map((delivery) => this.#enter(accountId, delivery))) }
  }

  #enter(accountId: string, delivery: MailboxDelivery): Promise<MailboxOutcome> {
    return new Promise((done) => {
      const waiting = this.#waiting.get(accountId)
      if (waiting !== undefined) {
        waiting.push({ delivery, done })
        return
      }
      this.#waiting.set(accountId, [{ delivery, done }])
      // Lets the rest of a batch, and what came in the same frame, join the first call.
      queueMicrotask(() => void this.#drain(accountId))
    })
  }

  async #drain(accountId: string): Promise<void> {
    for (;;) {
      const waiting = this.#waiting.get(accountId)
      if (waiting === undefined || waiting.length === 0) break
      await this.#send(accountId, waiting.splice(0, this.#fitting(waiting)))
    }
    this.#waiting.delete(accountId)
  }

  /** How many of those that wait make the next batch; at least one. */
  #fitting(waiting: readonly Waiting[]): number {
    let bytes = 0
    let count = 0
    for (const { delivery } of waiting) {
      bytes += delivery.raw.length
      if (count > 0 && (count >= this.#limits.messages || bytes > this.#limits.bytes)) break
      count++
    }
    return count
  }

  async #send(accountId: string, batch: readonly Waiting[]): Promise<void> {
    let outcomes: MailboxOutcome[] = []
    try {
      outcomes = await this.#call(
        accountId,
        batch.map(({ delivery }) => delivery),
      )
    } catch (error) {
      this.#log('error', 'delivery to an account failed', { accountId, messages: batch.length, error: describe(error) })
    }
    for (const [index, { done }] of batch.entries()) done(outcomes[index] ?? UNABLE)
  }
}

/** The call failed or its answer is short: nothing is known to be stored, so the sender keeps the message. */
const UNABLE: MailboxOutcome = {
  status: 'deferred',
  reply: { code: 451, enhanced: '4.3.0', text: 'The mailbox cannot be reached now' },
}
