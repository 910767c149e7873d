/**
 * Where a message is put that becomes an email, with what keywords, and since when.
 *
 * Standards: RFC 8621 §4.6, §4.7, §4.8.
 */
import { formatBlobId, formatEmailId, formatThreadId, type MailboxId, type NewEmail } from '../../../mailbox/index.ts'
import {
  invalidProperties,
  member,
  parseUtcDate,
  type CallContext,
  type Json,
  type JsonObject,
} from '../../../protocol/jmap/index.ts'
import type { JmapContext } from '../context.ts'
import { readKeywords, readMailboxIds } from './membership.ts'
import { together } from './together.ts'

export type Placement = Omit<NewEmail, 'raw'>

/** mailboxIds, keywords and receivedAt of something that becomes an email. */
export function readPlacement(context: JmapContext, call: CallContext, value: JsonObject): Placement {
  const [mailboxIds, keywords, receivedAt] = together<[MailboxId[], string[], number]>(
    () => readMailboxIds(context, call, member(value, 'mailboxIds')),
    () => readKeywords(context, member(value, 'keywords') ?? undefined),
    () => readReceivedAt(context, member(value, 'receivedAt') ?? undefined),
  )
  return { mailboxIds, keywords, receivedAt }
}

function readReceivedAt(context: JmapContext, given: Json | undefined): number {
  const receivedAt = given === undefined ? context.clock() : parseUtcDate(given)
  if (receivedAt === undefined) throw invalidProperties('receivedAt', 'receivedAt is not a UTCDate.')
  return receivedAt
}

/** Stores one message; answers what RFC 8621 §4.6 and §4.8 say is returned. */
export function addEmail(context: JmapContext, email: NewEmail): { id: string } & JsonObject {
  const [added] = context.store.add([email])
  if (added === undefined) throw new Error('the store added nothing')
  return {
    id: formatEmailId(added.id),
    blobId: formatBlobId({ kind: 'message', blob: added.blob }),
    threadId: formatThreadId(added.threadId),
    size: added.size,
  }
}
