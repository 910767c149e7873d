/**
 * The grammar of keywords and the one flag that is not a keyword.
 *
 * Standards: RFC 8621 §4.1.1 (keywords), RFC 9051 §9 (flag-keyword), RFC 5788 (registry).
 */

/** IMAP's `\Deleted`: belongs to one placement, never to the email, and JMAP never shows it. */
export const deletedFlag = '\\deleted'

/** 1 to 255 characters from %x21-7E without `( ) { ] % * " \` (RFC 8621 §4.1.1). */
const grammar = /^[!#$&'+,\-./0-9:;<=>?@A-Z[^_`a-z|}~]{1,255}$/

/** True for a keyword that JMAP and IMAP both can carry. Case does not matter. */
export function isKeyword(text: string): boolean {
  return grammar.test(text)
}

/** The form kept and compared: lower case (RFC 8621 §4.1.1). Undefined when it is no keyword. */
export function normaliseKeyword(text: string): string | undefined {
  return isKeyword(text) ? text.toLowerCase() : undefined
}
