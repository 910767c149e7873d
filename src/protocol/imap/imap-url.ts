/**
 * IMAP URLs as CATENATE takes them: relative to this server or to the selected mailbox.
 *
 * Standards: RFC 5092 §7–§8 (relative URLs, `;UID`, `;SECTION`, `;PARTIAL`), RFC 4469 §3, RFC 5550 (URL-PARTIAL).
 */
import { parseSectionText, type Partial, type Section } from './command/fetch.ts'
import { ImapError } from './error.ts'
import { utf8OfLatin1 } from './mailbox-name.ts'

export interface ImapUrl {
  /** Unicode; undefined: the selected mailbox. */
  mailbox?: string
  uidValidity?: number
  uid: number
  section: Section
  partial?: Partial
}

const grammar =
  /^(?:\/(?<mailbox>[^;]+)(?:;uidvalidity=(?<validity>[1-9]\d{0,9}))?\/)?;uid=(?<uid>[1-9]\d{0,9})(?:\/?;section=(?<section>[^;]*?))?(?:\/?;partial=(?<offset>\d{1,15})(?:\.(?<length>\d{1,15}))?)?$/i

/** Undefined for what is not such a URL: another server's, another form, a section that does not exist. */
export function parseImapUrl(url: string): ImapUrl | undefined {
  const found = grammar.exec(url)?.groups
  if (found === undefined) return undefined
  const mailbox = found['mailbox'] === undefined ? undefined : decode(found['mailbox'])
  if (found['mailbox'] !== undefined && mailbox === undefined) return undefined
  const section = sectionOf(found['section'] ?? '')
  if (section === undefined) return undefined
  const length = Number(found['length'] ?? Infinity)
  if (length === 0) return undefined
  return {
    ...(mailbox !== undefined && { mailbox }),
    ...(found['validity'] !== undefined && { uidValidity: Number(found['validity']) }),
    uid: Number(found['uid']),
    section,
    ...(found['offset'] !== undefined && { partial: { offset: Number(found['offset']), length } }),
  }
}

function sectionOf(encoded: string): Section | undefined {
  const text = decode(encoded)
  if (text === undefined) return undefined
  try {
    return parseSectionText(text)
  } catch (error) {
    if (error instanceof ImapError) return undefined
    throw error
  }
}

/** Percent-encoded UTF-8 (RFC 5092 §8). */
function decode(encoded: string): string | undefined {
  if (/%(?![0-9a-f]{2})/i.test(encoded)) return undefined
  return utf8OfLatin1(encoded.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))))
}
