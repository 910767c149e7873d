/**
 * One message on one connection: MAIL, RCPT for each recipient, content; and what becomes of each recipient.
 *
 * Standards: RFC 5321 §3.3, §4.5.3.1.10 (too many recipients: the rest go in a further transaction), RFC 2920 §3.1
 * (pipelining), RFC 3030 (BDAT, for binary content only), RFC 9422 (RCPTMAX).
 */
import { type Reply, replyText } from '../reply.ts'
import { announcedLimit, type Capabilities } from './capabilities.ts'
import { encodeDots } from './dot-encoder.ts'
import type { OutgoingMessage, RecipientOutcome } from './event.ts'
import { outcomeOf, unresolved } from './outcome.ts'
import { mailCommand, planTransmission, rcptCommand, type Transmission } from './transmission.ts'

/** What a transaction needs of its connection. */
export interface Wire {
  /** Writes command lines (without CRLF) in one go; each has its own reply. */
  commands(lines: readonly string[], replied: readonly ((reply: Reply) => void)[]): void
  /** Writes content as the host asks for it; the reply is expected only when all is out. */
  content(pieces: Iterator<Uint8Array>, replied: (reply: Reply) => void): void
  /** All recipients have an outcome. `open`: the peer still has a transaction that needs RSET. */
  finished(outcomes: RecipientOutcome[], open: boolean): void
  /** The peer broke the protocol: the connection cannot be used any more. */
  violated(diagnostic: string): void
}

/** What every server must take in one transaction (RFC 5321 §4.5.3.1.8). */
const guaranteedRecipients = 100
/** Taken of what a server announces beyond that, so that one pipeline and its replies stay within bounds. */
const largestBatch = 1000

export class Transaction {
  readonly #message: OutgoingMessage
  readonly #capabilities: Capabilities
  readonly #wire: Wire
  readonly #outcomes: (RecipientOutcome | undefined)[]
  readonly #transmission: Transmission
  readonly #batchSize: number
  /** Indices of recipients that no MAIL has been tried for yet. */
  #waiting: number[]
  #batch: number[] = []
  #accepted: number[] = []
  /** Of this batch, sent back because there were too many. */
  #tooMany = new Map<number, Reply>()
  #mailAccepted = false
  #contentSent = false

  constructor(message: OutgoingMessage, capabilities: Capabilities, wire: Wire) {
    this.#message = message
    this.#capabilities = capabilities
    this.#wire = wire
    const { recipients } = message.envelope
    const plan = planTransmission(message, capabilities)
    this.#transmission = plan.transmission
    this.#outcomes = recipients.map((_, index) => plan.refused.get(index))
    this.#waiting = [...recipients.keys()].filter((index) => !plan.refused.has(index))
    this.#batchSize = Math.min(announcedLimit(capabilities, 'RCPTMAX') ?? guaranteedRecipients, largestBatch)
  }

  /** All content is out, but no word of its fate has come. */
  get inDoubt(): boolean {
    return this.#contentSent
  }

  start(): void {
    if (this.#waiting.length === 0) this.#wire.finished(this.#settled(), false)
    else this.#startBatch()
  }

  /** The connection is lost: whoever has no outcome is deferred, also when only the final reply is missing. */
  abandon(reply: Reply | undefined, enhanced: string, diagnostic: string): RecipientOutcome[] {
    const { recipients } = this.#message.envelope
    const doubtful = new Set(this.#contentSent && reply === undefined ? this.#accepted : [])
    return this.#outcomes.map((outcome, index) => {
      if (outcome !== undefined) return outcome
      const lost = unresolved(recipients[index]!.address, reply, enhanced, diagnostic)
      return doubtful.has(index) ? { ...lost, inDoubt: true } : lost
    })
  }

  /** A reply came while content was still being written: only a refusal makes sense. */
  interrupted(reply: Reply): void {
    if (reply.code >= 400) this.#resolve(this.#accepted, reply)
    this.#wire.violated('the server answered before the message was complete')
  }

