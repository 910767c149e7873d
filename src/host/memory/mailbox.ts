/**
 * Mailboxes that keep what they get in a list, and can be told to refuse.
 */
import type { MailboxDelivery, MailboxOutcome, MailboxPort } from '../../delivery/index.ts'

export class MemoryMailbox implements MailboxPort {
  readonly messages: MailboxDelivery[] = []
  /** When set, what every delivery gets; an Error is thrown. */
  refusal: MailboxOutcome | Error | undefined

  async deliver(batch: MailboxDelivery[]): Promise<MailboxOutcome[]> {
    const { refusal } = this
    if (refusal instanceof Error) throw refusal
    if (refusal !== undefined) return batch.map(() => refusal)
    this.messages.push(...batch)
    return batch.map(() => ({ status: 'delivered' }))
  }

  /** The newest message as text. */
  get last(): string {
    const raw = this.messages.at(-1)?.raw
    if (raw === undefined) throw new Error('the mailbox is empty')
    return new TextDecoder().decode(raw)
  }
}
