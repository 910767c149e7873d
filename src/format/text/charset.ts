/**
 * From octets in a named charset to text.
 *
 * Standards: the WHATWG encodings through TextDecoder; RFC 2152 (UTF-7), RFC 1843 (HZ), RFC 1557 (ISO-2022-KR).
 * Security: charset names and octets come from anyone; unknown names are guessed, never an error.
 */
import { decodeUtf8, fromLatin1, isAscii, isAsciiText, latin1 } from '../bytes/bytes.ts'
import type { CharsetText } from './charset-text.ts'
import { decodeCodePage, isCodePage } from './code-page.ts'
import { decodeHz, decodeIso2022Kr, decodeUtf7 } from './stateful-charset.ts'

/** Names seen in mail that the WHATWG table does not have, and what they mean. */
const ALIASES: Readonly<Record<string, string>> = {
  cp932: 'shift_jis',
  ms932: 'shift_jis',
  cp936: 'gbk',
  cp949: 'euc-kr',
  cp950: 'big5',
  'iso-8859-8-e': 'iso-8859-8',
  'iso-8859-6-i': 'iso-8859-6',
  'iso-8859-6-e': 'iso-8859-6',
  'iso-2022-jp-1': 'iso-2022-jp',
  'iso-2022-jp-2': 'iso-2022-jp',
  'iso-2022-jp-ms': 'iso-2022-jp',
  cp50220: 'iso-2022-jp',
  utf8mb4: 'utf-8',
  'utf-16': 'utf-16be', // without a byte order mark (RFC 2781 §4.3)
  'ansi_x3.4': 'us-ascii',
  ascii: 'us-ascii',
  '646': 'us-ascii',
  'ansi_x3.4-1968': 'us-ascii',
  'iso646-us': 'us-ascii',
  '7bit': 'us-ascii',
  '8bit': '',
  'x-unknown': '',
  unknown: '',
  'unknown-8bit': '', // RFC 1428
  default: '',
  _autodetect: '',
}

const STATEFUL: Readonly<Record<string, (bytes: Uint8Array) => CharsetText>> = {
  'utf-7': decodeUtf7,
  'unicode-1-1-utf-7': decodeUtf7,
  'hz-gb-2312': decodeHz,
  hz: decodeHz,
  'iso-2022-kr': decodeIso2022Kr,
  csiso2022kr: decodeIso2022Kr,
}

const utf8Strict = new TextDecoder('utf-8', { fatal: true })

/** Decoders by label; only labels that TextDecoder knows get in, so it stays small. */
const decoders = new Map<string, TextDecoder>()

function decoderOf(label: string): TextDecoder | undefined {
  const known = decoders.get(label)
  if (known) return known
  try {
    const decoder = new TextDecoder(label)
    if (decoder.encoding === 'replacement') return undefined
    decoders.set(label, decoder)
    return decoder
  } catch {
    return undefined // RangeError: a label that the platform does not have
  }
}

/** Lower case, aliases resolved, `cp1252` and the like as windows code pages; '' when the name says nothing. */
function canonicalName(charset: string): string {
  const name = charset
    .trim()
    .toLowerCase()
    .replace(/^["']+|["']+$/g, '')
    .slice(0, 40)
  const alias = Object.hasOwn(ALIASES, name) ? ALIASES[name]! : name
  return alias.replace(/^(?:cp|win|ms)-?(125\d|874)$/, 'windows-$1')
}

/** True when text in that charset can be decoded without guessing. */
export function isKnownCharset(charset: string): boolean {
  const name = canonicalName(charset)
  return Object.hasOwn(STATEFUL, name) || isCodePage(name) || name === 'us-ascii' || decoderOf(name) !== undefined
}

/**
 * Decodes; never throws. Without a charset, or under one that says nothing, the octets are UTF-8 if they are valid
 * UTF-8 and windows-1252 otherwise.
 */
export function decodeCharset(bytes: Uint8Array, charset: string | undefined): CharsetText {
  const name = charset === undefined ? '' : canonicalName(charset)
  if (Object.hasOwn(STATEFUL, name)) return STATEFUL[name]!(bytes)
  if (name === 'utf-8' || name === 'utf8') return decodeDeclaredUtf8(bytes)
  if (name === '' || name === 'us-ascii') {
    if (isAscii(bytes)) return { text: decodeUtf8(bytes), problem: false }
    const guess = guessText(bytes)
    return { text: guess.text, problem: guess.problem || name === 'us-ascii' }
  }
  if (isCodePage(name)) return { text: decodeCodePage(bytes, name), problem: false }
  const decoder = decoderOf(name)
  if (!decoder) return { text: guessText(bytes).text, problem: !isAscii(bytes) }
  const text = decoder.decode(bytes)
  return { text, problem: text.includes('\ufffd') }
}

function decodeDeclaredUtf8(bytes: Uint8Array): CharsetText {
  try {
    return { text: utf8Strict.decode(bytes), problem: false }
  } catch {
    return { text: decodeUtf8(bytes), problem: true }
  }
}

function guessText(bytes: Uint8Array): CharsetText {
  try {
    return { text: utf8Strict.decode(bytes), problem: false }
  } catch {
    const decoder = decoderOf('windows-1252')
    return { text: decoder ? decoder.decode(bytes) : latin1(bytes), problem: true }
  }
}

/**
 * 8-bit text of a header from latin1-of-bytes: UTF-8 (RFC 6532), else windows-1252. ASCII costs nothing; text that
 * already holds characters above U+00FF comes back as it is.
 */
export function decodeRawText(value: string): string {
  if (isAsciiText(value) || /[^\0-\xff]/.test(value)) return value
  return guessText(fromLatin1(value)).text
}
