/**
 * From octets in a named charset to text.
 *
 * Standards: the WHATWG encodings through TextDecoder; RFC 2152 (UTF-7), RFC 1843 (HZ), RFC 1468 (ISO-2022-JP), RFC 1557 (ISO-2022-KR),
 * RFC 1922 (ISO-2022-CN), RFC 2781 (UTF-16), RFC 1456 (VISCII).
 * Security: charset names and octets come from anyone; unknown names are guessed, never an error. Linear.
 */
import { decodeUtf8, fromLatin1, isAscii, isAsciiText, latin1 } from '../bytes/bytes.ts'
import { canonicalCharset } from './charset-name.ts'
import type { CharsetText } from './charset-text.ts'
import { decodeCodePage, isCodePage } from './code-page.ts'
import { guessCharset } from './guess-charset.ts'
import { decodeIso2022Cn, decodeIso2022Jp, decodeIso2022Kr } from './iso-2022.ts'
import { decodeHz, decodeUtf7 } from './stateful-charset.ts'
import { byteOrderMark, decodeUtf16, decodeUtf32 } from './wide-charset.ts'

/** What TextDecoder does not have, or not as mail means it. */
const OURS: Readonly<Record<string, (bytes: Uint8Array) => CharsetText>> = {
  'utf-7': decodeUtf7,
  'hz-gb-2312': decodeHz,
  'iso-2022-jp': decodeIso2022Jp,
  'iso-2022-kr': decodeIso2022Kr,
  'iso-2022-cn': decodeIso2022Cn,
  'utf-16': decodeUtf16,
  'utf-32': (bytes) => decodeUtf32(bytes),
  'utf-32le': (bytes) => decodeUtf32(bytes, 'le'),
  'utf-32be': (bytes) => decodeUtf32(bytes, 'be'),
}

/** Charsets that have no octets above 7F. */
const SEVEN_BIT = new Set(['utf-7', 'hz-gb-2312', 'iso-2022-jp', 'iso-2022-kr', 'iso-2022-cn'])

/** Charsets of Western Europe, under which senders also send UTF-8. */
const WESTERN = new Set(['iso-8859-1', 'iso-8859-15', 'windows-1252', 'macintosh'])

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

/** True when text in that charset can be decoded without guessing. */
export function isKnownCharset(charset: string): boolean {
  const name = canonicalCharset(charset)
  return Object.hasOwn(OURS, name) || isCodePage(name) || name === 'us-ascii' || decoderOf(name) !== undefined
}

/**
 * Decodes; never throws. Octets without a charset, or under one that says nothing or cannot be true, are UTF-8 if they
 * are valid UTF-8, and else what they most look like.
 */
export function decodeCharset(bytes: Uint8Array, charset: string | undefined): CharsetText {
  const name = charset === undefined ? '' : canonicalCharset(charset)
  if (name === '') return guessText(bytes)
  if (name === 'us-ascii') return isPlain(bytes) ? { text: decodeUtf8(bytes), problem: false } : wrong(guessText(bytes))
  if (name === 'utf-8') return decodeDeclaredUtf8(bytes)
  if (SEVEN_BIT.has(name) && !isAscii(bytes)) return wrong(guessText(bytes))
  if (Object.hasOwn(OURS, name)) return orUtf8(OURS[name]!(bytes), bytes)
  if (isCodePage(name)) return { text: decodeCodePage(bytes, name), problem: false }
  const decoder = decoderOf(name)
  if (!decoder) return wrong(isPlain(bytes) ? { text: decodeUtf8(bytes), problem: true } : guessText(bytes))
  if (WESTERN.has(name)) {
    // What is valid UTF-8 would read as `Ã¼` and the like, which nobody writes.
    const utf8 = isAscii(bytes) ? undefined : readUtf8(bytes)
    if (utf8) return wrong(utf8)
  }
  const text = decoder.decode(bytes)
  return orUtf8({ text, problem: text.includes('\ufffd') }, bytes)
}

