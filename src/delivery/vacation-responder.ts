/**
 * Answers in the place of somebody who is away, after a message is safe in the mailbox.
 *
 * Standards: RFC 3834 (automatic responses), RFC 5230 §4.2 (once per sender and period), RFC 8621 §8.
 * Security: anyone can make us write to the address in a reverse-path; hence the rules of `answerable` and the period.
 */
import {
  answerable,
  type AutoReply,
  ComposeError,
  composeAutoReply,
  covers,
  type Header,
  isAsciiText,
  parseHeader,
} from '../format/index.ts'
import { type Email, type MailStore, StoreError } from '../mailbox/index.ts'
import type { Envelope, Reply } from '../protocol/smtp/index.ts'
import type { MailboxDelivery } from './ports.ts'

/** RFC 5230 §4.1: a sender hears once in seven days. */
const period = 7 * 24 * 3_600_000

export interface VacationPorts {
  readonly store: MailStore
  readonly account: () => { readonly address: string; readonly name: string }
  /** Hands a message of this account over. Rejects only for faults of ours. */
  readonly submit: (
    envelope: Envelope,
    raw: Uint8Array,
  ) => Promise<{ readonly accepted: boolean; readonly reply: Reply }>
  readonly clock: () => number
  /** A fresh text of 1 to 40 letters and digits. */
  readonly ids: () => string
  readonly log: (event: string, facts: Record<string, unknown>) => void
}

/** An answer that is owed; the sender's turn is taken. */
export interface VacationReply {
  readonly sender: string
  readonly raw: Uint8Array
}

export class VacationResponder {
  readonly #ports: VacationPorts

  constructor(ports: VacationPorts) {
    this.#ports = ports
  }

  /**
   * The answer to a message that has just been stored, if one is due. Belongs into the event of the delivery, so that the
   * sender's turn and the message are one commit. Never throws for what is in a message.
   */
  prepare(delivery: MailboxDelivery, email: Email): VacationReply | undefined {
    const { store, clock } = this.#ports
    const now = clock()
    if (delivery.reversePath === '' || !store.vacation.isActive(now) || this.#isJunk(email)) return undefined
    const { header } = parseHeader(delivery.raw)
    const own = this.#own()
    const verdict = answerable(header, delivery.reversePath, (address) => own.some((one) => covers(one, address)))
    if (!verdict.ok) return undefined
    const raw = this.#compose(header, delivery.reversePath, verdict.addressed, now)
    if (raw === undefined) return undefined
    return store.vacation.claim(delivery.reversePath, now, period) ? { sender: delivery.reversePath, raw } : undefined
  }

  /** Sends what `prepare` gave, from the null reverse-path (RFC 3834 §3.3). Never rejects. */
  async send(reply: VacationReply): Promise<void> {
    const { submit, log } = this.#ports
    try {
      const { accepted, reply: answer } = await submit(envelopeOf(reply), reply.raw)
      if (accepted) return
      log('vacation response refused', { sender: reply.sender, code: answer.code })
    } catch (cause) {
      log('vacation response failed', { sender: reply.sender, cause })
    }
    this.#giveBack(reply.sender)
  }

  /** The next message of that sender is answered instead. */
  #giveBack(sender: string): void {
    try {
      this.#ports.store.vacation.release(sender)
    } catch (error) {
      // The account was removed meanwhile: nobody is left to answer for.
      if (!(error instanceof StoreError)) throw error
    }
  }

  #isJunk(email: Email): boolean {
    const junk = this.#ports.store.mailboxByRole('junk')
    return junk !== undefined && email.places.some(({ mailboxId }) => mailboxId === junk.id)
  }

  #own(): string[] {
    const { store, account } = this.#ports
    return [account().address, ...store.identities().map(({ email }) => email)]
  }

  /** Undefined for a reverse-path that no header field can hold. */
  #compose(header: Header, sender: string, addressed: string, now: number): Uint8Array | undefined {
    const { store, account, ids } = this.#ports
    const { subject, textBody, htmlBody } = store.vacation.get()
    const { name } = account()
    const id = ids()
    const reply: AutoReply = {
      from: { address: addressed, ...(name === '' ? {} : { name }) },
      to: sender,
      ...(subject === null ? {} : { subject }),
      ...(textBody === null ? {} : { textBody }),
      ...(htmlBody === null ? {} : { htmlBody }),
      date: now,
      messageId: `${id}@${addressed.slice(addressed.lastIndexOf('@') + 1)}`,
      original: header,
    }
    try {
      return composeAutoReply(reply, id)
    } catch (error) {
      if (error instanceof ComposeError) return undefined
      throw error
    }
  }
}

function envelopeOf({ sender, raw }: VacationReply): Envelope {
  return {
    reversePath: '',
    // RFC 3834 §3.3: nobody wants to hear that an automatic answer could not be delivered.
    recipients: [{ address: sender, notify: ['NEVER'] }],
    smtputf8: !isAsciiText(sender) || hasHighOctet(raw),
    body: hasHighOctet(raw) ? '8BITMIME' : '7BIT',
  }
}

function hasHighOctet(raw: Uint8Array): boolean {
  return raw.some((octet) => octet > 127)
}
