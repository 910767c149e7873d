/**
 * Which emails may have entered, left or moved within a query's results since a state.
 *
 * Standards: RFC 8620 §5.6; RFC 8621 §4.5 (thread conditions and collapsing reach beyond the changed email).
 */
import type { EmailId, ThreadId } from '../../../mailbox/index.ts'
import type { Touched } from '../../../protocol/jmap/index.ts'
import type { JmapContext } from '../context.ts'
import { changesSince } from '../standard/changes.ts'

/** Touched are emails that changed, or whose thread did. Throws `cannotCalculateChanges`. */
export function touchedSince(context: JmapContext, state: string): Touched<EmailId> {
  const { store } = context
  const emails = changesSince(context, 'Email', state)
  const threads = changesSince(context, 'Thread', state)
  const changedThreads = new Set([...threads.created, ...threads.updated] as ThreadId[])
  const changed = [...emails.created, ...emails.updated] as EmailId[]
  for (const email of store.emails(changed)) changedThreads.add(email.threadId)
  const touched = new Set(changed)
  for (const ids of store.threads([...changedThreads]).values()) for (const id of ids) touched.add(id)
  return { touched, created: new Set(emails.created as EmailId[]), gone: new Set(emails.destroyed as EmailId[]) }
}
