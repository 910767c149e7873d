/**
 * What every JMAP method works with: an account's mail and the ports around it.
 */
import type { Mail, MailStore } from '../../mailbox/index.ts'
import type { Standard, CallContext } from '../../protocol/jmap/index.ts'
import type { JmapLimits } from './limits.ts'
import type { MasksPort } from './masked-email/masks-port.ts'
import type { PushAccess } from './push-subscription/push-service.ts'
import type { MailboxSharing } from './sharing/mailbox-sharing.ts'
import type { SharingPorts } from './sharing/ports.ts'
import type { SubmissionPort } from './submission-port.ts'
import type { Outbox } from './submission/outbox.ts'
import type { TimelinePort } from './submission/timeline-port.ts'

export type { Download, JmapResponse } from './response.ts'

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
  /** Undefined: mailboxes cannot be shared. */
  readonly mailboxSharing?: MailboxSharing | undefined
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
  /** Undefined: nobody shares anything with anybody. */
  readonly sharing?: SharingPorts | undefined
  /** Undefined: there are no masked addresses. */
  readonly masks?: MasksPort | undefined
  /** Undefined: no traces are kept. */
  readonly timeline?: TimelinePort | undefined
}

export function standardOf(context: JmapContext, call: CallContext): Standard {
  return { accountId: context.account.id, limits: context.limits, createdIds: call.createdIds }
}
