import type { EnvelopeRow, MailboxView } from '../../../mailbox/index.ts'

/** The message in hand. Valid until the next one, and only until the store changes. */
export interface FetchMessage {
  sequence: number
  uid: number
  view: MailboxView
  row: number
  columns: EnvelopeRow | undefined
  /** The whole message, where it has been read ahead. */
  octets?: Uint8Array | undefined
}
