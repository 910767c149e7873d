/**
 * Header text for people: encoded words and raw UTF-8 undone.
 *
 * Standards: RFC 2047, RFC 2231 §5 (language in the charset), RFC 6532.
 * Security: fed by anyone; linear, and what comes out is one line without control characters, so that nothing hidden in
 * an encoded word can begin a new header field.
 */
import { concat, fromLatin1, isAsciiText } from '../bytes/bytes.ts'
import { unfold } from '../message/unfold.ts'
import { decodeCharset, decodeRawText } from './charset.ts'
import { decodeLenientBase64, decodeQ } from './transfer.ts'

/**
 * Spaces and question marks inside the text are against §2 but sent all the same; only what begins another encoded word
 * ends this one, which also keeps the search linear.
 */
const ENCODED_WORD = /=\?([^?\s]{1,75})\?([bq])\?((?:[^?=]|=(?!\?[^=])|\?(?!=))*)\?=/gi

/** Dropped where they come encoded (RFC 8621 §4.1.2.2). */
const CONTROLS = /[\0-\x1f\x7f]/g

/**
 * A run of adjacent encoded words in one charset: a character may be split between them, and so may a quantum of base64
 * (both against §5, and common).
 */
interface Run {
  charset: string
  pieces: Uint8Array[]
  /** Base64 that is not decoded yet. */
  base64: string
}

/** Ends what base64 is open: padding does, and so does another encoding. */
function closeBase64(run: Run): void {
  if (run.base64 !== '') run.pieces.push(decodeLenientBase64(fromLatin1(run.base64)))
  run.base64 = ''
}

/** Decodes a raw value (latin1-of-bytes, may be folded); in normalisation form C, as RFC 8621 §4.1.2.2 wants it. */
export function decodeHeaderText(value: string): string {
  const line = unfold(value)
  const text = oneLine(line.includes('=?') ? decodeWords(line) : decodeRawText(line))
  return isAsciiText(text) ? text : text.normalize('NFC')
}

function decodeWords(line: string): string {
  let text = ''
  let run: Run | undefined
  let end = 0
  const flush = (): void => {
    if (run) {
      closeBase64(run)
      text += decodeCharset(concat(run.pieces), run.charset).text.replace(CONTROLS, '')
    }
    run = undefined
  }
  for (const match of line.matchAll(ENCODED_WORD)) {
    const [whole, charsetAndLanguage, encoding, content] = match as unknown as [string, string, string, string]
    const charset = charsetAndLanguage.replace(/\*.*$/, '').toLowerCase()
    const between = line.slice(end, match.index)
    // White space between two encoded words is not shown (RFC 2047 §6.2).
    const adjacent = run !== undefined && between.trim() === ''
    if (!adjacent || run?.charset !== charset) flush()
    if (!adjacent) text += decodeRawText(between)
    run ??= { charset, pieces: [], base64: '' }
    if (encoding === 'b' || encoding === 'B') {
      run.base64 += content
      if (content.endsWith('=')) closeBase64(run)
    } else {
      closeBase64(run)
      run.pieces.push(decodeQ(fromLatin1(content)))
    }
    end = match.index + whole.length
  }
  flush()
  return text + decodeRawText(line.slice(end))
}

/** Control characters become a space, and so do the Unicode line ends. */
export function oneLine(text: string): string {
  // control characters are the point
  return text.replace(/[\0-\x1f\x7f\u0085\u2028\u2029]+/g, ' ').trim()
}
