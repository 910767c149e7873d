/**
 * /set: creates, updates and destroys in one transaction; a record that is refused leaves nothing behind.
 *
 * Standards: RFC 8620 §5.3.
 */
import type { ChangeType } from '../../../mailbox/index.ts'
import {
  resolveId,
  SetError,
  setArguments,
  setOwn,
  type CallContext,
  type CreatedIds,
  type JsonObject,
  type MethodResult,
  type SetArguments,
  type SetOperations,
} from '../../../protocol/jmap/index.ts'
import { standardOf, type JmapContext } from '../context.ts'
import { exchange, refusedOf, repeated, type Change, type Resolves, type Update } from './change.ts'
import { currentState, expectState } from './state.ts'

/** The outcome of one /set, in the making. */
export class SetOutcome {
  readonly created: JsonObject = {}
  readonly updated: JsonObject = {}
  readonly destroyed: string[] = []
  readonly notCreated: JsonObject = {}
  readonly notUpdated: JsonObject = {}
  readonly notDestroyed: JsonObject = {}

  toArguments(accountId: string, oldState: string, newState: string): JsonObject {
    return {
      accountId,
      oldState,
      newState,
      ...this.toResults(),
    }
  }

  toResults(): JsonObject {
    return {
      created: orNull(this.created),
      updated: orNull(this.updated),
      destroyed: this.destroyed.length === 0 ? null : this.destroyed,
      notCreated: orNull(this.notCreated),
      notUpdated: orNull(this.notUpdated),
      notDestroyed: orNull(this.notDestroyed),
    }
  }
}

function orNull(map: JsonObject): JsonObject | null {
  return Object.keys(map).length === 0 ? null : map
}

/** How one type is changed. Each throws SetError or StoreError before it has changed anything of its record. */
export interface SetType {
  readonly type: ChangeType
  readonly extra?: readonly string[]
  /** Called once, with the checked arguments, before any record. */
  prepare?(request: SetArguments): void
  /** Returns `id` and whatever else the client did not say itself. */
  create(value: JsonObject, creationId: string): { id: string } & JsonObject
  /** Returns what the server changed beyond the patch, or null. */
  update(id: string, patch: JsonObject): JsonObject | null
  destroy?(id: string): void
  /** In place of `destroy` where many at once are cheaper: the refusals, by id. */
  destroyMany?(ids: readonly string[]): ReadonlyMap<string, Error>
  /** For types whose records may stand in each other's way: only the outcome of all changes has to be valid. */
  readonly resolves?: Resolves
}

export function runSet(context: JmapContext, values: JsonObject, call: CallContext, type: SetType): MethodResult {
  const request = setArguments(values, standardOf(context, call), type.extra)
  type.prepare?.(request)
  expectState(context, type.type, request.ifInState)
  const oldState = currentState(context)
  const outcome = applySet(context, request, call, type)
  return { arguments: outcome.toArguments(context.account.id, oldState, currentState(context)) }
}

/** How the records of a type are changed, whatever is around them. */
export type SetRecords = Pick<SetType, 'create' | 'update' | 'destroy' | 'destroyMany' | 'resolves'>

/** All operations in one transaction, without account and states: PushSubscription/set has none (RFC 8620 §7.2.2). */
export function applySet(
  context: JmapContext,
  request: SetOperations,
  call: CallContext,
  type: SetRecords,
): SetOutcome {
  const outcome = new SetOutcome()
  undoingCreatedIds(call.createdIds, () => context.store.transaction(() => applyAll(request, call, type, outcome)))
  return outcome
}

function applyAll(request: SetOperations, call: CallContext, type: SetRecords, outcome: SetOutcome): void {
  const creates = inOrderOfReference(request.create).map(([creationId, value]) => ({
    key: creationId,
    refused: outcome.notCreated,
    run: () => {
      const created = type.create(value, creationId)
      call.createdIds.set(creationId, created.id)
      setOwn(outcome.created, creationId, created)
    },
  }))
  const refusedCreates = refusedOf(creates)
  const destroyed = new Set(request.destroy.map((id) => resolveId(id, call.createdIds)))
  const updates: Update[] = request.update.map(([key, patch]) => ({
    key,
    patch,
    refused: outcome.notUpdated,
    id: () => expectResolved(key, call.createdIds),
    run() {
      const id = this.id()
      if (destroyed.has(id)) throw new SetError('willDestroy')
      outcome.updated[id] = type.update(id, patch)
    },
    forget() {
      delete outcome.updated[this.id()]
    },
  }))
  const refusedUpdates = refusedOf(updates)
  const refusedDestroys = refusedOf(destroys(request, call, type, outcome))
  if (type.resolves === undefined) return
  const left = new Set(repeated([...refusedCreates, ...refusedUpdates, ...refusedDestroys]))
  exchange(
    updates.filter((update) => left.has(update)),
    type.resolves,
  )
}

function destroys(request: SetOperations, call: CallContext, type: SetRecords, outcome: SetOutcome): Change[] {
  const known = request.destroy.map((id) => resolveId(id, call.createdIds)).filter((id) => id !== undefined)
  const refusals = type.destroyMany?.(known)
  const done = new Set<string>()
  return request.destroy.map((key) => ({
    key,
    refused: outcome.notDestroyed,
    run: () => {
      const id = expectResolved(key, call.createdIds)
      const refusal = refusals?.get(id)
      if (refusal !== undefined) throw refusal
      if (done.has(id)) throw new SetError('notFound')
      if (refusals === undefined) type.destroy?.(id)
      done.add(id)
      outcome.destroyed.push(id)
    },
  }))
}

export function expectResolved(id: string, createdIds: CreatedIds): string {
  const resolved = resolveId(id, createdIds)
  if (resolved === undefined) throw new SetError('notFound', `Nothing was created as ${id}.`)
  return resolved
}

/** When the whole call fails, nothing it created exists: its creation ids must not either. */
function undoingCreatedIds(createdIds: CreatedIds, work: () => void): void {
  const before = new Map(createdIds)
  try {
    work()
  } catch (error) {
    createdIds.clear()
    for (const [creationId, id] of before) createdIds.set(creationId, id)
    throw error
  }
}

type Creation = readonly [creationId: string, value: JsonObject]

/** Creates that others of the same call refer to come first; what refers in a circle keeps its place and fails. */
export function inOrderOfReference(creations: readonly Creation[]): readonly Creation[] {
  const byId = new Map(creations.map((creation) => [creation[0], creation]))
  const ordered = new Set<Creation>()
  for (const creation of creations) {
    const chain: Creation[] = []
    for (let next: Creation | undefined = creation; next && !ordered.has(next) && !chain.includes(next);) {
      chain.push(next)
      next = referredTo(next[1], byId)
    }
    for (const link of chain.reverse()) ordered.add(link)
  }
  return [...ordered]
}

function referredTo(value: JsonObject, byId: ReadonlyMap<string, Creation>): Creation | undefined {
  for (const inner of Object.values(value)) {
    if (typeof inner === 'string' && inner.startsWith('#')) {
      const creation = byId.get(inner.slice(1))
      if (creation !== undefined) return creation
    }
  }
  return undefined
}
