/**
 * How many strangers were turned away, and why: counted here, and told to the Worker once a minute for its metrics.
 *
 * A courtesy to graphs: what could not be told in that minute is told with the next, and what ends with the bridge is not told.
 */
import { type Envelope, type Recipient, type Reply, replyText } from '../../../protocol/smtp/index.ts'
import type { LinkRequest, TurnedAwayWhy } from '../link/index.ts'
import type { Client } from './front.ts'
import type { LinkAnswer } from './link-connection.ts'
import type { LogFacts } from './log.ts'

export interface TurnedAwayOptions {
  readonly link: { request(head: LinkRequest, body: readonly Uint8Array[], timeoutMs: number): Promise<LinkAnswer> }
  readonly requestMs: number
  /** Between two reports. */
  readonly everyMs: number
}

export class TurnedAway {
  readonly #options: TurnedAwayOptions
  #counts: Partial<Record<TurnedAwayWhy, number>> = {}
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(options: TurnedAwayOptions) {
    this.#options = options
  }

  count(why: TurnedAwayWhy): void {
    this.#add(why, 1)
    this.#timer ??= setTimeout(() => void this.#tell(), this.#options.everyMs)
  }

  /** Nothing is told any more. */
  close(): void {
    clearTimeout(this.#timer)
  }

  async #tell(): Promise<void> {
    const counts = this.#counts
    this.#counts = {}
    this.#timer = undefined
    const answer = await this.#options.link.request({ op: 'turned-away', counts }, [], this.#options.requestMs)
    if (answer.type === 'answer') return
    for (const [why, n] of Object.entries(counts)) this.#add(why as TurnedAwayWhy, n)
  }

  #add(why: TurnedAwayWhy, n: number): void {
    this.#counts[why] = (this.#counts[why] ?? 0) + n
  }
}

/** Why a recipient was refused by the Worker or by a rate. */
export function whyOf({ code, enhanced }: Reply): TurnedAwayWhy {
  if (code === 421 || code === 450) return 'rate'
  if (code === 451 && enhanced === '4.7.1') return 'greylist'
  if (enhanced === '5.1.1') return 'unknown'
  return enhanced === '5.7.1' ? 'denied' : 'other'
}

/** What the log is told of it. */
export function refusalFacts({ remote }: Client, { reversePath }: Envelope, to: Recipient, reply: Reply): LogFacts {
  return { client: remote.address, from: reversePath, to: to.address, reply: replyText(reply) }
}
