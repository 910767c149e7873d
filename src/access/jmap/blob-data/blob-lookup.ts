/**
 * Blob/lookup: which emails, threads and mailboxes refer to blobs.
 *
 * Standards: RFC 9404 §4.3.
 */
import {
  formatEmailId,
  formatMailboxId,
  formatThreadId,
  parseBlobId,
  type Email,
  type Mail,
} from '../../../mailbox/index.ts'
import {
  Arguments,
  blobCapability,
  checkAccount,
  invalidArguments,
  MethodError,
  refuseTooMany,
  resolveId,
  type JsonObject,
  type Method,
} from '../../../protocol/jmap/index.ts'
import { openBlob } from '../blob.ts'
import type { JmapContext } from '../context.ts'

const finders: Readonly<Record<string, (email: Email) => readonly string[]>> = {
  Mailbox: (email) => email.places.map(({ mailboxId }) => formatMailboxId(mailboxId)),
  Thread: (email) => [formatThreadId(email.threadId)],
  Email: (email) => [formatEmailId(email.id)],
}
export const lookupTypes: readonly string[] = Object.keys(finders)

export function blobLookup(context: JmapContext): Method {
  return {
    capability: blobCapability,
    async run(values, call) {
      const args = new Arguments(values, ['accountId', 'typeNames', 'ids'])
      checkAccount(args, context.account.id)
      const ids = args.expectIds('ids')
      const typeNames = args.strings('typeNames')
      if (typeNames === undefined) throw invalidArguments('typeNames is missing.')
      for (const name of typeNames) {
        if (!Object.hasOwn(finders, name))
          throw new MethodError('unknownDataType', `Nothing refers to blobs as ${name}.`)
      }
      refuseTooMany(ids.length, context.limits.maxObjectsInGet)
      const list: JsonObject[] = []
      const notFound: string[] = []
      const { store } = context
      for (const given of new Set(ids)) {
        const id = resolveId(given, call.createdIds)
        if (id === undefined || (await openBlob(store, id)) === undefined) notFound.push(given)
        else list.push({ id, matchedIds: matches(store, id, typeNames) })
      }
      return { arguments: { accountId: context.account.id, list, notFound } }
    },
  }
}

function matches(store: Mail, blobId: string, typeNames: readonly string[]): JsonObject {
  const emails = emailsWith(store, blobId)
  return Object.fromEntries(
    typeNames.map((name) => [name, [...new Set(emails.flatMap(finders[name] as (email: Email) => readonly string[]))]]),
  )
}

/** A part belongs to one email, a message to all that share its octets, an upload to none yet. */
function emailsWith(store: Mail, blobId: string): readonly Email[] {
  // A part of a part belongs to what the outermost belongs to.
  let outermost = parseBlobId(blobId)
  for (let id = blobId; outermost === undefined && id.includes('-');) {
    id = id.slice(0, id.lastIndexOf('-'))
    outermost = parseBlobId(id)
  }
  if (outermost?.kind === 'part') return store.emails([outermost.email])
  if (outermost?.kind !== 'message') return []
  return store.emails(store.emailsOfBlob(outermost.blob))
}
