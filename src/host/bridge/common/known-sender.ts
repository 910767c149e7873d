/**
 * Whose address a session of ours used a moment ago: who sends many messages need not be asked about for each.
 *
 * Limits: the last address, and for as long as the Worker itself remembers what leads where.
 */
import type { Reply } from '../../../protocol/smtp/index.ts'
import type { SenderRequest } from '../link/index.ts'

const lifetimeMs = 5_000

interface Welcome {
  readonly accountId: string
  readonly address: string
  readonly reply: Reply
  readonly until: number
}

export class KnownSender {
  readonly #now: () => number
  #known: Welcome | undefined

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** What the Worker says of this account and address. Only a welcome is remembered: the address may be theirs by now. */
  async reply(question: SenderRequest, ask: (question: SenderRequest) => Promise<Reply>): Promise<Reply> {
    const { accountId, address } = question
    const known = this.#known
    if (known?.accountId === accountId && known.address === address && known.until > this.#now()) return known.reply
    const reply = await ask(question)
    this.#known = reply.code < 300 ? { accountId, address, reply, until: this.#now() + lifetimeMs } : undefined
    return reply
  }
}
