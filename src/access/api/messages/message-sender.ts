/**
 * Sends what a program asks an account to send: the same door as every other submission, with its checks, limits and
 * signatures, and an answer for each recipient.
 *
 * Standards: RFC 6409 §6.1 (in whose name), RFC 4865 (sending later); draft-ietf-httpapi-idempotency-key-header.
 * Limits: requests that carry keys and are under way, which are kept in memory.
 */
import {
  type Acceptance,
  type Arrival,
  checkRecipient,
  type ArrivalPorts,
  checkSender,
} from '../../../arrival/index.ts'
import { flattenAddresses, type Header, parseAddressList, parseHeader } from '../../../format/index.ts'
import { formatEmailId, formatSubmissionId, type MailStore, type NewSubmission } from '../../../mailbox/index.ts'
import { type Envelope, replyText, type Reply } from '../../../protocol/smtp/index.ts'
import { ownsAddress } from '../../../routing/index.ts'
import type { SendOrder, SendOutcome, Sent, SentRecipient } from './send-order.ts'

export interface SenderPorts {
  readonly store: MailStore
  readonly accountId: string
  readonly directory: ArrivalPorts['directory']
  /** Brings a message to its places. Never rejects. */
  readonly accept: (arrival: Arrival) => Promise<Acceptance>
  /** Why the account does not send to these now, where it does not. */
  readonly suppressed: (addresses: readonly string[]) => ReadonlyMap<string, Reply>
  readonly clock: () => number
  /** Asks for what is held to be looked at then. */
  readonly wakeAt: (time: number) => void
  readonly onFault: (where: string, cause: unknown) => void
}

const tooMany: Reply = { code: 451, enhanced: '4.3.2', text: 'Too many messages are on their way; please try again' }
/** Messages with keys under way at once: those of two batches. */
const mostUnderWay = 200
/** More authors than any honest message has are not looked up. */
const mostAuthors = 10

export class MessageSender {
  readonly #ports: SenderPorts
  /** By key: what comes of a request that is not over yet. */
  readonly #underWay = new Map<string, { fingerprint: string; outcome: Promise<SendOutcome> }>()

  constructor(ports: SenderPorts) {
    this.#ports = ports
  }

  async send(order: SendOrder): Promise<SendOutcome> {
    const { store } = this.#ports
    if (!store.exists) return { kind: 'no account' }
    const { key, fingerprint = '' } = order
    if (key === undefined) return this.#send(order)
    const known = this.#underWay.get(key) ?? store.keptAnswers.find(key)
    if (known !== undefined && known.fingerprint !== fingerprint) return { kind: 'key used' }
    if (known !== undefined && 'outcome' in known) return repeated(await known.outcome)
    if (known !== undefined) return { kind: 'sent', sent: JSON.parse(known.answer) as Sent, isRepeated: true }
    if (this.#underWay.size >= mostUnderWay) return { kind: 'refused', reply: tooMany, recipients: [] }
    const outcome = this.#sendOnce(order, key, fingerprint)
    this.#underWay.set(key, { fingerprint, outcome })
    try {
      return await outcome
    } finally {
      this.#underWay.delete(key)
    }
  }

  /** A refusal is not kept: nothing was done, and the next try may fare better. */
  async #sendOnce(order: SendOrder, key: string, fingerprint: string): Promise<SendOutcome> {
    const outcome = await this.#send(order)
    if (outcome.kind === 'sent') {
      this.#ports.store.keptAnswers.keep(key, { fingerprint, answer: JSON.stringify(outcome.sent) })
    }
    return outcome
  }

