/**
 * Conditions of Email/query: checked, with ids and dates as the store takes them.
 *
 * Standards: RFC 8621 §4.4.1.
 */
import { normaliseKeyword, parseMailboxId, type FilterCondition, type MailboxId } from '../../../mailbox/index.ts'
import { isId, isUnsignedInt, parseUtcDate, type Json, type JsonObject } from '../../../protocol/jmap/index.ts'
import { readConditions } from '../standard/condition.ts'

/** The value for the store; undefined when it has a wrong type. */
type Read = (value: Json) => unknown

const text: Read = (value) => (typeof value === 'string' ? value : undefined)
const flag: Read = (value) => (typeof value === 'boolean' ? value : undefined)
const size: Read = (value) => (isUnsignedInt(value) ? value : undefined)
const keyword: Read = (value) => (typeof value === 'string' ? normaliseKeyword(value) : undefined)

/** A well-formed id that names no mailbox matches no email; 0 is never given out. */
const mailbox = (value: Json) => (isId(value) ? (parseMailboxId(value) ?? (0 as MailboxId)) : undefined)

const readers: Readonly<Record<string, Read>> = {
  inMailbox: mailbox,
  inMailboxOtherThan: (value) => (Array.isArray(value) && value.every(isId) ? value.map(mailbox) : undefined),
  before: parseUtcDate,
  after: parseUtcDate,
  minSize: size,
  maxSize: size,
  allInThreadHaveKeyword: keyword,
  someInThreadHaveKeyword: keyword,
  noneInThreadHaveKeyword: keyword,
  hasKeyword: keyword,
  notKeyword: keyword,
  hasAttachment: flag,
  text,
  from: text,
  to: text,
  cc: text,
  bcc: text,
  subject: text,
  body: text,
  header: (value) => {
    if (!Array.isArray(value) || value.length < 1 || value.length > 2) return undefined
    return value.every((item) => typeof item === 'string') ? value : undefined
  },
}

/** Conditions on what never changes about an email (RFC 8620 §5.6, upToId). */
const immutable = new Set(Object.keys(readers).filter((name) => !/mailbox|keyword/i.test(name)))

/** Throws `unsupportedFilter` for an unknown condition, `invalidArguments` for a wrong type. */
export function emailCondition(value: JsonObject): FilterCondition {
  return Object.fromEntries(readConditions(readers, value))
}

export function isImmutableCondition(condition: FilterCondition): boolean {
  return Object.keys(condition).every((name) => immutable.has(name))
}
