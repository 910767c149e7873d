/**
 * The seam for text conditions of queries: what is asked, and what an answer may read. `search/` answers it.
 *
 * Standards: RFC 8621 §4.4.1 (text, from, to, cc, bcc, subject, body, header; words and "phrases", any case).
 */
import type { Email } from '../types.ts'
import type { EmailId } from '../ids.ts'

export type TextField = 'text' | 'from' | 'to' | 'cc' | 'bcc' | 'subject' | 'body'

export type TextCondition =
  | { readonly field: TextField; readonly value: string }
  /** Without `value`: the field is there. With it: its decoded value contains that text. */
  | { readonly field: 'header'; readonly name: string; readonly value?: string | undefined }

/** Which emails an answer will be asked for: all that there are, or the newest first and perhaps no more than some. */
export type Reach = 'all' | 'newest'

export interface TextSearch {
  /** Called once per condition of a query; the answer is asked for emails that other conditions have let through. */
  prepare(condition: TextCondition, reach: Reach): (email: EmailId) => boolean
}

/** What a search may read. */
export interface TextSource {
  email(id: EmailId): Email | undefined
  octets(email: Email, start: number, end: number): Uint8Array
}
