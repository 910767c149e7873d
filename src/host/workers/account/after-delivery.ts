/**
 * What follows a delivery into the mailbox: a report finds its submission, a masked address has been used, and the vacation
 * response goes out. It is prepared in the delivery's own event and sent when that has committed, since the platform holds all
 * output of an object back until its storage is durable. It neither delays nor fails the delivery.
 */
import type { Outbox } from '../../../access/jmap/index.ts'
import { type MailboxDelivery, VacationResponder, type VacationPorts } from '../../../delivery/index.ts'
import type { Email } from '../../../mailbox/index.ts'
import { describe, type Log } from '../log.ts'
import { complaintIn, type ComplaintPorts, passComplaint } from './complaints.ts'
import { suppressReturned } from './suppress-returned.ts'

export interface AfterDeliveryPorts extends Omit<VacationPorts, 'log'>, ComplaintPorts {
  /** Reports on what was sent from here go there. */
  readonly outbox: Pick<Outbox, 'stored'>
  /** Somebody else's report came. Never rejects. */
  readonly returned: (raw: Uint8Array) => Promise<void>
  /** A message came to a masked address. Rejects when the domain cannot be told. */
  readonly maskUsed: (address: string) => Promise<void>
  /** Keeps the object awake until the work is over. */
  readonly waitUntil: (work: Promise<void>) => void
  readonly log: Log
}

export class AfterDelivery {
  readonly #ports: AfterDeliveryPorts
  readonly #responder: VacationResponder

  constructor(ports: AfterDeliveryPorts) {
    this.#ports = ports
    const { log } = ports
    const note: VacationPorts['log'] = (event, { cause, ...facts }) =>
      log('warning', event, { ...facts, ...(cause === undefined ? {} : { error: describe(cause) }) })
    this.#responder = new VacationResponder({ ...ports, log: note })
  }

  /** Never throws: the message is in the mailbox whatever happens here. */
  stored(delivery: MailboxDelivery, email: Email): void {
    const { waitUntil, log } = this.#ports
    try {
      const isJunk = delivery.junk !== undefined
      if (delivery.reversePath === '') this.#ports.outbox.stored(delivery.raw, email, isJunk)
      // Of what our own queues give up programs hear from them.
      const isForeign = delivery.reversePath === '' && delivery.internal !== true && !isJunk
      if (isForeign) waitUntil(this.#ports.returned(delivery.raw))
      // Anybody can forge a report: only our own keeps the account from sending there again.
      if (delivery.internal === true) suppressReturned(this.#ports.store, delivery.raw)
      if (delivery.mask !== undefined) waitUntil(this.#maskUsed(delivery.recipient))
      const complaint = complaintIn(delivery.raw)
      if (complaint !== undefined) waitUntil(passComplaint(complaint, this.#ports))
      const reply = this.#responder.prepare(delivery, email)
      if (reply !== undefined) waitUntil(this.#responder.send(reply))
    } catch (error) {
      log('error', 'a stored message could not be followed up', { error: describe(error) })
    }
  }

  /** When it was used last is a help for its owner: not worth more than one try. */
  async #maskUsed(address: string): Promise<void> {
    try {
      await this.#ports.maskUsed(address)
    } catch (error) {
      this.#ports.log('warning', 'the use of a masked address was not noted', { error: describe(error) })
    }
  }
}
