/**
 * Writes values in the wire grammar. Everything here is latin1 of the bytes to send: one character, one octet.
 *
 * Standards: RFC 9051 §4.3, §9 (astring, nstring, quoted, literal).
 */

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

const encoder = new TextEncoder()

/** The bytes of a latin1 string; ASCII, which nearly all output is, goes through the runtime's fast path. */
export function encodeLatin1(latin1: string): Uint8Array {
  const bytes = new Uint8Array(latin1.length)
  writeLatin1(latin1, bytes, 0)
  return bytes
}

/** Writes a latin1 string at `offset`; the target must have room for `latin1.length` bytes. */
export function writeLatin1(latin1: string, target: Uint8Array, offset: number): void {
  const { read, written } = encoder.encodeInto(latin1, target.subarray(offset, offset + latin1.length))
  if (read === latin1.length && written === latin1.length) return
  for (let index = 0; index < latin1.length; index++) target[offset + index] = latin1.charCodeAt(index)
}
