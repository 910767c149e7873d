/**
 * Email/copy and Blob/copy, between the user's own account and those that others share.
 *
 * The octets go from one account to the other by way of the user's own, a message at a time. Each copy stands or falls by
 * itself: there is no transaction over two accounts (RFC 8620 §5.4).
 *
 * Standards: RFC 8620 §5.4, §6.3; RFC 8621 §4.7.
 */
import {
  Arguments,
  coreCapability,
  invalidArguments,
  invalidProperties,
  isObject,
  mailCapability,
  MethodError,
  refuseTooMany,
  resolveId,
  SetError,
  setOwn,
  type CallContext,
  type Json,
  type JsonObject,
  type Method,
} from '../../protocol/jmap/index.ts'
import type { OwnContext } from './context.ts'
import { copySide, type CopySide, type MailMethods } from './sharing/copy-side.ts'
import { asOwnError } from './standard/change.ts'
import { impliedError } from './standard/implied.ts'

const states = ['ifInState', 'ifFromInState', 'destroyFromIfInState'] as const
const emailCopyArguments = ['fromAccountId', 'accountId', 'create', 'onSuccessDestroyOriginal', ...states]
const settable = ['id', 'mailboxIds', 'keywords', 'receivedAt']

export function emailCopy(context: OwnContext, methods: MailMethods): Method {
  return {
    capability: mailCapability,
    async run(values, call) {
      const args = new Arguments(values, emailCopyArguments)
      const fromAccountId = args.expectString('fromAccountId')
      const accountId = args.expectString('accountId')
      const create = args.creations('create')
      if (create === undefined) throw invalidArguments('create is missing.')
      const destroys = args.boolean('onSuccessDestroyOriginal')
      const [ifInState, ifFromInState, destroyFromIfInState] = states.map((name) => args.string(name))
      const to = copySide(context, methods, accountId, call, 'accountNotFound')
      const from = copySide(context, methods, fromAccountId, call, 'fromAccountNotFound')
      if (fromAccountId === accountId) throw invalidArguments('accountId and fromAccountId are the same.')
      const creations = Object.entries(create)
      refuseTooMany(creations.length, context.limits.maxObjectsInSet)
      await expectFromState(from, ifFromInState)
      const oldState = await stateOf(to, ifInState)
      const originals = await readOriginals(from, creations, call)

      const created: JsonObject = {}
      const notCreated: JsonObject = {}
      const done: string[] = []
      for (const [creationId, value] of creations) {
        try {
          const { id, original } = expectOriginal(originals, value, call)
          const copy = await copyOne(from, to, original, value, call)
          call.createdIds.set(creationId, copy['id'] as string)
          setOwn(created, creationId, copy)
          done.push(id)
        } catch (error) {
          setOwn(notCreated, creationId, asOwnError(context, 'Email/copy', error).toJSON())
        }
      }
      const result: JsonObject = {
        fromAccountId,
        accountId,
        oldState,
        newState: await stateOf(to, undefined),
        created: orNull(created),
        notCreated: orNull(notCreated),
      }
      if (!destroys || done.length === 0) return { arguments: result }
      const implied = await destroyOriginals(context, from, done, destroyFromIfInState)
      return { arguments: result, implied: [implied] }
    },
  }
}

/** Throws `stateMismatch`. */
async function expectFromState(from: CopySide, ifFromInState: string | undefined): Promise<void> {
  if (ifFromInState === undefined) return
  try {
    const { created, updated, destroyed } = await from.call('Email/changes', { sinceState: ifFromInState })
    if ([created, updated, destroyed].every((ids) => (ids as Json[]).length === 0)) return
  } catch (error) {
    if (!(error instanceof MethodError) || error.type !== 'cannotCalculateChanges') throw error
  }
  throw new MethodError('stateMismatch', 'Emails of the account to copy from have changed.')
}

/** A /set of nothing: it checks the state and whether the account may be changed, and says what its state is. */
async function stateOf(to: CopySide, ifInState: string | undefined): Promise<string> {
  const { newState } = await to.call('Email/set', ifInState === undefined ? {} : { ifInState })
  return newState as string
}