  async #send(order: SendOrder): Promise<SendOutcome> {
    const { accountId, clock } = this.#ports
    const { header, bodyStart } = parseHeader(order.raw)
    const falseName = await this.#falseName(order.from, header)
    if (falseName !== undefined) return { kind: 'refused', reply: falseName, recipients: [] }
    const refused = await this.#refused(order)
    const welcome = order.recipients.filter((address) => !refused.has(address))
    const [first] = refused.values()
    if (welcome.length === 0 && first !== undefined) {
      return { kind: 'refused', reply: first, recipients: order.recipients.map((address) => refusal(address, refused)) }
    }
    const envelope = envelopeOf({ ...order, recipients: welcome }, bodyStart)
    if (order.sendAt !== undefined && order.sendAt > clock()) return this.#hold(order, envelope, refused)
    const origin = { kind: 'submission', accountId, transactionId: order.transactionId } as const
    const { reply, delivered = [] } = await this.#ports.accept({ envelope, raw: order.raw, origin })
    if (reply.code >= 400) return { kind: 'refused', reply, recipients: [] }
    const there = new Set(delivered)
    const recipients = order.recipients.map((address): SentRecipient =>
      refused.has(address)
        ? refusal(address, refused)
        : { address, status: there.has(address) ? 'delivered' : 'queued' },
    )
    const copy = order.copy ? await this.#copy(order.raw) : undefined
    const sent = { recipients, ...(copy === undefined ? {} : { copy: formatEmailId(copy.id) }) }
    return { kind: 'sent', sent, isRepeated: false }
  }

  /** The refusal of a sender or author that is not the account's. */
  async #falseName(from: string, header: Header): Promise<Reply | undefined> {
    const { accountId, directory } = this.#ports
    const sender = await checkSender({ accountId, address: from }, { directory })
    if (sender.code >= 400) return sender
    const authors = flattenAddresses(parseAddressList(header.first('From') ?? ''))
    if (authors.length === 0) return { code: 554, enhanced: '5.6.0', text: 'The message names no author' }
    if (authors.length > mostAuthors) return { code: 550, enhanced: '5.7.1', text: 'The message has too many authors' }
    for (const { address } of authors) {
      if (await ownsAddress(address, accountId, directory)) continue
      return { code: 550, enhanced: '5.7.1', text: `From: <${address}> does not belong to the account` }
    }
    return undefined
  }

  /** Who does not get it, and why. */
  async #refused({ from, recipients, transactionId }: SendOrder): Promise<Map<string, Reply>> {
    const { accountId, directory, suppressed } = this.#ports
    const refused = new Map(suppressed(recipients))
    const origin = { kind: 'submission', accountId, transactionId } as const
    await Promise.all(
      recipients.map(async (recipient) => {
        const reply = await checkRecipient({ recipient, reversePath: from, origin }, { directory })
        if (reply.code >= 400) refused.set(recipient, reply)
      }),
    )
    return refused
  }

  /** Keeps the message in the account until its time: its copy is there from now on, and canceling is one local write. */
  async #hold(order: SendOrder, envelope: Envelope, refused: ReadonlyMap<string, Reply>): Promise<SendOutcome> {
    const { store, wakeAt } = this.#ports
    const { sendAt = 0, tag, raw } = order
    const [identity] = store.identities()
    const email = await this.#copy(raw)
    if (email === undefined || identity === undefined) {
      return {
        kind: 'refused',
        reply: { code: 452, enhanced: '4.2.2', text: 'The account has no room' },
        recipients: [],
      }
    }
    const held: NewSubmission = {
      identityId: identity.id,
      emailId: email.id,
      threadId: email.threadId,
      envelope: {
        mailFrom: { email: order.from, parameters: null },
        rcptTo: envelope.recipients.map(({ address }) => ({ email: address, parameters: null })),
      },
      sendAt,
      undoStatus: 'pending',
      deliveryStatus: null,
      tag,
      hold: email.blob,
    }
    const submission = store.createSubmission(held)
    wakeAt(sendAt)
    const recipients = order.recipients.map((address): SentRecipient =>
      refused.has(address) ? refusal(address, refused) : { address, status: 'scheduled' },
    )
    const sent = { recipients, sendAt, submission: formatSubmissionId(submission.id), copy: formatEmailId(email.id) }
    return { kind: 'sent', sent, isRepeated: false }
  }

  /** The message in the mailbox of sent mail; undefined when there is no such mailbox, or no room. */
  async #copy(raw: Uint8Array) {
    const { store, onFault } = this.#ports
    const mailbox = store.mailboxByRole('sent') ?? store.mailboxByRole('inbox')
    if (mailbox === undefined) return undefined
    const incoming = store.incoming()
    try {
      const [email] = store.add([{ raw: await incoming.message(raw), mailboxIds: [mailbox.id], keywords: ['$seen'] }])
      return email
    } catch (cause) {
      onFault('copy of a sent message', cause)
      return undefined
    } finally {
      await incoming.settle()
    }
  }
}

function repeated(outcome: SendOutcome): SendOutcome {
  return outcome.kind === 'sent' ? { ...outcome, isRepeated: true } : outcome
}

function refusal(address: string, refused: ReadonlyMap<string, Reply>): SentRecipient {
  const reply = refused.get(address)
  return { address, status: 'refused', ...(reply === undefined ? {} : { reply: replyText(reply) }) }
}

function envelopeOf({ from, recipients, raw }: SendOrder, headerSize: number): Envelope {
  const smtputf8 = [from, ...recipients].some(isBeyondAscii) || hasHighOctet(raw.subarray(0, headerSize))
  return {
    reversePath: from,
    recipients: recipients.map((address) => ({ address })),
    smtputf8,
    body: hasHighOctet(raw) ? '8BITMIME' : '7BIT',
  }
}

function isBeyondAscii(text: string): boolean {
  return /[^\0-\x7f]/.test(text)
}

function hasHighOctet(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at++) if ((bytes[at] as number) > 0x7f) return true
  return false
}
