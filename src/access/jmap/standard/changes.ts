/**
 * /changes over the store's change log.
 *
 * Where more changed at once than the client takes, the answer ends at a state in between: `since-until-after` says that of
 * what happened from `since` to `until` the client knows the objects numbered up to `after`.
 *
 * Standards: RFC 8620 §5.2.
 */
import { formatState, parseState, type Changes, type ChangeType, type ModSeq } from '../../../mailbox/index.ts'
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
      const { changes, newState } = atMost(context, type.type, sinceState, maxChanges)
      return {
        arguments: {
          accountId: context.account.id,
          oldState: sinceState,
          newState,
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
export function changesSince(context: JmapContext, type: ChangeType, state: string): Changes {
  const since = parseState(state)
  const changes = since === undefined ? undefined : context.store.changes(type, since)
  return changes ?? unknownState()
}

interface Step {
  readonly changes: Changes
  readonly newState: string
}

/** What part of a span of changes the client has. */
interface Between {
  readonly since: ModSeq
  readonly until: ModSeq
  /** Number of the last object it was told of. */
  readonly after: number
}

function atMost({ store }: JmapContext, type: ChangeType, state: string, max = Infinity): Step {
  const between = parseBetween(state)
  if (between !== undefined) {
    return cut(store.changes(type, between.since, Infinity, between.until) ?? unknownState(), between, max)
  }
  const since = parseState(state) ?? unknownState()
  const changes = store.changes(type, since, max)
  if (changes !== undefined) return { changes, newState: formatState(changes.newState) }
  // More than `max` at once, and no earlier state to stop at: by number of object.
  const all = store.changes(type, since) ?? unknownState()
  return cut(all, { since, until: all.newState, after: 0 }, max)
}

/** The next `max` objects of the span. Each is told once, so that no later answer contradicts an earlier one. */
function cut(all: Changes, { since, until, after }: Between, max: number): Step {
  const left = [...all.created, ...all.updated, ...all.destroyed].filter((id) => id > after).sort((a, b) => a - b)
  const last = left.length > max ? (left[max - 1] as number) : Infinity
  const isNext = (id: number): boolean => id > after && id <= last
  const changes = {
    ...all,
    created: all.created.filter(isNext),
    updated: all.updated.filter(isNext),
    destroyed: all.destroyed.filter(isNext),
  }
  if (last === Infinity) return { changes, newState: formatState(until) }
  return { changes: { ...changes, hasMoreChanges: true }, newState: `${since}-${until}-${last}` }
}

function parseBetween(state: string): Between | undefined {
  const parts = state.split('-')
  const [since, until, after] = parts.map(parseState)
  if (parts.length !== 3 || since === undefined || until === undefined || after === undefined) return undefined
  return { since, until, after }
}

function unknownState(): never {
  throw new MethodError('cannotCalculateChanges')
}
