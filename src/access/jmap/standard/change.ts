/**
 * The changes of one /set: each is tried, and those that stand in each other's way are tried again.
 *
 * Standards: RFC 8620 §5.3 (only the state after the call must be valid).
 * Limits: how many records may change places, since each is tried with all others.
 */
import { MailboxError, StoreError } from '../../../mailbox/index.ts'
import { invalidProperties, SetError, setOwn, type Json, type JsonObject } from '../../../protocol/jmap/index.ts'
import type { JmapContext } from '../context.ts'

/** The change of one record. */
export interface Change {
  readonly key: string
  /** Where its refusal goes, by key. */
  readonly refused: JsonObject
  /** Throws a refusal before anything has changed. */
  run(): void
}

export interface Update extends Change {
  readonly patch: JsonObject
  id(): string
  /** Takes the record out of the answer again. */
  forget(): void
}

/** How records that stand in each other's way are helped past; without `takeAside` they are only tried again. */
export interface Resolves {
  /**
   * Frees what records have to themselves and the patches change, such as a name. Returns how to undo that and whatever was
   * done to them since.
   */
  takeAside?(updates: readonly (readonly [id: string, patch: JsonObject])[]): () => void
  /** Whether that can undo a patch. */
  undoes?(patch: JsonObject): boolean
}

const maxExchanged = 20

/** Tries them in turn: those that were refused. */
export function refusedOf<C extends Change>(changes: readonly C[]): C[] {
  return changes.filter((change) => !attempt(change.refused, change.key, () => change.run()))
}

/** Enough for any order that a client would think of; each costs as much as the call itself. */
const maxRounds = 16

/** What stood in the way may be gone: each is tried again as long as that helps any, to and fro, since they may be a chain. */
export function repeated(changes: readonly Change[]): readonly Change[] {
  let left = changes
  for (let round = 0; round < maxRounds; round++) {
    const still = refusedOf(left.toReversed())
    if (still.length === 0 || still.length === left.length) return still
    left = still
  }
  return left
}

/** Updates that may only be possible together, such as two records that swap names. */
export function exchange(updates: readonly Update[], resolves: Resolves): void {
  if (resolves.takeAside === undefined) return
  const refusal = ({ refused, key }: Update) => refused[key] as JsonObject
  const conflicts: Json[] = ['invalidProperties', 'alreadyExists']
  const mayConflict = (update: Update) =>
    conflicts.includes(refusal(update)['type'] as Json) && resolves.undoes?.(update.patch) !== false
  let group = updates.filter(mayConflict).slice(0, maxExchanged)
  while (group.length > 1) {
    const refusals = group.map(refusal)
    const putBack = resolves.takeAside(group.map((update) => [update.id(), update.patch]))
    const refused = refusedOf(group)
    if (refused.length === 0) return
    // As it was before, and once more without those that are refused for another reason.
    putBack()
    for (const [index, update] of group.entries()) {
      update.forget()
      setOwn(update.refused, update.key, refusals[index] as JsonObject)
    }
    group = group.filter((update) => !refused.includes(update))
  }
}

/** Runs the change of one record; a refusal goes into `refused`, a bug goes up and undoes the whole call. */
export function attempt(refused: JsonObject, key: string, change: () => void): boolean {
  try {
    change()
    delete refused[key]
    return true
  } catch (error) {
    setOwn(refused, key, asSetError(error).toJSON())
    return false
  }
}

/** The SetError that an error is, or the error itself thrown on. */
export function asSetError(error: unknown): SetError {
  if (error instanceof SetError) return error
  if (!(error instanceof StoreError)) throw error
  switch (error.type) {
    case 'invalidProperties':
      return invalidProperties(error.properties, error.message)
    case 'notFound':
    case 'forbidden':
    case 'overQuota':
    case 'rateLimit':
    case 'tooLarge':
    case 'mailboxHasChild':
    case 'mailboxHasEmail':
    case 'tooManyKeywords':
    case 'blobNotFound':
      return new SetError(error.type, error.message)
    case 'tooManyMailboxes':
      // Said of an email that is in too many (RFC 8621 §4.6); too many of a type are overQuota (RFC 8620 §5.3).
      return new SetError(error instanceof MailboxError ? 'overQuota' : error.type, error.message)
    case 'tooManyGrants':
      return new SetError('overQuota', error.message)
    case 'unavailable':
      return new SetError('serverFail', error.message)
    default:
      throw error
  }
}

/**
 * As {@link asSetError} in methods that keep each record on its own: a fault with one must not hide the others from the
 * client (RFC 8620 §3.6.2: serverFail says that nothing was changed).
 */
export function asOwnError(context: Pick<JmapContext, 'onFault'>, method: string, error: unknown): SetError {
  try {
    return asSetError(error)
  } catch (fault) {
    context.onFault(method, fault)
    return new SetError('serverFail', 'An unexpected error occurred.')
  }
}
