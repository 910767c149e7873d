/**
 * Email/parse: blobs as Email objects without storing them.
 *
 * Standards: RFC 8621 §4.9.
 * Security: blobs are whatever was uploaded; format's parser never throws, and what has no header is not a message.
 */
import {
  Arguments,
  checkAccount,
  mailCapability,
  refuseTooMany,
  resolveId,
  setOwn,
  type JsonObject,
  type Method,
} from '../../../protocol/jmap/index.ts'
import { readBlob } from '../blob.ts'
import type { JmapContext } from '../context.ts'
import { BlobMessage } from './blob-message.ts'
import { checkEmailProperties, emailArguments, messageProperties, readEmail, type MetadataReaders } from './property.ts'

/** What only a stored email has is null (RFC 8621 §4.9). */
const metadata: MetadataReaders<BlobMessage> = {
  id: () => null,
  blobId: (message) => message.blobId,
  threadId: () => null,
  mailboxIds: () => null,
  keywords: () => null,
  size: (message) => message.raw.length,
  receivedAt: () => null,
}

export function emailParse(context: JmapContext): Method {
  return {
    capability: mailCapability,
    async run(values, call) {
      const args = new Arguments(values, ['accountId', 'blobIds', 'properties', ...emailArguments])
      checkAccount(args, context.account.id)
      const blobIds = [...new Set(args.expectIds('blobIds'))]
      refuseTooMany(blobIds.length, context.limits.maxObjectsInGet)
      const asked = args.strings('properties') ?? messageProperties
      const properties = checkEmailProperties(context, args, asked, Object.keys(metadata))
      const parsed: JsonObject = {}
      const notParsable: string[] = []
      const notFound: string[] = []
      for (const blobId of blobIds) {
        const id = resolveId(blobId, call.createdIds)
        const blob = id === undefined ? undefined : await context.store.reading(() => readBlob(context.store, id))
        if (id === undefined || blob === undefined) {
          notFound.push(blobId)
          continue
        }
        const message = new BlobMessage(id, blob.bytes)
        if (isMessage(message)) setOwn(parsed, blobId, readEmail(message, message, properties, metadata))
        else notParsable.push(blobId)
      }
      return {
        arguments: {
          accountId: context.account.id,
          parsed: Object.keys(parsed).length === 0 ? null : parsed,
          notParsable: notParsable.length === 0 ? null : notParsable,
          notFound: notFound.length === 0 ? null : notFound,
        },
      }
    },
  }
}

/** A message begins with at least one header field. */
export function isMessage(message: { readonly header: { readonly fields: readonly unknown[] } }): boolean {
  return message.header.fields.length > 0
}
