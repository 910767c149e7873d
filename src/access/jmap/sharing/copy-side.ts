/**
 * One of the two accounts of a copy: the user's own, or one that somebody shares.
 *
 * Standards: RFC 8620 §5.4, §6.3.
 */
import { formatBlobId } from '../../../mailbox/index.ts'
import {
  MethodError,
  SetError,
  type CallContext,
  type JsonObject,
  type Method,
  type SetErrorType,
} from '../../../protocol/jmap/index.ts'
import { openBlob } from '../blob.ts'
import type { OwnContext } from '../context.ts'
import { addCopy } from './copied-email.ts'
import type { CopiedEmail } from './ports.ts'
import { SharedAccountsAccess } from './shared-accounts.ts'

export interface CopySide {
  /** Runs a method of mail there. Throws MethodError. */
  call(name: string, args: JsonObject): Promise<JsonObject>
  /** The octets of a blob; undefined when there is none. */
  read(blobId: string): Promise<{ bytes: Uint8Array; type: string } | undefined>
  /** The octets of a message, by its blob and its size; undefined when there is none. */
  message(blobId: string, size: number): Promise<Uint8Array | undefined>
  /** Keeps a blob; its id. Throws SetError. */
  upload(bytes: Uint8Array, type: string): Promise<string>
  /** Stores a message; what Email/copy answers for it. Throws SetError, StoreError. */
  add(email: CopiedEmail, raw: Uint8Array): Promise<JsonObject>
}

export type MailMethods = ReadonlyMap<string, Method>

/** Throws `missing` for an account that the user does not have. */
export function copySide(
  context: OwnContext,
  methods: MailMethods,
  accountId: string,
  call: CallContext,
  missing: 'accountNotFound' | 'fromAccountNotFound',
): CopySide {
  if (accountId === context.account.id) return ownSide(context, methods, call)
  const { sharing } = context
  const shared = sharing && new SharedAccountsAccess(context, sharing.owners, methods.keys())
  if (shared?.has(accountId) !== true) throw new MethodError(missing)
  return sharedSide(shared, accountId, call, missing)
}

function ownSide(context: OwnContext, methods: MailMethods, call: CallContext): CopySide {
  const { store } = context
  return {
    async call(name, args) {
      const method = methods.get(name)
      if (method === undefined) throw new Error(`${name} is no method of mail`)
      return (await method.run({ accountId: context.account.id, ...args }, call)).arguments
    },
    async read(blobId) {
      const blob = await openBlob(store, blobId)
      const bytes = await blob?.slice(0, blob.size)
      return blob === undefined || bytes === undefined ? undefined : { bytes, type: blob.type }
    },
    message: async (blobId, size) => (await openBlob(store, blobId))?.slice(0, size),
    async upload(bytes, type) {
      const incoming = store.incoming()
      try {
        const { blob } = store.putUpload(await incoming.upload(bytes), type)
        return formatBlobId({ kind: 'upload', blob })
      } finally {
        await incoming.settle()
      }
    },
    add: (email, raw) => addCopy(context, email, raw),
  }
}

function sharedSide(
  shared: SharedAccountsAccess,
  accountId: string,
  call: CallContext,
  missing: 'accountNotFound' | 'fromAccountNotFound',
): CopySide {
  return {
    async call(name, args) {
      try {
        return (await shared.call(accountId, name, { accountId, ...args }, call)).arguments
      } catch (error) {
        if (error instanceof MethodError && error.type === 'accountNotFound') throw new MethodError(missing)
        throw error
      }
    },
    async read(blobId) {
      const blob = await shared.blob(accountId, blobId)
      const bytes = await blob?.slice(0, blob.size)
      return blob === undefined || bytes === undefined ? undefined : { bytes, type: blob.type }
    },
    message: (blobId, size) => shared.octets(accountId, blobId, 0, size),
    async upload(bytes, type) {
      const { status, body } = await shared.upload(accountId, bytes, type)
      const answer = JSON.parse(body) as { blobId?: string; detail?: string }
      if (answer.blobId !== undefined) return answer.blobId
      throw new SetError(refusals[status] ?? 'serverFail', answer.detail)
    },
    async add(email, raw) {
      const outcome = await shared.add(accountId, email, raw)
      if ('created' in outcome) return outcome.created
      const { type, description, ...rest } = outcome.refused
      throw new SetError(type as SetErrorType, description as string | undefined, rest)
    },
  }
}

/** What an upload that was refused means for one blob of a copy. */
const refusals: Readonly<Record<number, SetErrorType>> = {
  403: 'forbidden',
  404: 'notFound',
  413: 'tooLarge',
  507: 'overQuota',
}