async function readOriginals(
  from: CopySide,
  creations: readonly (readonly [string, JsonObject])[],
  call: CallContext,
): Promise<ReadonlyMap<string, JsonObject>> {
  const ids = new Set(creations.map(([, value]) => originalId(value, call)).filter((id) => id !== undefined))
  const properties = ['id', 'blobId', 'size', 'keywords', 'receivedAt']
  const { list } = await from.call('Email/get', { ids: [...ids], properties })
  return new Map((list as JsonObject[]).map((email) => [email['id'] as string, email]))
}

function originalId({ id }: JsonObject, call: CallContext): string | undefined {
  return typeof id === 'string' && /^#?[\w-]{1,255}$/.test(id) ? resolveId(id, call.createdIds) : undefined
}

function expectOriginal(
  originals: ReadonlyMap<string, JsonObject>,
  value: JsonObject,
  call: CallContext,
): { id: string; original: JsonObject } {
  const unknown = Object.keys(value).filter((name) => !settable.includes(name))
  if (unknown.length > 0)
    throw invalidProperties(unknown, 'A copy has only these of its own: mailboxIds, keywords, receivedAt.')
  if (typeof value['id'] !== 'string') throw invalidProperties('id', 'The id of the email to copy is missing.')
  const id = originalId(value, call)
  const original = id === undefined ? undefined : originals.get(id)
  if (id === undefined || original === undefined) throw new SetError('notFound')
  return { id, original }
}

async function copyOne(
  from: CopySide,
  to: CopySide,
  original: JsonObject,
  value: JsonObject,
  call: CallContext,
): Promise<JsonObject> {
  const mailboxIds = resolved(value['mailboxIds'], call)
  const octets = await from.message(original['blobId'] as string, original['size'] as number)
  // Destroyed since it was looked at.
  if (octets === undefined) throw new SetError('notFound')
  const { keywords = original['keywords'], receivedAt = original['receivedAt'] } = value
  return to.add({ mailboxIds, keywords: keywords as JsonObject, receivedAt: receivedAt as string }, octets)
}

/** The other account knows nothing of this request's creation ids. */
function resolved(mailboxIds: Json | undefined, call: CallContext): JsonObject {
  if (!isObject(mailboxIds ?? null)) throw invalidProperties('mailboxIds', 'A copy is in at least one mailbox.')
  const entries = Object.entries(mailboxIds as JsonObject)
  return Object.fromEntries(entries.map(([id, value]) => [resolveId(id, call.createdIds) ?? id, value]))
}

/** RFC 8620 §5.4: an implicit Email/set at the account that was copied from. */
async function destroyOriginals(
  context: OwnContext,
  from: CopySide,
  destroy: string[],
  ifInState: string | undefined,
): Promise<{ name: string; arguments: JsonObject }> {
  try {
    const args = { destroy: [...new Set(destroy)], ...(ifInState === undefined ? {} : { ifInState }) }
    return { name: 'Email/set', arguments: await from.call('Email/set', args) }
  } catch (error) {
    // The copies are made: only this call has failed.
    return impliedError(context, 'Email/set', error)
  }
}

export function blobCopy(context: OwnContext, methods: MailMethods): Method {
  return {
    capability: coreCapability,
    async run(values, call) {
      const args = new Arguments(values, ['fromAccountId', 'accountId', 'blobIds'])
      const fromAccountId = args.expectString('fromAccountId')
      const accountId = args.expectString('accountId')
      const blobIds = args.expectIds('blobIds')
      const to = copySide(context, methods, accountId, call, 'accountNotFound')
      const from = copySide(context, methods, fromAccountId, call, 'fromAccountNotFound')
      if (fromAccountId === accountId) throw invalidArguments('accountId and fromAccountId are the same.')
      refuseTooMany(blobIds.length, context.limits.maxObjectsInSet)
      const copied: JsonObject = {}
      const notCopied: JsonObject = {}
      for (const blobId of blobIds) {
        try {
          const id = resolveId(blobId, call.createdIds)
          const blob = id === undefined ? undefined : await from.read(id)
          if (blob === undefined) throw new SetError('notFound')
          setOwn(copied, blobId, await to.upload(blob.bytes, blob.type))
        } catch (error) {
          setOwn(notCopied, blobId, asOwnError(context, 'Blob/copy', error).toJSON())
        }
      }
      return { arguments: { fromAccountId, accountId, copied: orNull(copied), notCopied: orNull(notCopied) } }
    },
  }
}

function orNull(map: JsonObject): JsonObject | null {
  return Object.keys(map).length === 0 ? null : map
}
