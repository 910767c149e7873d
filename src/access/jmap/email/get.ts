/**
 * Email/get and Email/changes.
 *
 * Standards: RFC 8621 §4.2, §4.3.
 */
import {
  formatBlobId,
  formatEmailId,
  formatMailboxId,
  formatThreadId,
  parseEmailId,
  type Email,
  type EmailId,
  type Mail,
} from '../../../mailbox/index.ts'
import {
  formatUtcDate,
  getArguments,
  mailCapability,
  MethodError,
  setOwn,
  type JsonObject,
  type Method,
} from '../../../protocol/jmap/index.ts'
import { standardOf, type JmapContext } from '../context.ts'
import { changesMethod } from '../standard/changes.ts'
import { currentState } from '../standard/state.ts'
import { checkEmailProperties, emailArguments, messageProperties, readEmail, type MetadataReaders } from './property.ts'
import { readStored, StoredMessage } from './stored-message.ts'

const defaultProperties: readonly string[] = [
  'id',
  'blobId',
  'threadId',
  'mailboxIds',
  'keywords',
  'size',
  'receivedAt',
  ...messageProperties,
]

/** How the properties that the store keeps itself are read (RFC 8621 §4.1.1). */
export function emailMetadata(store: Mail): MetadataReaders<Email> {
  return {
    id: (email) => formatEmailId(email.id),
    blobId: (email) => formatBlobId({ kind: 'message', blob: email.blob }),
    threadId: (email) => formatThreadId(email.threadId),
    mailboxIds: (email) => setOf(store.mailboxIdsOf(email).map(formatMailboxId)),
    keywords: (email) => setOf(store.keywordsOf(email)),
    size: (email) => email.size,
    receivedAt: (email) => formatUtcDate(email.receivedAt),
  }
}

/** JMAP's form of a set: every member true. */
export function setOf(names: readonly string[]): JsonObject {
  const set: JsonObject = {}
  for (const name of names) setOwn(set, name, true)
  return set
}

export function emailGet(context: JmapContext): Method {
  const { store } = context
  const metadata = emailMetadata(store)
  const metadataNames = Object.keys(metadata)
  return {
    capability: mailCapability,
    async run(values, call) {
      const request = getArguments(values, standardOf(context, call), emailArguments)
      const asked = request.properties === undefined ? defaultProperties : [...new Set(['id', ...request.properties])]
      const properties = checkEmailProperties(context, request.args, asked, metadataNames)
      // RFC 8620 §5.1: a type with too many records may refuse `ids: null`.
      if (request.ids === undefined) throw new MethodError('requestTooLarge', 'Emails are fetched by id.')
      const { emails, notFound } = findEmails(store, request.ids)
      // Taken first: what changes while octets are fetched, the client asks for again.
      const state = currentState(context)
      const { budget } = properties.values
      const list: JsonObject[] = []
      for (const email of emails) {
        const { remaining } = budget
        const read = await readStored(store, email, () => {
          budget.remaining = remaining
          return readEmail(email, new StoredMessage(store, email), properties, metadata)
        })
        if (read === undefined) notFound.push(formatEmailId(email.id))
        else list.push(read)
      }
      return {
        arguments: {
          accountId: context.account.id,
          state,
          list,
          notFound: [...request.unresolved, ...notFound],
        },
      }
    },
  }
}

export function findEmails(store: Mail, ids: readonly string[]): { emails: Email[]; notFound: string[] } {
  const numbers: EmailId[] = []
  const notFound: string[] = []
  for (const id of ids) {
    const number = parseEmailId(id)
    if (number === undefined) notFound.push(id)
    else numbers.push(number)
  }
  const emails = store.emails(numbers)
  if (emails.length < numbers.length) {
    const found = new Set(emails.map((email) => email.id))
    for (const number of numbers) if (!found.has(number)) notFound.push(formatEmailId(number))
  }
  return { emails, notFound }
}

export function emailChanges(context: JmapContext): Method {
  return changesMethod(context, {
    capability: mailCapability,
    type: 'Email',
    formatId: (id) => formatEmailId(id as EmailId),
  })
}
