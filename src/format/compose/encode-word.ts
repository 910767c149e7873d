/**
 * Header text into words that may stand in a field: plain where possible, encoded words where not.
 *
 * Standards: RFC 2047 §2 (75 characters), §4, §5; RFC 6532 (raw UTF-8 under SMTPUTF8).
 */
import { encodeBase64 } from '../bytes/base64.ts'
import { encodeUtf8 } from '../bytes/bytes.ts'

/** Octets of text in one encoded word: 75 less `=?utf-8?Q?` and `?=`. */
const CONTENT_LIMIT = 63
/** A longer word could not be folded. */
const WORD_LIMIT = 900

/** Printable ASCII, or with `utf8` anything but controls; nothing that looks like an encoded word. */
function isPlain(word: string, utf8: boolean): boolean {
  if (word.length > (utf8 ? WORD_LIMIT / 3 : WORD_LIMIT) || word.includes('=?')) return false
  return utf8 ? !/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(word) : /^[!-~]*$/.test(word)
}

/** What text may be in a header: one line without control characters, no white space around it. */
export function headerText(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim()
}

/**
 * The words of a text, to be put behind spaces. From the first word that needs encoding to the last all is encoded,
 * since white space between encoded words is lost and between others kept (RFC 2047 §6.2).
 */
export function textWords(text: string, utf8 = false): string[] {
  const words = headerText(text).split(' ')
  const first = words.findIndex((word) => !isPlain(word, utf8))
  if (first < 0) return words
  const last = words.findLastIndex((word) => !isPlain(word, utf8))
  return [...words.slice(0, first), ...encodedWords(words.slice(first, last + 1).join(' ')), ...words.slice(last + 1)]
}

/** All of the text as encoded words, in Q, which can be read, unless most of it is to be escaped; no character is split. */
export function encodedWords(text: string): string[] {
  const octets = encodeUtf8(text)
  let escaped = 0
  for (const octet of octets) if (!isQSafe(octet)) escaped++
  const q = escaped * 3 <= octets.length * 2
  const words: string[] = []
  let piece = ''
  let cost = 0
  for (const char of text) {
    const charCost = q ? encodeQ(char).length : encodeUtf8(char).length
    const limit = q ? CONTENT_LIMIT : (CONTENT_LIMIT >> 2) * 3
    if (cost + charCost > limit) {
      words.push(encodedWord(piece, q))
      piece = ''
      cost = 0
    }
    piece += char
    cost += charCost
  }
  words.push(encodedWord(piece, q))
  return words
}

function encodedWord(text: string, q: boolean): string {
  return q ? `=?utf-8?Q?${encodeQ(text)}?=` : `=?utf-8?B?${encodeBase64(encodeUtf8(text))}?=`
}

/** The narrow set of RFC 2047 §5 (3), which is right in phrases too. Space becomes an underscore. */
const qForms: readonly string[] = Array.from({ length: 256 }, (_, octet) => {
  const char = String.fromCharCode(octet)
  if (char === ' ') return '_'
  return /[A-Za-z0-9!*+/-]/.test(char) ? char : `=${octet.toString(16).toUpperCase().padStart(2, '0')}`
})

function isQSafe(octet: number): boolean {
  return (qForms[octet] as string).length === 1
}

function encodeQ(text: string): string {
  let encoded = ''
  for (const octet of encodeUtf8(text)) encoded += qForms[octet] as string
  return encoded
}

const ATOMS =
  /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\u{10ffff}-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\u{10ffff}-]+)*$/u

/** The words of a display name or group name: atoms, a quoted string, or encoded words. */
export function phraseWords(name: string, utf8 = false): string[] {
  const text = headerText(name).replace(/\s+/g, ' ')
  if (!text.split(' ').every((word) => isPlain(word, utf8))) return encodedWords(text)
  if (ATOMS.test(text)) return text.split(' ')
  return `"${text.replace(/["\\]/g, '\\$&')}"`.split(' ')
}
