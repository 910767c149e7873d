/**
 * The port through which a JMAP EmailSubmission leaves the account: the host wires it to `arrival`.
 */
import type { Envelope, Reply } from '../../protocol/smtp/index.ts'

/** `accepted` means: durably in a mailbox or a queue. Otherwise `reply` is the honest 4xx or 5xx. */
export interface SubmissionResult {
  readonly accepted: boolean
  readonly reply: Reply
  /** Recipients whose copies are in mailboxes of this house already. */
  readonly delivered?: readonly string[]
}

export interface SubmissionOptions {
  readonly tag?: string
  readonly committed?: boolean
  /** Of what was held until now: the id of its submission, `S12`. */
  readonly submission?: string
}

export interface SubmissionPort {
  /**
   * Hands a complete message over. Rejects only for faults of ours; a refusal is a result. With a tag, what becomes of it
   * comes back to `Outbox.track`. A `committed` message was taken from the client before: what no recipient's server will
   * have is then reported to the sender instead of refused here.
   */
  submit(envelope: Envelope, raw: Uint8Array, options?: SubmissionOptions): Promise<SubmissionResult>
  /**
   * Whether the account may write this address as the sender: its aliases, for instance. Without it only the account's
   * own address, also with a subaddress, is allowed.
   */
  maySendAs?(address: string): Promise<boolean>
}
