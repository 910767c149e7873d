/**
 * Addresses and texts as the fields of a delivery status type them.
 *
 * Standards: RFC 3464 §2.1.2, §2.3.1 (what was xtext in ORCPT is plain here), RFC 6533 §3 (utf-8 address type).
 * Security: what goes out is stripped of all that could end a field; what comes in is decoded leniently.
 */

/** Fits a line with its field name and `utf-8;` before it. */
const LIMIT = 900

/** One line, printable; non-ASCII only with `utf8`. */
export function fieldText(text: string, utf8: boolean): string {
  const line = text
    .toWellFormed()
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim()
  return utf8 ? line : line.replace(/[^ -~]/gu, '?')
}

/** `rfc822; a@b`, or for a non-ASCII address `utf-8; …`, escaped as utf-8-addr-xtext unless UTF-8 may be sent. */
export function typedAddress(address: string, utf8: boolean): string {
  const clean = address.toWellFormed().replace(/[\p{Cc}\u2028\u2029]+/gu, '')
  if (/^[ -~]*$/.test(clean)) return `rfc822; ${clean.slice(0, LIMIT)}`
  if (utf8) return `utf-8; ${clean.slice(0, LIMIT / 3)}`
  let escaped = ''
  for (const char of clean) {
    const piece =
      /[!-~]/.test(char) && !'\\+='.includes(char) ? char : `\\x{${char.codePointAt(0)!.toString(16).toUpperCase()}}`
    if (escaped.length + piece.length > LIMIT) break
    escaped += piece
  }
  return `utf-8; ${escaped}`
}

/** An ORCPT value, which has its type and no encoding any more, or a bare address. */
export function typedOriginal(value: string, utf8: boolean): string {
  const semicolon = value.indexOf(';')
  if (semicolon < 1 || !/^[A-Za-z0-9-]+$/.test(value.slice(0, semicolon))) return typedAddress(value, utf8)
  const type = value.slice(0, semicolon).toLowerCase()
  const address = value.slice(semicolon + 1).trim()
  if (type === 'rfc822' || type === 'utf-8') return typedAddress(address, utf8)
  return `${type}; ${fieldText(address, utf8).slice(0, LIMIT)}`
}

/** RFC 6533 §3: `\x{HEX}`. */
function decodeUnitext(text: string): string {
  return text.replace(/\\x\{([0-9A-Fa-f]{1,6})\}/g, (whole, hex: string) => {
    const code = Number.parseInt(hex, 16)
    return code > 0 && code <= 0x10ffff && (code & 0xfff800) !== 0xd800 ? String.fromCodePoint(code) : whole
  })
}

/** The value of a typed field of a report, `type; value`, without its type; utf-8 addresses decoded. */
export function untyped(value: string): string {
  const semicolon = value.indexOf(';')
  if (semicolon < 0) return value.trim()
  const type = value.slice(0, semicolon).trim().toLowerCase()
  const text = value.slice(semicolon + 1).trim()
  return type === 'utf-8' ? decodeUnitext(text) : text
}
