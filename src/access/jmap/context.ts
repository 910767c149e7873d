/**
 * What every JMAP method works with: an account's mail and the ports around it.
 */
import type { Mail, MailStore } from '../../mailbox/index.ts'
import type { Standard, CallContext } from '../../protocol/jmap/index.ts'
import type { JmapLimits } from './limits.ts'
import type { PushAccess } from './push-subscription/push-service.ts'
import type { SubmissionPort } from './submission-port.ts'
import type { Outbox } from './submission/outbox.ts'

export interface JmapAccount {
  readonly id: string
  readonly address: string
  readonly name: string
}

export interface JmapContext {
  /** The mail of the account, all of it or what is shared with the one who asks. */
  readonly store: Mail
  readonly account: JmapAccount
  readonly limits: JmapLimits
  /** Milliseconds since the epoch. */
  readonly clock: () => number
  /** A fresh unguessable text of letters and digits: Message-IDs and MIME boundaries are made from it. */
  readonly ids: () => string
  /** Told about bugs and faults of ours, with the method or operation they met. */
  readonly onFault: (where: string, cause: unknown) => void
}

/** What methods work with that are for an account's own user alone: identities, submissions, vacation, push. */
export interface OwnContext extends JmapContext {
  readonly store: MailStore
  readonly submit: SubmissionPort
  readonly outbox: Outbox
  /** Undefined: no push subscriptions can be made. */
  readonly push?: PushAccess
}

/** An HTTP answer for the host to pass on. */
export interface JmapResponse {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

/** A blob to be read in pieces; immutable, so it may be cached for ever (RFC 8620 §6.2). */
export interface Download {
  readonly type: string
  readonly size: number
  /**
   * Octets `start` to before `end`, both within `size`; undefined when the blob has been destroyed meanwhile. Throws
   * `unavailable`.
   */
  slice(start: number, end: number): Promise<Uint8Array | undefined>
}

export function standardOf(context: JmapContext, call: CallContext): Standard {
  return { accountId: context.account.id, limits: context.limits, createdIds: call.createdIds }
}
