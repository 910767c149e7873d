/**
 * The port through which a JMAP EmailSubmission leaves the account: the host wires it to `arrival`.
 */
import type { Envelope, Reply } from '../../protocol/smtp/index.ts'

/** `accepted` means: durably in a mailbox or a queue. Otherwise `reply` is the honest 4xx or 5xx. */
export interface SubmissionResult {
  readonly accepted: boolean
  readonly reply: Reply
}

export interface SubmissionPort {
  /** Hands a complete message over. Rejects only for faults of ours; a refusal is a result. */
  submit(envelope: Envelope, raw: Uint8Array): Promise<SubmissionResult>
  /**
   * Whether the account may write this address as the sender: its aliases, for instance. Without it only the account's
   * own address, also with a subaddress, is allowed.
   */
  maySendAs?(address: string): Promise<boolean>
}
