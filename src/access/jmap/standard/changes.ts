/**
 * /changes over the store's change log.
 *
 * Standards: RFC 8620 §5.2.
 */
import { formatState, parseState, type Changes, type ChangeType } from '../../../mailbox/index.ts'
import { changesArguments, MethodError, type JsonObject, type Method } from '../../../protocol/jmap/index.ts'
import { standardOf, type JmapContext } from '../context.ts'

export interface ChangesType {
  readonly capability: string
  readonly type: ChangeType
  readonly formatId: (id: number) => string
  /** Arguments that a type adds to the response. */
  extra?(changes: Changes): JsonObject
}

export function changesMethod(context: JmapContext, type: ChangesType): Method {
  return {
    capability: type.capability,
    run(values, call) {
      const { sinceState, maxChanges } = changesArguments(values, standardOf(context, call))
      const changes = changesSince(context, type.type, sinceState, maxChanges)
      return {
        arguments: {
          accountId: context.account.id,
          oldState: sinceState,
          newState: formatState(changes.newState),
          hasMoreChanges: changes.hasMoreChanges,
          created: changes.created.map(type.formatId),
          updated: changes.updated.map(type.formatId),
          destroyed: changes.destroyed.map(type.formatId),
          ...type.extra?.(changes),
        },
      }
    },
  }
}

/** Throws `cannotCalculateChanges` for a state that is too old, of the future, or not one of ours. */
export function changesSince(context: JmapContext, type: ChangeType, state: string, max?: number): Changes {
  const since = parseState(state)
  const changes = since === undefined ? undefined : context.store.changes(type, since, max)
  if (changes === undefined) throw new MethodError('cannotCalculateChanges')
  return changes
}
