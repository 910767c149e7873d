/**
 * What a bridge may ask over the link: each operation reads its head, asks a room, and answers with what the SMTP client
 * is to be told. An operation that throws is answered as a temporary failure.
 */
import { accept, type ArrivalPorts, checkRecipient, type ClientVerdict, checkSender } from '../../../arrival/index.ts'
import { concat } from '../../../format/index.ts'
import type { ScramProof, ScramSalt } from '../../../protocol/sasl/index.ts'
import type {
  AuthenticateAnswer,
  ClientAnswer,
  HelloAnswer,
  ReplyAnswer,
  ScramProofAnswer,
} from '../../bridge/link/index.ts'
import type { LoginAttempt } from '../doors.ts'
import { envelope, HeadError, object, origin, proof, recipient, text, turnedAway } from './read-head.ts'

export interface LinkPorts {
  readonly arrival: ArrivalPorts
  readonly hello: HelloAnswer
  /** What is known of a client. Must not reject. */
  judgeClient(address: string): Promise<ClientVerdict>
  /** How many strangers the bridge turned away, by reason. */
  turnedAway(counts: Record<string, number>): void
  authenticate(login: string, attempt: LoginAttempt): Promise<AuthenticateAnswer>
  scramSalt(login: string): Promise<ScramSalt>
  scramProof(login: string, attempt: LoginAttempt & { scram: ScramProof }): Promise<ScramProofAnswer>
}

export class LinkOperations {
  readonly #ports: LinkPorts

  constructor(ports: LinkPorts) {
    this.#ports = ports
  }

  async perform(head: unknown, body: readonly Uint8Array[]): Promise<object> {
    const json = object(head, 'request')
    const { arrival, hello } = this.#ports
    switch (json.op) {
      case 'hello':
        return hello
      case 'client':
        return (await this.#ports.judgeClient(text(json, 'clientAddress'))) satisfies ClientAnswer
      case 'authenticate':
        return this.#ports.authenticate(text(json, 'login'), {
          ...proof(json),
          clientAddress: text(json, 'clientAddress'),
        })
      case 'scram-salt':
        return this.#ports.scramSalt(text(json, 'login'))
      case 'scram-proof': {
        const shown = proof(json)
        if (!('scram' in shown)) throw new HeadError('there is no proof of SCRAM')
        return this.#ports.scramProof(text(json, 'login'), { ...shown, clientAddress: text(json, 'clientAddress') })
      }
      case 'turned-away':
        this.#ports.turnedAway(turnedAway(json.counts))
        return { ok: true }
      case 'sender':
        return {
          reply: await checkSender({ accountId: text(json, 'accountId'), address: text(json, 'address') }, arrival),
        } satisfies ReplyAnswer
      case 'recipient': {
        const question = {
          reversePath: text(json, 'reversePath'),
          recipient: recipient(json.recipient).address,
          origin: origin(json.origin),
        }
        return { reply: await checkRecipient(question, arrival) } satisfies ReplyAnswer
      }
      case 'deliver': {
        const raw = body.length === 1 ? (body[0] as Uint8Array) : concat(body)
        const { reply } = await accept({ envelope: envelope(json.envelope), origin: origin(json.origin), raw }, arrival)
        return { reply } satisfies ReplyAnswer
      }
      default:
        throw new HeadError('the operation is unknown')
    }
  }
}
