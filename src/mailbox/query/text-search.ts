/**
 * The seam for text conditions of queries, and the plain answer to them: reading each candidate message.
 *
 * An index can stand in for the scan: it prepares the set of matching emails once and answers by membership.
 *
 * Standards: RFC 8621 §4.4.1 (text, from, to, cc, bcc, subject, body, header; words and "phrases", any case).
 * Limits: 20 terms per condition; format bounds what is read of a message's structure.
 */
import { allParts, decodeHeaderText, decodeParts, decodeText, htmlToText, parseHeader } from '../../format/index.ts'
import type { Email } from '../types.ts'
import type { EmailId } from '../ids.ts'

export type TextField = 'text' | 'from' | 'to' | 'cc' | 'bcc' | 'subject' | 'body'

export type TextCondition =
  | { readonly field: TextField; readonly value: string }
  /** Without `value`: the field is there. With it: its decoded value contains that text. */
  | { readonly field: 'header'; readonly name: string; readonly value?: string | undefined }

export interface TextSearch {
  /** Called once per condition of a query; the answer is asked for emails that other conditions have let through. */
  prepare(condition: TextCondition): (email: EmailId) => boolean
}

/** What a search may read. */
export interface TextSource {
  email(id: EmailId): Email | undefined
  header(email: Email): Uint8Array
  raw(email: Email): Uint8Array
}

const maxTerms = 20
const fields = ['from', 'to', 'cc', 'bcc', 'subject'] as const

/** Reads every candidate. Right for small mailboxes and rare searches. */
export function scanningSearch(source: TextSource): TextSearch {
  return {
    prepare(condition) {
      const matches = condition.field === 'header' ? headerMatcher(condition) : wordMatcher(condition)
      return (id) => {
        const email = source.email(id)
        return email !== undefined && matches(email, source)
      }
    },
  }
}

/** The words and quoted phrases of a search text, folded for comparing. All must occur. */
export function searchTerms(text: string): string[] {
  const terms: string[] = []
  for (const match of text.matchAll(/"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'(?=\s|$)|(\S+)/gu)) {
    const phrase = match[1] ?? match[2]
    const term = fold(phrase === undefined ? (match[3] as string) : phrase.replace(/\\(.)/gu, '$1'))
    if (term !== '' && terms.length < maxTerms) terms.push(term)
  }
  return terms
}

/** Compatibility forms, case and white space do not matter. */
export function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim()
}

type Matcher = (email: Email, source: TextSource) => boolean

function wordMatcher(condition: { field: TextField; value: string }): Matcher {
  const terms = searchTerms(condition.value)
  return (email, source) => {
    if (terms.length === 0) return true
    const text = fold(textOf(condition.field, email, source))
    return terms.every((term) => text.includes(term))
  }
}

function headerMatcher(condition: { name: string; value?: string | undefined }): Matcher {
  const wanted = condition.value === undefined ? undefined : fold(condition.value)
  return (email, source) => {
    const values = parseHeader(source.header(email)).header.all(condition.name)
    if (wanted === undefined) return values.length > 0
    return values.some((value) => fold(decodeHeaderText(value)).includes(wanted))
  }
}

function textOf(field: TextField, email: Email, source: TextSource): string {
  if (field === 'subject') return email.subject
  if (field === 'body') return bodyText(email, source)
  const { header } = parseHeader(source.header(email))
  const read = (name: string): string => header.all(name).map(decodeHeaderText).join('\n')
  if (field !== 'text') return read(field)
  return [...fields.map(read), bodyText(email, source)].join('\n')
}

function bodyText(email: Email, source: TextSource): string {
  const raw = source.raw(email)
  const texts: string[] = []
  for (const part of allParts(decodeParts(email.parts))) {
    if (part.type !== 'text') continue
    const { text } = decodeText(raw, part)
    texts.push(part.subtype === 'html' ? htmlToText(text) : text)
  }
  return texts.join('\n')
}
