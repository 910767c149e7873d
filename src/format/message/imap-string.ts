/** Strings of IMAP's grammar from octets of a message. Standards: RFC 9051 §4.3, §9 (`string`, `nstring`). */

/** A longer one goes as a literal: clients that read by line have line limits. */
const QUOTED_LIMIT = 1000

/**
 * Quoted where the grammar allows it, else a literal. NUL, which neither can hold, is left out.
 * Takes and gives latin1-of-bytes.
 */
export function imapString(text: string): string {
  // the grammar is about control characters
  if (text.length <= QUOTED_LIMIT && /^[\x01-\x09\x0b\x0c\x0e-\x7f]*$/.test(text)) {
    return `"${/["\\]/.test(text) ? text.replace(/["\\]/g, '\\$&') : text}"`
  }
  const clean = text.includes('\0') ? text.replaceAll('\0', '') : text
  return clean === text ? `{${text.length}}\r\n${text}` : imapString(clean)
}

/** NIL for undefined. */
export function imapNstring(text: string | undefined): string {
  return text === undefined ? 'NIL' : imapString(text)
}
