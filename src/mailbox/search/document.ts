/**
 * One email as the columns of the index.
 *
 * Standards: RFC 8621 §4.4.1 (which condition looks where).
 * Limits: `documentLimits`: beyond, an email is marked `incomplete`, and searches for substrings always look at it.
 */
import { decodeParts, type Header, parseHeader } from '../../format/index.ts'
import type { Email } from '../types.ts'
import { fold } from './fold.ts'
import { fieldLines, fieldValues, type ReadOctets, readMessageText } from './message-text.ts'
import { incomplete, Terms } from './tokens.ts'

/**
 * Columns of the table `search`, in its order. `header` has everything of headers that no other column has: names of all
 * fields, the values of those without a column, MIME headers, and headers of enclosed messages.
 */
export const columns = ['subject', 'sender', 'recipient', 'cc', 'bcc', 'body', 'attachment', 'header'] as const
export type Column = (typeof columns)[number]

/** Fields that have a column. */
export const columnOfField: Readonly<Record<string, Column>> = {
  subject: 'subject',
  from: 'sender',
  to: 'recipient',
  cc: 'cc',
  bcc: 'bcc',
}

/** What one email may take of the index, and of the time to make it (some 0.2 s, a second at worst). */
export const documentLimits = {
  /** Octets of parts that are decoded: HTML of newsletters is mostly markup. */
  octets: 4 * 1024 * 1024,
  /** Characters of text. */
  characters: 4 * 1024 * 1024,
  /** Characters once they are folded, which makes some of them eighteen. */
  folded: 6 * 1024 * 1024,
  /** Octets of the terms of one column: all in order, then of what is left each word once. A value is less than 2 MB. */
  ordered: 1_500_000,
  once: 400_000,
  /** Characters of codes (numbers, identifiers, key blocks) in one email. */
  codes: 128 * 1024,
}

/** Terms of each column. */
export interface Document {
  readonly terms: Readonly<Record<Column, readonly string[]>>
  /** Its plain words: what the vocabulary learns. */
  readonly plain: ReadonlySet<string>
}

export function readDocument(email: Email, octets: ReadOctets): Document {
  const { header } = parseHeader(octets(0, email.headerSize))
  const message = readMessageText(octets, decodeParts(email.parts), documentLimits)
  const plain = new Set<string>()
  const limits = { ...documentLimits }
  let { complete } = message
  const terms = (texts: readonly string[]): string[] => {
    const column = new Terms(limits, plain)
    for (const text of texts) {
      for (const { start, end, torn } of blocks(text)) {
        const folded = limits.folded > 0 ? fold(text.slice(start, end)) : ''
        column.add(folded, start > 0)
        if (torn || limits.folded <= 0) complete = false
        limits.folded -= folded.length
      }
    }
    complete &&= column.complete
    return column.list
  }
  const result: Record<Column, string[]> = {
    subject: terms([...new Set([email.subject, ...fieldValues(header, 'Subject')])]),
    sender: terms(fieldValues(header, 'From')),
    recipient: terms(fieldValues(header, 'To')),
    cc: terms(fieldValues(header, 'Cc')),
    bcc: terms(fieldValues(header, 'Bcc')),
    body: terms([...message.enclosed.flatMap(aboutEnclosed), ...message.texts]),
    attachment: terms(message.attachmentNames),
    header: terms([...otherFields(header), ...message.enclosed.flatMap(otherFields), ...message.partFields]),
  }
  if (!complete) result.header.push(incomplete)
  return { terms: result, plain }
}

/** So many characters are folded together. */
const blockLength = 256 * 1024

/** A text in blocks that end at a space, where folding ends too; torn: at none, for want of one. */
function* blocks(text: string): Generator<{ start: number; end: number; torn: boolean }> {
  if (text === '') yield { start: 0, end: 0, torn: false }
  for (let start = 0; start < text.length;) {
    const space = start + blockLength < text.length ? text.lastIndexOf(' ', start + blockLength) : text.length
    const torn = space <= start
    const end = torn ? start + blockLength : space
    yield { start, end, torn }
    start = end
  }
}

/** What an enclosed message says of itself belongs to the text. */
function aboutEnclosed(header: Header): string[] {
  return Object.keys(columnOfField).flatMap((name) => fieldValues(header, name))
}

function otherFields(header: Header): string[] {
  const lines = fieldLines(header)
  return header.fields.map(({ name }, index) =>
    Object.hasOwn(columnOfField, name.toLowerCase()) ? name : (lines[index] as string),
  )
}
