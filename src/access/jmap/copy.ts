/**
 * Email/copy and Blob/copy. An endpoint serves one account, so there is never another one to copy from.
 *
 * Standards: RFC 8620 §5.4, §6.3; RFC 8621 §4.7.
 */
import {
  Arguments,
  checkAccount,
  coreCapability,
  invalidArguments,
  mailCapability,
  MethodError,
  refuseTooMany,
  SetError,
  setOwn,
  type JsonObject,
  type Method,
} from '../../protocol/jmap/index.ts'
import { openBlob } from './blob.ts'
import type { JmapContext } from './context.ts'

const emailCopyArguments = [
  'fromAccountId',
  'ifFromInState',
  'accountId',
  'ifInState',
  'create',
  'onSuccessDestroyOriginal',
  'destroyFromIfInState',
]

export function emailCopy(context: JmapContext): Method {
  return {
    capability: mailCapability,
    run(values) {
      const args = new Arguments(values, emailCopyArguments)
      const from = args.expectString('fromAccountId')
      checkAccount(args, context.account.id)
      if (args.objects('create') === undefined) throw invalidArguments('create is missing.')
      if (from !== context.account.id) throw new MethodError('fromAccountNotFound')
      throw invalidArguments('accountId and fromAccountId are the same.')
    },
  }
}

/** Within one account a blob is where it should be already. */
export function blobCopy(context: JmapContext): Method {
  return {
    capability: coreCapability,
    async run(values) {
      const args = new Arguments(values, ['fromAccountId', 'accountId', 'blobIds'])
      const fromAccountId = args.expectString('fromAccountId')
      checkAccount(args, context.account.id)
      const blobIds = args.expectIds('blobIds')
      if (fromAccountId !== context.account.id) throw new MethodError('fromAccountNotFound')
      refuseTooMany(blobIds.length, context.limits.maxObjectsInSet)
      const copied: JsonObject = {}
      const notCopied: JsonObject = {}
      for (const blobId of blobIds) {
        const isThere = (await openBlob(context.store, blobId)) !== undefined
        if (!isThere) setOwn(notCopied, blobId, new SetError('notFound').toJSON())
        else copied[blobId] = blobId
      }
      return {
        arguments: {
          fromAccountId,
          accountId: context.account.id,
          copied: Object.keys(copied).length === 0 ? null : copied,
          notCopied: Object.keys(notCopied).length === 0 ? null : notCopied,
        },
      }
    },
  }
}
