/**
 * Answers text conditions of queries from the index, and from the message itself for emails it does not reach yet.
 *
 * Standards: RFC 8621 §4.4.1 (text, from, to, cc, bcc, subject, body, header).
 */
import { parseHeader } from '../../format/index.ts'
import type { EmailId } from '../ids.ts'
import type { Reach, TextCondition, TextField, TextSearch, TextSource } from '../query/text-search.ts'
import type { Email } from '../types.ts'
import { type Column, readDocument } from './document.ts'
import { comparable } from './fold.ts'
import { fieldValues, octetsOf } from './message-text.ts'
import { holds, parseSearch } from './query.ts'
import type { TextIndex } from './text-index.ts'

/** Where a condition looks (RFC 8621 §4.4.1). Attachment names count as text of the message. */
const columnsOf: Readonly<Record<TextField, readonly Column[]>> = {
  subject: ['subject'],
  from: ['sender'],
  to: ['recipient'],
  cc: ['cc'],
  bcc: ['bcc'],
  body: ['body', 'attachment'],
  text: ['subject', 'sender', 'recipient', 'cc', 'bcc', 'body', 'attachment'],
}

type Matches = (id: EmailId) => boolean

export function indexedSearch(index: TextIndex, source: TextSource): TextSearch {
  return {
    prepare: (condition, reach) =>
      condition.field === 'header'
        ? headerCondition(condition)
        : wordCondition(condition.field, condition.value, reach),
  }

  function wordCondition(field: TextField, value: string, reach: Reach): Matches {
    const query = parseSearch(value)
    if (query.length === 0) return () => true
    const where = columnsOf[field]
    const found = index.find(query, where, reach)
    const { through } = index
    return (id) => {
      if (id <= through) return found.has(id)
      return reads(id, (email) => {
        const { terms } = readDocument(email, octetsOf(email, source))
        return holds(
          query,
          where.map((column) => terms[column]),
        )
      })
    }
  }

  /** Without a value, the field must be there; with one, its decoded value must contain that text. */
  function headerCondition({ name, value }: Extract<TextCondition, { field: 'header' }>): Matches {
    const wanted = value === undefined ? undefined : spaced(value)
    // Names of all fields are in the text of the header.
    const may = wanted === undefined ? index.mayContain(name, 'text') : index.mayContain(wanted, { field: name })
    return (id) =>
      may?.has(id) !== false &&
      reads(id, (email) => {
        const { header } = parseHeader(source.octets(email, 0, email.headerSize))
        if (wanted === undefined) return header.has(name)
        return fieldValues(header, name).some((field) => spaced(field).includes(wanted))
      })
  }

  function reads(id: EmailId, test: (email: Email) => boolean): boolean {
    const email = source.email(id)
    return email !== undefined && test(email)
  }
}

/** Case, compatibility forms and white space do not matter. */
function spaced(text: string): string {
  return comparable(text).replace(/\s+/gu, ' ').trim()
}
