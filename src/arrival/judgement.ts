/**
 * What was found out about who sent a message, and what was done about it: for the trace, reports, scores and hooks.
 *
 * Plain values only: it may be stored, cloned and sent on. Texts in it are a stranger's unless said otherwise.
 *
 * Standards: RFC 8601 (words for results), RFC 9989 (DMARC), RFC 9990 §3.1.6 (types of overrides, as reports name them).
 */
import type { AuthenticationResult } from '../format/index.ts'
import type { ArcResult } from '../protocol/arc/index.ts'
import type { DkimResult } from '../protocol/dkim/index.ts'
import type { DmarcPolicy, DmarcResult } from '../protocol/dmarc/index.ts'
import type { IprevResult, SpfResult } from '../protocol/spf/index.ts'

export interface Judgement {
  /** As in Received, the reply and the log. */
  transactionId: string
  /** Milliseconds since the epoch. */
  at: number
  /** Undefined where the way of arrival does not tell it. */
  clientAddress?: string
  helo?: string
  /** '' is the null one. */
  reversePath: string
  /** Undefined without a client address. */
  iprev?: IprevResult
  /** `reported`: somebody whom we trust to say it has checked, since the client address is not known here. */
  spf?: SpfResult & { identity: 'mailfrom' | 'helo'; reported?: string }
  /** One for each signature that was looked at; the d= of a pass is a domain that signed. */
  dkim: DkimResult[]
  arc: Pick<ArcResult, 'status' | 'reason' | 'sealers' | 'instances'>
  /** With the author's domain, its record, alignment, and what the domain asks for. */
  dmarc: DmarcResult
  /** What is done: `quarantine` is the mailbox for junk, `reject` a 550. */
  disposition: DmarcPolicy
  /** Why that is not what the author's domain asks for. */
  override?: DispositionOverride
  /** As Authentication-Results tells it. */
  results: AuthenticationResult[]
}

export interface DispositionOverride {
  type: 'local_policy' | 'mailing_list' | 'policy_test_mode' | 'trusted_forwarder'
  /** In our words. */
  comment: string
}
