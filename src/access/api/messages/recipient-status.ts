/**
 * What became of each recipient, from the steps of a message's trace.
 */
import type { SenderStep } from '../../../trace/index.ts'

export interface RecipientStatus {
  readonly address: string
  readonly status: 'delivered' | 'queued' | 'deferred' | 'bounced'
  /** The last answer that somebody gave for it. */
  readonly reply?: string
}

/** In the order in which they were placed. Of copies that went several ways, the last news counts. */
export function recipientStatuses(steps: readonly SenderStep[]): RecipientStatus[] {
  const known = new Map<string, RecipientStatus>()
  for (const step of steps) {
    if (step.type !== 'placed' && step.type !== 'attempt') continue
    const { recipient, status } = step
    const said = step.reply ?? ('cause' in step ? step.cause : undefined)
    known.set(recipient, { address: recipient, status, ...(said === undefined ? {} : { reply: said }) })
  }
  return [...known.values()]
}
