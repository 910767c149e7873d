/**
 * One message on its way from a program: whether the account may send it, to whom, and what became of it.
 *
 * Standards: RFC 6409 §6.1 (in whose name), RFC 4865 (sending later).
 */
import {
  type Acceptance,
  type Arrival,
  checkRecipient,
  type ArrivalPorts,
  checkSender,
} from '../../../arrival/index.ts'
import { flattenAddresses, type Header, isAscii, parseAddressList, parseHeader } from '../../../format/index.ts'
import { formatEmailId, formatSubmissionId, type MailStore, type NewSubmission } from '../../../mailbox/index.ts'
import { type Envelope, replyText, type Reply } from '../../../protocol/smtp/index.ts'
import { ownsAddress } from '../../../routing/index.ts'
import type { SendOrder, SendOutcome, SentRecipient } from './send-order.ts'

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

/** More authors than any honest message has are not looked up. */
const mostAuthors = 10
const ourFault: Reply = { code: 451, enhanced: '4.3.0', text: 'A fault of this server; please try again' }

export class SingleSender {
  readonly #ports: SenderPorts

  constructor(ports: SenderPorts) {
    this.#ports = ports
  }

  /** Never rejects: a fault of ours is a refusal for now. */
  async send(order: SendOrder): Promise<SendOutcome> {
    try {
      return await this.#send(order)
    } catch (cause) {
      this.#ports.onFault('sending of a message', cause)
      return { kind: 'refused', reply: ourFault, recipients: [] }
    }
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
      if (address === from || (await ownsAddress(address, accountId, directory))) continue
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

function refusal(address: string, refused: ReadonlyMap<string, Reply>): SentRecipient {
  const reply = refused.get(address)
  return { address, status: 'refused', ...(reply === undefined ? {} : { reply: replyText(reply) }) }
}

function envelopeOf({ from, recipients, raw }: SendOrder, headerSize: number): Envelope {
  const smtputf8 = [from, ...recipients].some(isBeyondAscii) || !isAscii(raw, 0, headerSize)
  return {
    reversePath: from,
    recipients: recipients.map((address) => ({ address })),
    smtputf8,
    body: isAscii(raw) ? '7BIT' : '8BITMIME',
  }
}

function isBeyondAscii(text: string): boolean {
  return /[^\0-\x7f]/.test(text)
}
