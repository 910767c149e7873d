/**
 * The encodings inside ESMTP parameter values: xtext, and the UTF-8 address forms of ORCPT.
 *
 * Standards: RFC 3461 §4 (xtext), §4.2 (ORCPT), RFC 6533 §3 (utf-8-addr-xtext, utf-8-addr-unitext).
 * Security: peers feed this; what comes out may hold any character up to U+10FFFF, but no control character.
 */
import { fromLatin1 } from '../../format/index.ts'

const xtext = /^(?:[\x21-\x2a\x2c-\x3c\x3e-\x7e]|\+[0-9A-F]{2})*$/

/** The text, or undefined when it is not xtext, or hides control characters or octets beyond ASCII. */
export function decodeXtext(value: string): string | undefined {
  const text = decodeOctets(value)
  return text !== undefined && /^[\x20-\x7e]*$/.test(text) ? text : undefined
}

/** One character for each octet; undefined when it is not xtext. */
function decodeOctets(value: string): string | undefined {
  if (!xtext.test(value)) return undefined
  return value.replace(/\+([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

/** `text` must be printable ASCII. */
export function encodeXtext(text: string): string {
  return text.replace(/[^\x21-\x2a\x2c-\x3c\x3e-\x7e]/g, (char) => `+${hex(char.charCodeAt(0))}`)
}

const utf8Address = /^(?:[\x21-\x2a\x2c-\x3c\x3e-\x5b\x5d-\x7e\u00a0-\u{10ffff}]|\\x\{[0-9A-F]{2,6}\})*$/u

/**
 * ORCPT `type;address` with the address decoded, or undefined when it is malformed.
 * `utf-8;` addresses have an encoding of their own (`\x{…}`), every other type is xtext.
 */
export function decodeOriginalRecipient(value: string): string | undefined {
  const separator = value.indexOf(';')
  const type = value.slice(0, Math.max(separator, 0))
  if (!/^[A-Za-z0-9!#$%&'*/?^_`{|}~-]{1,40}$/.test(type)) return undefined
  const encoded = value.slice(separator + 1)
  const address = type.toLowerCase() === 'utf-8' ? decodeUtf8Address(encoded) : decodeXtext(encoded)
  if (address !== undefined && address !== '') return `${type};${address}`
  const international = type.toLowerCase() === 'rfc822' ? decodeUtf8Octets(encoded) : undefined
  return international === undefined ? undefined : `utf-8;${international}`
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * QUIRK: xtext is ASCII, and addresses in UTF-8 have a type of their own; Postfix (3.7) gives all addresses the type rfc822,
 * with the octets of UTF-8 in xtext. Refusing that would refuse its recipients.
 */
function decodeUtf8Octets(encoded: string): string | undefined {
  const octets = decodeOctets(encoded)
  if (octets === undefined || octets === '') return undefined
  try {
    const text = strictUtf8.decode(fromLatin1(octets))
    return /^[\x20-\x7e\u{a0}-\u{10ffff}]+$/u.test(text) ? text : undefined
  } catch {
    return undefined
  }
}

function decodeUtf8Address(encoded: string): string | undefined {
  if (!utf8Address.test(encoded)) return undefined
  let sound = true
  const text = encoded.replace(/\\x\{([0-9A-F]{2,6})\}/g, (_, digits: string) => {
    const point = Number.parseInt(digits, 16)
    // Controls and surrogates are no characters of an address.
    if (point < 0x20 || (point >= 0x7f && point < 0xa0) || (point >= 0xd800 && point < 0xe000) || point > 0x10ffff) {
      sound = false
      return ''
    }
    return String.fromCodePoint(point)
  })
  return sound ? text : undefined
}

/**
 * The ORCPT value for the wire. A UTF-8 address goes as it is to a peer with SMTPUTF8, else in `\x{…}` form.
 * Undefined when the address cannot be said in its own type.
 */
export function encodeOriginalRecipient(orcpt: string, smtputf8: boolean): string | undefined {
  const separator = orcpt.indexOf(';')
  const type = orcpt.slice(0, Math.max(separator, 0))
  const address = orcpt.slice(separator + 1)
  if (type === '') return undefined
  if (type.toLowerCase() !== 'utf-8')
    return /^[\x20-\x7e]+$/.test(address) ? `${type};${encodeXtext(address)}` : undefined
  const special = smtputf8 ? /[\x00-\x20+=\\\x7f]/gu : /[^\x21-\x2a\x2c-\x3c\x3e-\x5b\x5d-\x7e]/gu // what must be encoded
  return `${type};${address.replace(special, (char) => `\\x{${hex(char.codePointAt(0) as number)}}`)}`
}

function hex(value: number): string {
  return value.toString(16).toUpperCase().padStart(2, '0')
}