/** The label was not true. */
function wrong({ text }: CharsetText): CharsetText {
  return { text, problem: true }
}

/** What does not fit its charset is UTF-8 if it can be. */
function orUtf8(decoded: CharsetText, bytes: Uint8Array): CharsetText {
  const utf8 = decoded.problem && !isAscii(bytes) ? readUtf8(bytes) : undefined
  return utf8 ? wrong(utf8) : decoded
}

/** Some broken characters stay broken; but text with more of them than whole ones was never UTF-8. */
function decodeDeclaredUtf8(bytes: Uint8Array): CharsetText {
  const whole = validUtf8(bytes)
  if (whole !== undefined) return { text: whole, problem: false }
  const text = decodeUtf8(bytes)
  const broken = count(text, /\ufffd(?!$)/g)
  const isUtf8 = broken === 0 || count(text, /[^\0-\x7f\ufffd]/g) >= broken
  return { text: isUtf8 ? text : decodeAs(bytes, guessCharset(bytes)), problem: true }
}

function count(text: string, pattern: RegExp): number {
  let found = 0
  for (const _ of text.matchAll(pattern)) found++
  return found
}

function validUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8Strict.decode(bytes)
  } catch {
    return undefined
  }
}

/** UTF-8, of which the last character may be cut off; undefined when it is not, or when nothing shows that it is. */
function readUtf8(bytes: Uint8Array): CharsetText | undefined {
  const text = validUtf8(bytes)
  if (text !== undefined) return { text, problem: false }
  let end = bytes.length
  while (end > 0 && bytes.length - end < 3 && (bytes[end - 1]! & 0xc0) === 0x80) end--
  if (end === 0 || bytes[end - 1]! < 0xc2) return undefined
  const before = validUtf8(bytes.subarray(0, end - 1))
  return before === undefined || isAsciiText(before) ? undefined : { text: `${before}\ufffd`, problem: true }
}

const ESC = 0x1b

/** The escapes that announce Japanese (RFC 1468), Korean and Chinese. */
const ESCAPES: readonly (readonly [RegExp, string])[] = [
  // the escape character is what announces them
  // oxlint-disable-next-line no-control-regex
  [/\x1b\$(?:[@B]|\([@BD])/, 'iso-2022-jp'],
  // oxlint-disable-next-line no-control-regex
  [/\x1b\$\)C/, 'iso-2022-kr'],
  // oxlint-disable-next-line no-control-regex
  [/\x1b\$\)[AEG]/, 'iso-2022-cn'],
]

/** What ASCII octets switch to. */
function announced(bytes: Uint8Array): string | undefined {
  if (!bytes.includes(ESC)) return undefined
  const text = latin1(bytes)
  return ESCAPES.find(([pattern]) => pattern.test(text))?.[1]
}

/** ASCII that switches to no other charset. */
function isPlain(bytes: Uint8Array): boolean {
  return isAscii(bytes) && announced(bytes) === undefined
}

function guessText(bytes: Uint8Array): CharsetText {
  if (isAscii(bytes)) {
    const charset = announced(bytes)
    return charset === undefined ? { text: decodeUtf8(bytes), problem: false } : decodeCharset(bytes, charset)
  }
  const order = byteOrderMark(bytes)
  if (order !== undefined && bytes.length % 2 === 0) return decodeUtf16(bytes)
  return readUtf8(bytes) ?? { text: decodeAs(bytes, guessCharset(bytes)), problem: true }
}

function decodeAs(bytes: Uint8Array, label: string): string {
  return decoderOf(label)!.decode(bytes)
}

/**
 * 8-bit text of a header from latin1-of-bytes: UTF-8 (RFC 6532), else guessed. ASCII costs nothing; text that already
 * holds characters above U+00FF comes back as it is.
 */
export function decodeRawText(value: string): string {
  if ((isAsciiText(value) && !value.includes('\x1b$')) || /[^\0-\xff]/.test(value)) return value
  return guessText(fromLatin1(value)).text
}
