/**
 * Convenience properties out of the stored ENVELOPE, so that a list of emails opens no message.
 *
 * Answers only where the stored value and the header must agree; everything else is left to the header. (ENVELOPE fills in
 * Sender and Reply-To, and does not tell an empty field from none.)
 *
 * Standards: RFC 8621 §4.1.3, §4.2 (properties that are fast to fetch).
 */
import { flattenAddresses, parseDate, parseMessageIds, type Address, type AddressGroup } from '../../../format/index.ts'
import { readEnvelope, type Email, type StoredEnvelope } from '../../../mailbox/index.ts'
import { formatJmapDate, type Json } from '../../../protocol/jmap/index.ts'
import { emailAddress } from './header-form.ts'

type Read = (envelope: StoredEnvelope, email: Email) => Json | undefined

const readers: Readonly<Record<string, Read>> = {
  from: ({ from }) => addresses(from),
  to: ({ to }) => addresses(to),
  cc: ({ cc }) => addresses(cc),
  bcc: ({ bcc }) => addresses(bcc),
  subject: ({ subject }) => (subject === null ? undefined : subject.normalize('NFC')),
  messageId: ({ messageId }) => messageIds(messageId),
  inReplyTo: ({ inReplyTo }) => messageIds(inReplyTo),
  sentAt: ({ date }) => sentAt(date),
}

export class IndexedProperties {
  readonly #email: Email
  #envelope: StoredEnvelope | undefined

  constructor(email: Email) {
    this.#email = email
  }

  /** Undefined: not known without the header. */
  read(property: string): Json | undefined {
    const reader = Object.hasOwn(readers, property) ? readers[property] : undefined
    return reader?.((this.#envelope ??= readEnvelope(this.#email.envelope)), this.#email)
  }
}

/** Absent and empty fields look alike here; both are rare enough in To and common enough in Cc to be answered null. */
function addresses(list: readonly (Address | AddressGroup)[]): Json | undefined {
  if (list.length === 0) return null
  const flat = flattenAddresses(list)
  // Quoting of unusual local parts is the header parser's business.
  return flat.every(({ address }) => /^[\w.+=-]+@[\w.-]+$/.test(address)) ? flat.map(emailAddress) : undefined
}

function messageIds(value: string | null): Json {
  const ids = value === null ? [] : parseMessageIds(value)
  return ids.length === 0 ? null : ids
}

function sentAt(value: string | null): Json {
  const date = value === null ? undefined : parseDate(value)
  return date === undefined ? null : formatJmapDate(date.time, date.zone)
}
