/**
 * Mailbox names on the wire: modified UTF-7 for IMAP4rev1, UTF-8 once a client has enabled IMAP4rev2 or UTF8=ACCEPT.
 *
 * Standards: RFC 3501 §5.1.3 (modified UTF-7), RFC 9051 §5.1 (names are UTF-8 and case-sensitive except INBOX).
 * Security: names come from the client. Encodings that are not the one canonical form are refused, so that two wire
 *   names never mean one mailbox.
 */
import { fromLatin1 } from '../../format/index.ts'
import { no } from './error.ts'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,'

/** Unicode to modified UTF-7. */
export function encodeUtf7(name: string): string {
  let out = ''
  let shifted = ''
  for (let index = 0; index < name.length; index++) {
    const code = name.charCodeAt(index)
    if (code >= 0x20 && code <= 0x7e) {
      out += flush(shifted) + (code === 0x26 ? '&-' : name[index])
      shifted = ''
    } else shifted += name[index]
  }
  return out + flush(shifted)
}

/** Modified UTF-7 to Unicode; undefined when it is not the canonical encoding of anything. */
export function decodeUtf7(wire: string): string | undefined {
  let out = ''
  for (let at = 0; at < wire.length;) {
    const shift = wire.indexOf('&', at)
    if (shift === -1) {
      out += wire.slice(at)
      break
    }
    const end = wire.indexOf('-', shift)
    if (end === -1) return undefined
    out += wire.slice(at, shift)
    const run = end === shift + 1 ? '&' : decodeRun(wire.slice(shift + 1, end))
    if (run === undefined) return undefined
    out += run
    at = end + 1
  }
  return encodeUtf7(out) === wire ? out : undefined
}

/**
 * A name as received (latin1 of the bytes) to Unicode. UTF-8 is read in both modes, since several clients send it
 * unasked; `NO [CANNOT]` when it is neither. `INBOX` in any case is `INBOX`.
 */
export function decodeMailboxName(wire: string, utf8: boolean): string {
  return readMailboxName(wire, utf8).normalize('NFC')
}

/** The same as it was spelt, which may not be normal (RFC 9051 §5.1). */
export function readMailboxName(wire: string, utf8: boolean): string {
  if (/^inbox$/i.test(wire)) return 'INBOX'
  const eightBit = /[\x80-\xff]/.test(wire)
  const name = utf8 || eightBit ? utf8OfLatin1(wire) : decodeUtf7(wire)
  if (name === undefined) {
    throw no(utf8 || eightBit ? 'The mailbox name is not UTF-8' : 'The mailbox name is not modified UTF-7', 'CANNOT')
  }
  return name
}

/** A name to the characters sent: latin1 of UTF-8 bytes, or modified UTF-7. Not yet quoted. */
export function encodeMailboxName(name: string, utf8: boolean): string {
  return utf8 ? latin1OfUtf8(name) : encodeUtf7(name)
}

/** Reads latin1-of-bytes as UTF-8; undefined when it is not. */
export function utf8OfLatin1(bytes: string): string | undefined {
  if (!/[\x80-\xff]/.test(bytes)) return bytes
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(fromLatin1(bytes))
  } catch {
    return undefined
  }
}

/** UTF-8 bytes of a text, one character each. */
export function latin1OfUtf8(text: string): string {
  if (!/[\u0080-\uffff]/.test(text)) return text
  return String.fromCharCode(...new TextEncoder().encode(text))
}

/** `&…-` around UTF-16BE in the modified base64 alphabet, unpadded. */
function flush(characters: string): string {
  if (characters === '') return ''
  let out = ''
  let bits = 0
  let count = 0
  for (let index = 0; index < characters.length; index++) {
    bits = ((bits << 16) | characters.charCodeAt(index)) >>> 0
    count += 16
    for (; count >= 6; count -= 6) out += alphabet[(bits >>> (count - 6)) & 63]
    bits &= (1 << count) - 1
  }
  if (count > 0) out += alphabet[(bits << (6 - count)) & 63]
  return `&${out}-`
}

function decodeRun(run: string): string | undefined {
  let out = ''
  let bits = 0
  let count = 0
  for (const char of run) {
    const value = alphabet.indexOf(char)
    if (value === -1) return undefined
    bits = (bits << 6) | value
    count += 6
    if (count >= 16) {
      out += String.fromCharCode((bits >>> (count - 16)) & 0xffff)
      count -= 16
      bits &= (1 << count) - 1
    }
  }
  return out.isWellFormed() ? out : undefined
}
