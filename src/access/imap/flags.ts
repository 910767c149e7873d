/**
 * Flags as IMAP writes them and keywords as the store keeps them.
 *
 * Standards: RFC 9051 §2.3.2 (system flags and keywords), RFC 8621 §4.1.1 and §10.4 (their JMAP names), RFC 5788.
 */
import { ImapError } from '../../protocol/imap/index.ts'
import { deletedFlag, normaliseKeyword } from '../../mailbox/index.ts'

const toKeyword: Record<string, string> = {
  '\\seen': '$seen',
  '\\answered': '$answered',
  '\\flagged': '$flagged',
  '\\draft': '$draft',
  '\\deleted': deletedFlag,
}

const toFlag: Record<string, string> = {
  $seen: '\\Seen',
  $answered: '\\Answered',
  $flagged: '\\Flagged',
  $draft: '\\Draft',
  [deletedFlag]: '\\Deleted',
  $forwarded: '$Forwarded',
  $mdnsent: '$MDNSent',
  $junk: '$Junk',
  $notjunk: '$NotJunk',
  $phishing: '$Phishing',
  $important: '$Important',
}

/** The flags every mailbox has (RFC 9051 §7.3.5), without keywords. */
export const systemFlags = ['\\Answered', '\\Flagged', '\\Deleted', '\\Seen', '\\Draft']

/** An IMAP flag in the store's spelling; undefined for a system flag that does not exist, such as `\Recent`. */
export function keywordOfFlag(flag: string): string | undefined {
  if (flag.startsWith('\\')) return toKeyword[flag.toLowerCase()]
  const keyword = normaliseKeyword(flag)
  // `$seen` as a keyword would be the system flag under another name (RFC 8621 §4.1.1).
  return keyword !== undefined && !(keyword in toFlag && toFlag[keyword]?.startsWith('\\')) ? keyword : undefined
}

/** Flags to be set. `BAD` for what is not one; `\Recent` cannot be set (RFC 3501 §2.3.2). */
export function keywordsOfFlags(flags: readonly string[]): string[] {
  return flags.map((flag) => {
    const keyword = keywordOfFlag(flag)
    if (keyword === undefined) throw new ImapError('BAD', 'Not a flag that can be set')
    return keyword
  })
}

/** A stored keyword as IMAP shows it. */
export function flagOfKeyword(keyword: string): string {
  return toFlag[keyword] ?? keyword
}
