/**
 * A dialer without a network: mail servers are functions.
 */
import type { Dialer, EgressRequest, EgressResult, EgressSession } from '../../delivery/index.ts'
import type { RecipientOutcome } from '../../queue/index.ts'

/** What the outside world does with one recipient. */
export type RemoteAnswer = Omit<RecipientOutcome, 'recipient' | 'at'>

export class MemoryDialer implements Dialer {
  readonly sent: { request: EgressRequest; raw: Uint8Array; at: number }[] = []
  /** Called for each recipient; by default everything is taken. Throw to be a broken gateway. */
  answer: (recipient: string, request: EgressRequest) => RemoteAnswer | Promise<RemoteAnswer> = () => ({
    status: 'delivered',
    reply: { code: 250, enhanced: '2.0.0', text: 'Ok' },
  })
  /** What each request is told of TLS. */
  sessions: EgressSession[] | undefined
  readonly #clock: () => number

  constructor(clock: () => number) {
    this.#clock = clock
  }

  async send(request: EgressRequest, raw: Uint8Array): Promise<EgressResult> {
    const at = this.#clock()
    this.sent.push({ request, raw, at })
    const recipients: RecipientOutcome[] = []
    for (const { address } of request.envelope.recipients) {
      recipients.push({ recipient: address, at, ...(await this.answer(address, request)) })
    }
    const remote = request.targets[0]?.host
    return {
      recipients,
      ...(remote === undefined ? {} : { remote }),
      ...(this.sessions === undefined ? {} : { sessions: this.sessions }),
    }
  }
}
