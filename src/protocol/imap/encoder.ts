/**
 * Writes values in the wire grammar. Everything here is latin1 of the bytes to send: one character, one octet.
 *
 * Standards: RFC 9051 §4.3, §9 (astring, nstring, quoted, literal).
 */
export { fromLatin1 as encodeLatin1 } from '../../format/index.ts'

const astringSafe = /^[!#$&'+,\-./0-9:;<=>?@A-Z[\]^_`a-z|}~]+$/
/** What goes into a quoted string for every client; anything else, and what is long, goes as a literal. */
const quotedSafe = /^[\t -~]*$/

/** A string of any octets but NUL: quoted where that is possible, else a literal. */
export function quotedOrLiteral(latin1: string): string {
  if (latin1.length <= 1000 && quotedSafe.test(latin1)) {
    return `"${/["\\]/.test(latin1) ? latin1.replace(/["\\]/g, '\\$&') : latin1}"`
  }
  return `{${latin1.length}}\r\n${latin1}`
}

/** A quoted string that may carry UTF-8: for clients that enabled IMAP4rev2 or UTF8=ACCEPT. */
export function quotedUtf8(latin1: string): string {
  if (latin1.length <= 1000 && /^[\t -~\x80-\xff]*$/.test(latin1)) return `"${latin1.replace(/["\\]/g, '\\$&')}"`
  return `{${latin1.length}}\r\n${latin1}`
}

export function nstring(latin1: string | null | undefined): string {
  return latin1 === null || latin1 === undefined ? 'NIL' : quotedOrLiteral(latin1)
}

/** As an atom where the grammar lets it, else as a string. `NIL` is quoted: clients mistake it. */
export function astring(latin1: string): string {
  return astringSafe.test(latin1) && latin1.toUpperCase() !== 'NIL' ? latin1 : quotedOrLiteral(latin1)
}
