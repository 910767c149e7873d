/**
 * Octets and strings: the conversions that everything else in this room stands on.
 *
 * Mail is bytes. Where a string is handier, this room uses *latin1-of-bytes*: one character per octet, nothing lost.
 */

const utf8Encoder = new TextEncoder()
const utf8Decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** One array holding all chunks in order; the chunk itself when there is only one. */
export function concat(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0]!
  let length = 0
  for (const chunk of chunks) length += chunk.length
  const all = new Uint8Array(length)
  let offset = 0
  for (const chunk of chunks) {
    all.set(chunk, offset)
    offset += chunk.length
  }
  return all
}

export function encodeUtf8(text: string): Uint8Array {
  return utf8Encoder.encode(text)
}

/** Octets of `text` in UTF-8, without encoding it. */
export function utf8Length(text: string): number {
  let length = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    // A surrogate pair is two units and four octets.
    if (unit > 0x7f) length += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1
  }
  return length
}

/** Lossy: what is not UTF-8 becomes U+FFFD. A byte order mark is kept. */
export function decodeUtf8(bytes: Uint8Array): string {
  return utf8Decoder.decode(bytes)
}

/** True when no octet from `start` up to `end` has its eighth bit set. */
export function isAscii(bytes: Uint8Array, start = 0, end: number = bytes.length): boolean {
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let at = start
  for (; at + 16 <= end; at += 16) {
    const all = words.getInt32(at) | words.getInt32(at + 4) | words.getInt32(at + 8) | words.getInt32(at + 12)
    if ((all & 0x80808080) !== 0) return false
  }
  for (; at < end; at++) if (bytes[at]! > 0x7f) return false
  return true
}

/** True when an octet is zero. `includes(0)` looks at one octet after the other; this at four, in a third of the time. */
export function holdsNul(bytes: Uint8Array): boolean {
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let at = 0
  for (; at + 16 <= bytes.length; at += 16) {
    const a = words.getInt32(at)
    const b = words.getInt32(at + 4)
    const c = words.getInt32(at + 8)
    const d = words.getInt32(at + 12)
    const low = ((a - 0x01010101) & ~a) | ((b - 0x01010101) & ~b) | ((c - 0x01010101) & ~c) | ((d - 0x01010101) & ~d)
    // Taking one from an octet sets an eighth bit that was not there only where an octet is zero.
    if ((low & 0x80808080) !== 0) return true
  }
  return bytes.subarray(at).includes(0)
}

/** True when every character is below U+0080. */
export function isAsciiText(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false
  return true
}

/** Spreading more arguments than this into one call risks the stack. */
const SPREAD_LIMIT = 4096

/** One character per octet from `start` up to `end`: reversible by {@link fromLatin1}. */
export function latin1(bytes: Uint8Array, start = 0, end: number = bytes.length): string {
  if (end - start > 48 && isAscii(bytes, start, end)) return utf8Decoder.decode(bytes.subarray(start, end))
  let text = ''
  for (let i = start; i < end; i += SPREAD_LIMIT) {
    // A typed array is array-like, which is all that `apply` wants at run time.
    const slice = bytes.subarray(i, Math.min(i + SPREAD_LIMIT, end)) as unknown as number[]
    text += String.fromCharCode.apply(null, slice)
  }
  return text
}

/**
 * The octets of a latin1-of-bytes string; of a character above U+00FF only the low octet is kept. ASCII, which nearly all
 * text here is, goes through the runtime's fast path.
 */
export function fromLatin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  writeLatin1(text, bytes, 0)
  return bytes
}

/** As `fromLatin1`, at `offset` of an array that has room for `text.length` octets. */
export function writeLatin1(text: string, target: Uint8Array, offset: number): void {
  const { read, written } = utf8Encoder.encodeInto(text, target.subarray(offset, offset + text.length))
  if (read === text.length && written === text.length) return
  for (let i = 0; i < text.length; i++) target[offset + i] = text.charCodeAt(i)
}

/** Compares contents. Not constant-time: never use it for secrets. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