  #startBatch(): void {
    this.#batch = this.#waiting.splice(0, this.#batchSize)
    this.#accepted = []
    this.#tooMany.clear()
    this.#mailAccepted = false
    this.#contentSent = false
    const { envelope } = this.#message
    const capabilities = this.#capabilities
    const mail = mailCommand(envelope, this.#transmission, capabilities)
    const rcpts = this.#batch.map((index) => rcptCommand(envelope.recipients[index]!, capabilities))
    if (!capabilities.keywords.has('PIPELINING')) {
      this.#wire.commands([mail], [(reply) => this.#mailReplied(reply, () => this.#sendRcpt(rcpts, 0))])
      return
    }
    const lines = [mail, ...rcpts]
    const replied = [
      (reply: Reply) => this.#mailReplied(reply, undefined),
      ...this.#batch.map((index) => (reply: Reply) => this.#rcptReplied(index, reply)),
    ]
    if (this.#transmission.chunking) {
      const last = replied.pop()!
      replied.push((reply) => {
        last(reply)
        this.#sendContent()
      })
    } else {
      lines.push('DATA')
      replied.push((reply) => this.#dataReplied(reply))
    }
    this.#wire.commands(lines, replied)
  }

  /** Without PIPELINING each command waits for the reply to the one before. */
  #sendRcpt(rcpts: readonly string[], position: number): void {
    const line = rcpts[position]
    if (line === undefined) return this.#sendContent()
    this.#wire.commands(
      [line],
      [
        (reply) => {
          this.#rcptReplied(this.#batch[position]!, reply)
          this.#sendRcpt(rcpts, position + 1)
        },
      ],
    )
  }

  #mailReplied(reply: Reply, next: (() => void) | undefined): void {
    if (is(reply, 3)) return this.#wire.violated('an intermediate reply to MAIL')
    this.#mailAccepted = is(reply, 2)
    if (!this.#mailAccepted) {
      // Another batch would hear the same.
      this.#resolve([...this.#batch, ...this.#waiting], reply)
      this.#waiting = []
      if (next !== undefined) this.#finishBatch()
    } else next?.()
  }

  #rcptReplied(index: number, reply: Reply): void {
    if (is(reply, 3)) return this.#wire.violated('an intermediate reply to RCPT')
    if (!this.#mailAccepted) return
    if (is(reply, 2)) this.#accepted.push(index)
    else if (isTooMany(reply)) this.#tooMany.set(index, reply)
    else this.#resolve([index], reply)
  }

  /** All RCPT replies are in. */
  #sendContent(): void {
    if (this.#accepted.length === 0) return this.#finishBatch()
    if (!this.#transmission.chunking) return this.#wire.commands(['DATA'], [(reply) => this.#dataReplied(reply)])
    this.#contentSent = true
    this.#wire.content(chunk(this.#transmission.content), (reply) => this.#contentReplied(reply))
  }

  #dataReplied(reply: Reply): void {
    if (is(reply, 2)) return this.#wire.violated('a final reply to DATA')
    if (!is(reply, 3)) {
      this.#resolve(this.#accepted, reply)
      return this.#finishBatch()
    }
    if (this.#accepted.length === 0) {
      // DATA was let in although nobody is to have the message: end it empty (RFC 2920 §3.1).
      this.#mailAccepted = false
      return this.#wire.commands(['.'], [() => this.#finishBatch()])
    }
    this.#contentSent = true
    this.#wire.content(encodeDots(this.#transmission.content), (final) => this.#contentReplied(final))
  }

  #contentReplied(reply: Reply): void {
    if (is(reply, 3)) return this.#wire.violated('an intermediate reply to the message')
    this.#contentSent = false
    this.#mailAccepted = false
    this.#resolve(this.#accepted, reply)
    this.#finishBatch()
  }

  #finishBatch(): void {
    // Those for whom there was no room go next, provided that this batch got somewhere.
    if (this.#accepted.length > 0) this.#waiting.unshift(...this.#tooMany.keys())
    else for (const [index, reply] of this.#tooMany) this.#deferForRoom(index, reply)
    if (this.#waiting.length === 0) return this.#wire.finished(this.#settled(), this.#mailAccepted)
    if (!this.#mailAccepted) return this.#startBatch()
    this.#wire.commands(
      ['RSET'],
      [(reply) => (is(reply, 2) ? this.#startBatch() : this.#wire.violated('RSET was refused'))],
    )
  }

  #resolve(indices: readonly number[], reply: Reply): void {
    for (const index of indices)
      this.#outcomes[index] ??= outcomeOf(this.#message.envelope.recipients[index]!.address, reply)
  }

  /** Not even the first of a batch found room: a matter of time. */
  #deferForRoom(index: number, reply: Reply): void {
    const { address } = this.#message.envelope.recipients[index]!
    this.#outcomes[index] ??= unresolved(address, reply, '4.5.3', replyText(reply))
  }

  #settled(): RecipientOutcome[] {
    return this.abandon(undefined, '4.5.0', 'the server gave no answer for this recipient')
  }
}

function is(reply: Reply, kind: number): boolean {
  return Math.trunc(reply.code / 100) === kind
}

/**
 * 452 says that the transaction is full (RFC 5321 §4.5.3.1.10); so does a 552 that gives no other reason, the code of RFC 821.
 * 452 with a reason of its own, such as a full disk, is a plain deferral.
 */
function isTooMany(reply: Reply): boolean {
  if (reply.code !== 452 && reply.code !== 552) return false
  return reply.enhanced === undefined || reply.enhanced.endsWith('.5.3')
}

/** The whole content as one chunk (RFC 3030 §2). */
function* chunk(content: Uint8Array): Generator<Uint8Array, void> {
  yield new TextEncoder().encode(`BDAT ${content.length} LAST\r\n`)
  if (content.length > 0) yield content
}
