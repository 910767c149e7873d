/**
 * State strings: the account's change counter in decimal, one for all types.
 *
 * A type's state therefore also moves when only other types changed; comparing two states asks the change log, so that
 * such a move is never taken for a change of this type.
 */
import { formatState, parseState, type ChangeType } from '../../../mailbox/index.ts'
import { MethodError } from '../../../protocol/jmap/index.ts'
import type { JmapContext } from '../context.ts'

export function currentState(context: JmapContext): string {
  return formatState(context.store.state)
}

/** Throws `stateMismatch` when objects of the type changed since `ifInState` (RFC 8620 §5.3). */
export function expectState(context: JmapContext, type: ChangeType, ifInState: string | undefined): void {
  if (ifInState === undefined || ifInState === currentState(context)) return
  const since = parseState(ifInState)
  const changes = since === undefined ? undefined : context.store.changes(type, since)
  if (changes === undefined || changes.created.length + changes.updated.length + changes.destroyed.length > 0) {
    throw new MethodError('stateMismatch')
  }
}
