/**
 * UTF-16 and UTF-32 with their byte order marks.
 *
 * Standards: RFC 2781 §4.3 (without a mark, the order is big-endian), Unicode §3.10.
 */
import type { CharsetText } from './charset-text.ts'

export type ByteOrder = 'le' | 'be'

/** The mark at the beginning, of UTF-16 (which is the beginning of UTF-32's in little-endian order). */
export function byteOrderMark(bytes: Uint8Array): ByteOrder | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'le'
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'be' : undefined
}

export function decodeUtf16(bytes: Uint8Array): CharsetText {
  const text = new TextDecoder(`utf-16${byteOrderMark(bytes) ?? likelyOrder(bytes)}`).decode(bytes)
  return { text, problem: text.includes('\ufffd') }
}

/** Octets that are looked at to tell the order. */
const likelySample = 512

/** Big-endian, unless the zeros of ASCII characters and line ends are behind them. */
function likelyOrder(bytes: Uint8Array): ByteOrder {
  let behind = 0
  for (let at = 0; at < bytes.length && at < likelySample; at++) if (bytes[at] === 0) behind += at % 2 === 1 ? 1 : -1
  return behind > 0 ? 'le' : 'be'
}

export function decodeUtf32(bytes: Uint8Array, declared?: ByteOrder): CharsetText {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const marked = bytes.length >= 4 && view.getUint32(0, true) === 0xfeff
  const little = declared === undefined ? marked : declared === 'le'
  let text = ''
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    const code = view.getUint32(at, little)
    const isScalar = code < 0xd800 || (code > 0xdfff && code < 0x110000)
    if (at > 0 || code !== 0xfeff) text += isScalar ? String.fromCodePoint(code) : '\ufffd'
  }
  if (bytes.length % 4 > 0) text += '\ufffd'
  return { text, problem: text.includes('\ufffd') }
}
