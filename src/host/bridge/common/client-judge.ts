/**
 * What lists say of clients, as the Worker tells it: one question for each address, whose answer is kept for a moment, since
 * mail servers open several connections at once.
 *
 * Limits: answers kept; questions under way, so that a flood of connections leaves the link to mail. Who comes then is a
 * stranger like any other.
 */
import { type ClientAnswer, clientOf, type LinkRequest } from '../link/index.ts'
import type { LinkAnswer } from './link-connection.ts'
import type { Log } from './log.ts'

export interface ClientJudgeOptions {
  readonly link: { request(head: LinkRequest, body: readonly Uint8Array[], timeoutMs: number): Promise<LinkAnswer> }
  readonly timeoutMs: number
  readonly log: Log
  /** Questions under way; default 256. */
  readonly most?: number
}

const keptMs = 60_000
const mostKept = 10_000
const nothing: ClientAnswer = {}

interface Judged {
  readonly answer: Promise<ClientAnswer>
  readonly until: number
}

export class ClientJudge {
  readonly #options: ClientJudgeOptions
  readonly #judged = new Map<string, Judged>()
  #underWay = 0

  constructor(options: ClientJudgeOptions) {
    this.#options = options
  }

  /** Never rejects. `now` in milliseconds, of any clock. */
  judge(address: string, now: number): Promise<ClientAnswer> {
    const known = this.#judged.get(address)
    if (known !== undefined && known.until > now) return known.answer
    this.#judged.delete(address)
    const { most = 256, log } = this.#options
    if (this.#underWay >= most) {
      log('warning', 'client-not-judged', { client: address, underWay: this.#underWay })
      return Promise.resolve(nothing)
    }
    const answer = this.#ask(address)
    this.#judged.set(address, { answer, until: now + keptMs })
    const oldest = this.#judged.size > mostKept ? this.#judged.keys().next().value : undefined
    if (oldest !== undefined) this.#judged.delete(oldest)
    return answer
  }

  async #ask(clientAddress: string): Promise<ClientAnswer> {
    const { link, timeoutMs } = this.#options
    this.#underWay++
    const answer = await link.request({ op: 'client', clientAddress }, [], timeoutMs)
    this.#underWay--
    if (answer.type === 'answer' && !isError(answer.head)) return clientOf(answer.head)
    // Not known now: the next connection asks again.
    this.#judged.delete(clientAddress)
    return nothing
  }
}

/** The Worker could not do it now. */
function isError(head: unknown): boolean {
  return typeof head === 'object' && head !== null && 'error' in head
}
