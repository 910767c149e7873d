/**
 * Parameters of Content-Type and Content-Disposition.
 *
 * Standards: RFC 2045 §5.1, RFC 2231 §3, §4 (continuations and charset), RFC 6532 §3.2.
 */
import { encodeUtf8 } from '../bytes/bytes.ts'
import { ComposeError } from './composed-message.ts'
import { headerText } from './encode-word.ts'

const TOKEN = /^[A-Za-z0-9!#$&+.^_`{|}~-]+$/
/** Characters of a value that is written plainly. */
const PLAIN_LIMIT = 50
/** `%XX`s or characters in one piece, so that the piece fits a line of 78. */
const PIECE_LIMIT = 16

/** `name=value` in as many words as it takes; all but the last end in a semicolon. */
export function parameterWords(name: string, value: string, utf8 = false): string[] {
  if (!TOKEN.test(name) || name.length > 60) throw new ComposeError(`"${name}" cannot be the name of a parameter`)
  const text = headerText(value)
  const printable = utf8 ? !/[\p{Cc}\u2028\u2029]/u.test(text) : /^[ -~]*$/.test(text)
  if (printable && text.length <= PLAIN_LIMIT && !text.includes('=?')) {
    // A parameter is one word: white space inside a quoted string must not become a fold.
    return [`${name}=${TOKEN.test(text) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`}`]
  }
  const pieces = split(percentEncode(text))
  if (pieces.length === 1) return [`${name}*=utf-8''${pieces[0]!}`]
  return pieces.map(
    (piece, index) =>
      `${name}*${index}*=${index === 0 ? "utf-8''" : ''}${piece}${index < pieces.length - 1 ? ';' : ''}`,
  )
}

function percentEncode(text: string): string {
  let encoded = ''
  for (const octet of encodeUtf8(text)) {
    const char = String.fromCharCode(octet)
    encoded += /[A-Za-z0-9._~-]/.test(char) ? char : `%${octet.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return encoded
}

/** Not through a `%XX`. */
function split(encoded: string): string[] {
  return encoded.match(new RegExp(`(?:%..|[^%]){1,${PIECE_LIMIT}}`, 'g')) ?? ['']
}
