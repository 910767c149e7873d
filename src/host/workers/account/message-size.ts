/**
 * The operator's largest message, as each room that an account's object wires has to know it.
 */
import { sizesFor, type JmapLimits } from '../../../access/jmap/index.ts'
import type { ImapSessionLimits } from '../../../access/imap/index.ts'
import { traceAllowance } from '../../../format/index.ts'
import type { StoreLimits } from '../../../mailbox/index.ts'
import type { Env } from '../env.ts'
import { settingsOf } from '../settings.ts'

export interface MessageSizeLimits {
  readonly store: Partial<StoreLimits>
  readonly jmap: Partial<JmapLimits>
  readonly imap: Partial<ImapSessionLimits>
}

export function messageSizeLimits(env: Env): MessageSizeLimits {
  const { maxMessageSize } = settingsOf(env)
  return {
    store: { maxMessageSize: maxMessageSize + traceAllowance },
    jmap: sizesFor(maxMessageSize),
    imap: { appendLimit: maxMessageSize },
  }
}
