/**
 * What a program asks an account to send, and what it hears of it. Plain values: they travel between objects.
 */
import type { Reply } from '../../../protocol/smtp/index.ts'

export interface SendOrder {
  /** The message, without what recipients must not see. */
  readonly raw: Uint8Array
  /** The envelope sender, an address of the account. */
  readonly from: string
  readonly recipients: readonly string[]
  /** Under which the message is traced. */
  readonly transactionId: string
  /** Names the submission to the queues; `transactionId` is made from it. */
  readonly tag: string
  /** Milliseconds since the epoch; absent: now. */
  readonly sendAt?: number
  /** A copy goes into the mailbox of sent mail. */
  readonly copy: boolean
  /** The same key, sent again, is not done again; `fingerprint` tells whether it is the same. */
  readonly key?: string
  readonly fingerprint?: string
}

export interface SentRecipient {
  readonly address: string
  /** `delivered`: in a mailbox of this house; `queued`: on its way; `scheduled`: held until its time. */
  readonly status: 'delivered' | 'queued' | 'scheduled' | 'refused'
  /** Of who is refused: why, as SMTP says it. */
  readonly reply?: string
}

export interface Sent {
  readonly recipients: readonly SentRecipient[]
  /** Milliseconds since the epoch, of what is held until then. */
  readonly sendAt?: number
  /** Names the held message within its account. */
  readonly submission?: string
  /** The copy in the account, by its JMAP id. */
  readonly copy?: string
}

export type SendOutcome =
  | { readonly kind: 'sent'; readonly sent: Sent; /** It was sent before. */ readonly isRepeated: boolean }
  /** Nothing of it was taken. Where it is about single recipients, they say why. */
  | { readonly kind: 'refused'; readonly reply: Reply; readonly recipients: readonly SentRecipient[] }
  /** The key was used for another request. */
  | { readonly kind: 'key used' }
  | { readonly kind: 'no account' }
